package org.conmgr.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of one server. */
final class DataDirectory {
    private static final String PID_FILE = "postmaster.pid";

    /** Line of postmaster.pid (from 0) and what it says once connections are accepted. */
    private static final int STATUS_LINE = 7;

    private static final String READY = "ready";
    private static final int SHARED_MEMORY_LINE = 6;
    private static final Duration LET_GO_LIMIT = Duration.ofSeconds(10);

    private final Path path;
    private final ServerUser user;

    DataDirectory(Path path, ServerUser user) {
        this.path = path;
        this.user = user;
    }

    Path path() {
        return path;
    }

    void init(EmbeddedBinaries binaries) throws IOException {
        List<String> initdb = new ArrayList<>(List.of(
                binaries.program("initdb"),
                "--pgdata=" + path,
                "--username=" + EmbeddedInstance.SUPERUSER,
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--wal-segsize=1", // MB; less to write and to stream for small clusters
                "--no-sync"));
        user.runAs(initdb);
    }

    void configure(ClusterOptions options, String name, int port, @Nullable EmbeddedInstance upstream)
            throws IOException {
        write("postgresql.conf", options.postgresqlConf(name, port, upstream));
        write("pg_hba.conf", options.pgHba());
        ClusterOptions.Tls tls = options.tls();
        if (tls != null) {
            user.write(path.resolve("server.crt"), Files.readAllBytes(tls.certificate()));
            user.write(path.resolve("server.key"), Files.readAllBytes(tls.key()));
        }
    }

    void write(String name, String content) throws IOException {
        user.write(path.resolve(name), content);
    }

    /** Says that the next start is a standby's. */
    void markStandby() throws IOException {
        write("standby.signal", "");
    }

    /** Removes it; no process of the server may be there any more. */
    void delete() throws IOException {
        clearDeadServer();
        WorkDirectory.delete(path);
    }

    /** Whether the server of this process id accepts connections, by its own account. */
    boolean isReady(long pid) throws IOException {
        List<String> lines = pidFile(path);
        return lines.size() > STATUS_LINE
                && lines.get(0).equals(Long.toString(pid))
                && lines.get(STATUS_LINE).strip().equals(READY);
    }

    /** Clears what a killed server left, when no process of it is there any more: its shared memory and its pid file. */
    void clearDeadServer() throws IOException {
        clearDeadServer(path);
    }

    static void clearDeadServer(Path path) throws IOException {
        List<String> lines = pidFile(path);
        if (lines.size() > SHARED_MEMORY_LINE) {
            List<String> keyAndId = fields(lines.get(SHARED_MEMORY_LINE));
            if (keyAndId.size() == 2 && isAbandoned(keyAndId.get(0), keyAndId.get(1), DataDirectory::segments)) {
                ServerUser.run(List.of("ipcrm", "-m", keyAndId.get(1)));
            }
        }
        Files.deleteIfExists(path.resolve(PID_FILE));
    }

    private static List<String> segments() throws IOException {
        return Files.readAllLines(Path.of("/proc/sysvipc/shm"));
    }

    /** The System V shared memory of this machine, as /proc/sysvipc/shm shows it. */
    interface Segments {
        List<String> lines() throws IOException;
    }

    /**
     * Whether the segment is still there, is the one of this key, and nobody is attached to it. A process that is killed
     * lets go of it a moment after it is seen no more.
     */
    static boolean isAbandoned(String key, String id, Segments segments) {
        String signedKey = Integer.toString((int) Long.parseUnsignedLong(key));
        List<String> attached = new ArrayList<>();
        boolean left = Await.within(LET_GO_LIMIT, () -> {
            attached.clear();
            segments.lines().stream()
                    .map(DataDirectory::fields) // key shmid perms size cpid lpid nattch ...
                    .filter(segment ->
                            segment.get(0).equals(signedKey) && segment.get(1).equals(id))
                    .forEach(segment -> attached.add(segment.get(6)));
            return attached.isEmpty() || attached.contains("0");
        });
        return left && !attached.isEmpty();
    }

    private static List<String> fields(String line) {
        return List.of(line.strip().split("\\s+", -1));
    }

    private static List<String> pidFile(Path path) throws IOException {
        Path file = path.resolve(PID_FILE);
        return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
    }
}
