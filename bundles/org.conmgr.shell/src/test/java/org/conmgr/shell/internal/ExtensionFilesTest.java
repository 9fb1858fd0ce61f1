package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.watchdog.ViewExtension;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class ExtensionFilesTest {
    private static final List<ViewExtension> EXTENSION = List.of(new ViewExtension() {
        @Override
        public Map<String, String> files() {
            return Map.of("watchdog.control", "new", "watchdog--1.0.sql", "create view");
        }

        @Override
        public String script() {
            return "create view";
        }
    });

    @TempDir
    private Path directory;

    @Test
    void writesTheFilesOverOlderOnes() throws Exception {
        Files.writeString(directory.resolve("plpgsql.control"), "");
        Files.writeString(directory.resolve("watchdog.control"), "older");
        assertThat(ExtensionFiles.install(EXTENSION, directory.toString(), false))
                .isEqualTo(directory.resolve("watchdog--1.0.sql") + " written\n"
                        + directory.resolve("watchdog.control") + " written\n"
                        + "Now run CREATE EXTENSION watchdog in the database that shall have the views.");
        assertThat(directory.resolve("watchdog.control")).hasContent("new");
        assertThat(directory.resolve("watchdog--1.0.sql")).hasContent("create view");
    }

    @Test
    void showsTheScript() throws Exception {
        assertThat(ExtensionFiles.install(EXTENSION, null, true)).isEqualTo("create view");
    }

    @Test
    void takesNoOtherDirectory() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ExtensionFiles.install(EXTENSION, directory.toString(), false))
                .withMessageStartingWith("directory: " + directory
                        + " (expected: the server's extension directory, with plpgsql.control");
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ExtensionFiles.install(EXTENSION, null, false))
                .withMessageStartingWith("directory: none (expected: ");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void saysWhatToDoWhereItCannotWrite() throws Exception {
        Files.writeString(directory.resolve("plpgsql.control"), "");
        Files.createDirectory(directory.resolve("watchdog--1.0.sql"));
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ExtensionFiles.install(EXTENSION, directory.toString(), false))
                .withMessageContaining("cannot be written: ")
                .withMessageEndingWith("directory extension there, as root; or use --sql.");
    }

    @Test
    void needsAWatchdogHere() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ExtensionFiles.install(List.of(), null, true))
                .withMessage("no watchdog is installed here (expected: feature:install watchdog)");
    }
}
