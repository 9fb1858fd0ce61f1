package org.conmgr.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of one server. */
final class DataDirectory {
    /** Line of postmaster.pid (from 0) and what it says once connections are accepted. */
    private static final int STATUS_LINE = 7;

    private static final String READY = "ready";
    private static final int SHARED_MEMORY_LINE = 6;

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
                "--no-sync"));
        user.runAs(initdb);
    }

    /** Makes this a copy of a directory whose server does not run. */
    void copyOf(DataDirectory other) throws IOException {
        user.runAs(List.of("cp", "-a", other.path.toString(), path.toString()));
    }

    void configure(ClusterOptions options, String name, int port, @Nullable EmbeddedInstance upstream)
            throws IOException {
        user.write(path.resolve("postgresql.conf"), options.postgresqlConf(name, port, upstream));
        user.write(path.resolve("pg_hba.conf"), options.pgHba());
        ClusterOptions.Tls tls = options.tls();
        if (tls != null) {
            user.write(path.resolve("server.crt"), Files.readAllBytes(tls.certificate()));
            user.write(path.resolve("server.key"), Files.readAllBytes(tls.key()));
        }
    }

    /** Says that the next start is a standby's. */
    void markStandby() throws IOException {
        user.write(path.resolve("standby.signal"), "");
    }

    /** Whether the server of this process id accepts connections, by its own account. */
    boolean isReady(long pid) throws IOException {
        List<String> lines = pidFile();
        return lines.size() > STATUS_LINE
                && lines.get(0).equals(Long.toString(pid))
                && lines.get(STATUS_LINE).strip().equals(READY);
    }

    /** Clears what a killed server left, as no process of it is there any more: its shared memory and its pid file. */
    void clearDeadServer() throws IOException {
        List<String> lines = pidFile();
        if (lines.size() > SHARED_MEMORY_LINE) {
            String keyAndId = lines.get(SHARED_MEMORY_LINE).strip();
            String id = keyAndId.substring(keyAndId.lastIndexOf(' ') + 1);
            ServerUser.run(List.of("sh", "-c", "ipcrm -m \"$1\" || :", "sh", id));
        }
        Files.deleteIfExists(path.resolve("postmaster.pid"));
    }

    private List<String> pidFile() throws IOException {
        Path file = path.resolve("postmaster.pid");
        return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
    }
}
