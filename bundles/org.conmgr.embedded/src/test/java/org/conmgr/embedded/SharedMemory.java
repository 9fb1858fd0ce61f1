package org.conmgr.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** System V shared memory: a server killed by SIGKILL leaves its segment behind. */
final class SharedMemory {
    private SharedMemory() {}

    /** The id of the segment of the server in this data directory. */
    static String of(Path data) throws IOException {
        return fields(Files.readAllLines(data.resolve("postmaster.pid")).get(6)).get(1);
    }

    /** The ids of all segments of this machine. */
    static List<String> all() throws IOException {
        return Files.readAllLines(Path.of("/proc/sysvipc/shm")).stream()
                .map(line -> fields(line).get(1))
                .toList();
    }

    private static List<String> fields(String line) {
        return List.of(line.strip().split("\\s+", -1));
    }
}
