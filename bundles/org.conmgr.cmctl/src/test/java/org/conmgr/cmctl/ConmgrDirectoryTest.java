package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.conmgr.config.StopFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is done to a conmgr directory before a process runs in it: by {@code bin/conmgr}, and where no shell does it. */
@DisabledOnOs(OS.WINDOWS)
class ConmgrDirectoryTest {
    private static final Path LAUNCHER = Path.of("../../karaf-assembly/src/main/resources/assembly/bin/conmgr");

    private final Path temporary;
    private final Path home;
    private final Path base;

    ConmgrDirectoryTest(@TempDir Path temporary) throws IOException {
        this.temporary = temporary.toRealPath();
        home = this.temporary.resolve("home");
        base = this.temporary.resolve("base");
        for (String file : List.of(
                "etc/some.cfg",
                "lib/boot/boot.jar",
                "lib/jdk9plus/jaxb.jar",
                "system/org/apache/felix/org.apache.felix.framework/7/felix.jar")) {
            write(home.resolve(file), "of the distribution\n");
        }
        Files.copy(LAUNCHER, Files.createDirectory(home.resolve("bin")).resolve("conmgr"));
        // In place of a JVM: what is tested has happened before.
        Path java = write(this.temporary.resolve("java/bin/java"), "#!/bin/sh\nexit 0\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static Path write(Path file, String text) throws IOException {
        Files.createDirectories(file.resolveSibling("."));
        return Files.writeString(file, text);
    }

    /** Runs the launcher in {@link #temporary}; it says nothing. */
    private void launch(Map<String, String> environment, String... arguments) throws Exception {
        assertThat(launch(0, environment, arguments)).isEmpty();
    }

    /** What it says. */
    private String launch(int exitCode, Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask 022; exec sh \"$@\"", "sh"));
        command.add(home.resolve("bin/conmgr").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(temporary.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", temporary.resolve("java").toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        process.getInputStream().transferTo(said);
        String text = said.toString(StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isEqualTo(exitCode);
        return text;
    }

    private void launch() throws Exception {
        launch(Map.of(), "-D", "base");
    }

    private void take() throws Exception {
        new ConmgrDirectory(home, base).take().acquiredBy().close();
    }

    @Test
    void aRequestToStopThatWasLeftIsNotForTheNextProcess() throws Exception {
        Files.createDirectory(base);
        StopFile left = new StopFile(ProcessHandle.current().pid(), StopFile.Mode.FAST);
        left.write(base);
        take();
        assertThat(StopFile.read(base)).isEmpty();
        left.write(base);
        launch();
        assertThat(StopFile.read(base)).isEmpty();
    }

    @Test
    void theCacheIsOfOneDistributionWhateverTheStarterHasInItsEnvironment() throws Exception {
        launch();
        Path cache = write(base.resolve("data/cache/bundle"), "");
        Path archive = write(base.resolve("data/conmgr.jsa"), "");
        for (String setting : List.of("TIME_STYLE=long-iso", "BLOCK_SIZE=1K", "QUOTING_STYLE=c", "LC_ALL=C.UTF-8")) {
            String[] variable = setting.split("=", 2);
            launch(Map.of(variable[0], variable[1]), "-D", "base");
            assertThat(cache).as(setting).exists();
            assertThat(archive).as(setting).exists();
        }
        write(home.resolve("lib/boot/boot.jar"), "of the next distribution\n");
        launch();
        assertThat(cache).doesNotExist();
        assertThat(archive).doesNotExist();
    }

    @Test
    void aRelativeDirectoryIsBelowTheWorkingDirectory() throws Exception {
        Path elsewhere = temporary.resolve("elsewhere");
        Path other = Files.createDirectories(elsewhere.resolve("base"));
        launch(Map.of("CDPATH", elsewhere.toString()), "-D", "base");
        assertThat(base.resolve("data/running")).exists();
        assertThat(other).isEmptyDirectory();
    }

    @Test
    void aNewDirectoryIsFilledWithFilesAsPrivateAsTheDistributions() throws Exception {
        mode(write(home.resolve("etc/secret.cfg"), "password = secret\n"), "rw-------");
        mode(write(home.resolve("etc/locked.cfg"), "password = secret\n"), "r--------");
        for (Filling filling : List.<Filling>of(this::take, this::launch)) {
            filling.run();
            assertThat(mode("etc/secret.cfg")).isEqualTo("rw-------");
            // What nobody may write in the distribution is the administrator's here.
            assertThat(mode("etc/locked.cfg")).isEqualTo("rw-------");
            assertThat(base.resolve("etc/secret.cfg")).hasContent("password = secret");
            Files.move(base, temporary.resolve("filled" + System.nanoTime()));
        }
    }

    @Test
    void aFullDiskIsToldInOneLineAndLeavesNoHalfFile() throws Exception {
        Path full = Path.of("/dev/full");
        assumeThat(full).exists();
        Files.createDirectories(base.resolve("data"));
        Files.createDirectory(base.resolve("etc"));
        for (String half : List.of("etc/some.cfg.new", "data/distribution", "conmgr.pid.new")) {
            Path written = Files.createSymbolicLink(base.resolve(half), full);
            assertThat(launch(1, Map.of(), "-D", "base").lines())
                    .singleElement()
                    .asString()
                    .contains(base + "/" + half.replace("pid.new", "pid"));
            assertThat(written).doesNotExist();
            assertThat(base.resolve("conmgr.pid")).doesNotExist();
        }
        launch();
        assertThat(base.resolve("etc/some.cfg")).hasContent("of the distribution");
        assertThat(base.resolve("conmgr.pid")).exists();
    }

    @Test
    void soDoesOneWhereNoShellFillsTheDirectory() throws Exception {
        // In place of a full disk: begins like any other file, and fails.
        Path unreadable = Path.of("/proc/self/mem");
        assumeThat(unreadable).exists();
        Path source = Files.createSymbolicLink(home.resolve("etc/other.cfg"), unreadable);
        assertThatThrownBy(this::take)
                .isInstanceOf(Failure.class)
                .hasMessage(base + ": cannot be filled: Input/output error");
        assertThat(base.resolve("etc")).isDirectoryNotContaining("glob:**other*");
        Files.delete(source);

        Path full = Path.of("/dev/full");
        assumeThat(full).exists();
        Path half = Files.createSymbolicLink(base.resolve("conmgr.pid.new"), full);
        assertThatThrownBy(this::take)
                .isInstanceOf(Failure.class)
                .hasMessage(base + ": cannot be filled: No space left on device");
        assertThat(half).doesNotExist();
        take();
    }

    private interface Filling {
        void run() throws Exception;
    }

    private static void mode(Path file, String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private String mode(String file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(base.resolve(file)));
    }
}
