package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The distribution under test, unpacked once for all tests of a run. */
final class Distribution {
    private static final class Unpacked {
        static final Path DIRECTORY = unpack();
    }

    private Distribution() {}

    /** Its directory, to be read only. */
    static Path unpacked() {
        return Unpacked.DIRECTORY;
    }

    private static Path unpack() {
        try {
            Path work = Files.createDirectories(Path.of(System.getProperty("work.directory")));
            Path directory = Files.createTempDirectory(work, "distribution-");
            int status = new ProcessBuilder(
                            "tar", "-xzf", System.getProperty("distribution"), "-C", directory.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new AssertionError("tar: status " + status);
            }
            try (Stream<Path> inside = Files.list(directory)) {
                return inside.findFirst().orElseThrow();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
