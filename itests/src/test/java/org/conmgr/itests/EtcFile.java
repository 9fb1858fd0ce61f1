package org.conmgr.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The configuration files in {@code etc/} of a conmgr directory. */
final class EtcFile {
    private EtcFile() {}

    /**
     * Writes the file of a PID whole, as an editor that saves by renaming does. In the name of the file stands a hyphen
     * for the {@code ~} of a factory PID: Karaf's File Install takes a file with a {@code ~} for another PID's.
     */
    static void write(Path directory, String pid, Map<String, String> settings) throws IOException {
        List<String> lines = new ArrayList<>();
        settings.forEach((key, value) -> lines.add(key + " = " + value));
        Path etc = Files.createDirectories(directory.resolve("etc"));
        String name = pid.replace('~', '-');
        Path unfinished = Files.write(etc.resolve(name + ".unfinished"), lines);
        Files.move(unfinished, etc.resolve(name + ".cfg"), StandardCopyOption.REPLACE_EXISTING);
    }
}
