package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.cmctl.ScriptedConsole.READY;
import static org.conmgr.cmctl.ScriptedConsole.WELCOME;
import static org.conmgr.cmctl.ScriptedConsole.columns;
import static org.conmgr.cmctl.ScriptedConsole.concat;
import static org.conmgr.cmctl.ScriptedConsole.done;
import static org.conmgr.cmctl.ScriptedConsole.error;
import static org.conmgr.cmctl.ScriptedConsole.row;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.conmgr.config.PidFile;
import org.conmgr.config.StopFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Every mode on real directories and real processes; a script and a scripted console are the conmgr. */
@DisabledOnOs(OS.WINDOWS)
class CmCtlTest {
    private static final String INSTANCES = "instance host port role link";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment = new HashMap<>(System.getenv());
    private final Path temporary;
    private final Path home;
    private final Path directory;
    private UserPrincipal user;

    CmCtlTest(@TempDir Path temporary) throws IOException {
        this.temporary = temporary;
        home = Files.createDirectories(temporary.resolve("home"));
        directory = Files.createDirectories(temporary.resolve("conmgr")).toRealPath();
        Files.createDirectory(directory.resolve("etc"));
        environment.remove("CMDATA");
        UserPrincipal owner = Files.getOwner(directory);
        // Root's directories are anybody's to use; root himself is refused.
        user = StartCheck.isRoot(owner) ? () -> "nobody" : owner;
    }

    @AfterEach
    void killWhatRuns() throws IOException {
        if (Files.isRegularFile(directory.resolve(PidFile.NAME)) && Files.size(directory.resolve(PidFile.NAME)) > 9) {
            PidFile.read(directory)
                    .flatMap(PidFile::process)
                    .filter(process -> process.pid() != ProcessHandle.current().pid())
                    .ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private int run(String... arguments) {
        return CmCtl.run(
                new Surroundings(
                        home,
                        environment,
                        user,
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8)),
                arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String dir() {
        return directory.toString();
    }

    /** A process that is a conmgr as far as the pid file tells. */
    private Process running(int port) throws IOException {
        Process process = new ProcessBuilder("sleep", "60").start();
        new PidFile(process.pid(), directory, process.info().startInstant().orElseThrow(), port).write();
        return process;
    }

    /** What {@code bin/conmgr} does in this test; {@code $PORT} is replaced. */
    private void launcher(String script) throws IOException {
        Path launcher = Files.createDirectories(home.resolve("bin")).resolve("conmgr");
        Files.writeString(launcher, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void launcherWithPort(int port) throws IOException {
        launcher("printf '%s\\n' $$ \"$2\" \"$(date +%s)\" " + port + " >\"$2/conmgr.pid.new\"\n"
                + "mv \"$2/conmgr.pid.new\" \"$2/conmgr.pid\"\nexec sleep 60\n");
    }

    private static ScriptedConsole console(byte[]... rows) throws IOException {
        return new ScriptedConsole(
                WELCOME,
                query -> query.equals("SHOW INSTANCES")
                        ? concat(columns(INSTANCES.split(" ")), concat(rows), done(rows.length))
                        : concat(columns("id", "application"), row("7", "payroll"), done(1)));
    }

    // Arguments

    @Test
    void helpTellsModesOptionsAndExitCodes() {
        assertThat(run("help")).isZero();
        assertThat(out()).contains("start", "stop", "status", "reload", "Exit codes:", "no conmgr is running");
        out.reset();
        assertThat(run("help", "stop")).isZero();
        assertThat(out()).contains("smart|fast|immediate", "-t", "CMDATA");
    }

    @Test
    void misuseIsOneClearErrorWithExitCode1() {
        assertThat(run()).isEqualTo(1);
        assertThat(err())
                .startsWith("cm_ctl: no mode (expected: start, stop, status, reload, register or unregister)\n");
        for (String[] wrong : new String[][] {
            {"restart"},
            {"stop", "-m", "slow"},
            {"status", "-i", "shard"},
            {"start", "-t", "x"},
            {"stop", "-t", "0"},
            {"start", "-D"},
            {"start", "one", "two"}
        }) {
            err.reset();
            assertThat(run(wrong)).as(String.join(" ", wrong)).isEqualTo(1);
            assertThat(err().lines())
                    .allMatch(line -> line.startsWith("cm_ctl: "))
                    .hasSizeBetween(2, 3);
        }
        err.reset();
        run("stop", "-t", "0");
        assertThat(err()).contains("-t: 0 (expected: an integer >= 1)");
    }

    @Test
    void theDirectoryComesFromTheOptionOrTheEnvironment() {
        assertThat(run("status")).isEqualTo(1);
        assertThat(err()).contains("no conmgr directory (expected: -D DIR, or environment variable CMDATA)");
        environment.put("CMDATA", dir());
        assertThat(run("status")).isEqualTo(3);
        assertThat(out()).isEqualTo("no conmgr is running in " + dir() + "\n");
        assertThat(run("status", "-D", dir() + "/none")).isEqualTo(4);
        assertThat(err()).contains("none: no such directory");
    }

    @Test
    void whatIsNoDirectoryHasItsExitCode() throws Exception {
        Path file = Files.createFile(temporary.resolve("file"));
        for (String mode : new String[] {"start", "stop", "status", "reload"}) {
            assertThat(run(mode, "-D", file.toString())).as(mode).isEqualTo(4);
        }
        assertThat(err()).contains("file: not a directory");
    }

    // start

    @Test
    void rootIsRefused() {
        user = () -> "root";
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err()).contains("cannot be run as root");
    }

    @Test
    void aDirectoryOfAnotherKindIsRefused() throws Exception {
        Files.delete(directory.resolve("etc"));
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err()).contains("is no conmgr directory: it has neither conmgr.conf nor etc/");
    }

    @Test
    void aDirectoryThatEverybodyMayWriteIsRefused() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err()).contains("writable for everybody (expected: chmod o-w)");
    }

    @Test
    void allProblemsOfAConfAreTold() throws Exception {
        Files.writeString(directory.resolve("conmgr.conf"), "port=0\nprot=1\nbackend_host0=a\n");
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err())
                .contains(
                        "cm_ctl: ERROR: conmgr.conf:1: port: 0 (expected: an integer from 1 to 65535)",
                        "cm_ctl: ERROR: conmgr.conf:2: prot: unknown parameter",
                        "conmgr is not started");
    }

    @Test
    void aConfThatNeedsMoreFilesThanAProcessMayHaveOpenIsRefused() throws Exception {
        Files.writeString(directory.resolve("conmgr.conf"), "max_connections=2147483647\nbackend_host0=a\n");
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err())
                .contains(
                        "cm_ctl: ERROR: conmgr.conf: max_connections: 2147483647 with 1 instance takes 2147483849 file"
                                + " descriptors (expected: at most ",
                        "conmgr is not started");
    }

    @Test
    void aDirectoryIsUsedOnce() throws Exception {
        Map<Integer, String> states =
                Map.of(PidFile.STARTING, "starting up", PidFile.STOPPING, "shutting down", 5000, "running");
        states.forEach((port, state) -> {
            err.reset();
            try {
                Process process = running(port);
                assertThat(run("start", "-D", dir())).isEqualTo(1);
                assertThat(err())
                        .isEqualTo("cm_ctl: another conmgr (process " + process.pid() + ", " + dir() + ") is " + state
                                + "\n");
                process.destroyForcibly();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void aPidFileThatIsNoneIsAnErrorAndNotOverwritten() throws Exception {
        Files.writeString(directory.resolve(PidFile.NAME), "12\n");
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err()).contains("cannot read the pid file: ", "conmgr.pid: 1 lines (expected: 4)");
    }

    @Test
    void anEmptyPidFileIsNone() throws Exception {
        Files.createFile(directory.resolve(PidFile.NAME));
        assertThat(run("status", "-D", dir())).isEqualTo(3);
        launcherWithPort(1);
        assertThat(run("start", "-D", dir(), "-W")).as(err()).isZero();
    }

    @Test
    void startWaitsForThePrimary() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (ScriptedConsole console = new ScriptedConsole(
                WELCOME,
                query -> concat(
                        columns(INSTANCES.split(" ")),
                        row("0", "db0", "5432", "primary", asked.getAndIncrement() < 2 ? "connecting" : "up"),
                        row("1", "db1", "5433", null, "connecting"),
                        done(2)))) {
            launcherWithPort(console.port());
            assertThat(run("start", "-D", dir(), "-t", "20")).isZero();
            assertThat(err())
                    .containsOnlyOnce("waiting for the link to the primary: instance 0 (db0:5432) primary, connecting;"
                            + " instance 1 (db1:5433) connecting\n")
                    .contains("conmgr is started (process ");
            assertThat(asked).hasValue(3);
            assertThat(run("stop", "-D", dir())).isZero();
            assertThat(err()).endsWith("cm_ctl: conmgr is stopped\n");
            assertThat(directory.resolve(PidFile.NAME)).doesNotExist();
        }
    }

    @Test
    void completeWaitsForAllLinksAndLeavesConmgrUpAtTheTimeLimit() throws Exception {
        try (ScriptedConsole console =
                console(row("0", "db0", "5432", "primary", "up"), row("1", "db1", "5433", "standby", "down"))) {
            launcherWithPort(console.port());
            assertThat(run("start", "-D", dir(), "--complete", "-t", "3")).isEqualTo(1);
            assertThat(err())
                    .contains("not reached within 3 s: the links to all instances: instance 1 (db1:5433) standby, down")
                    .contains("stays up");
            assertThat(PidFile.read(directory).flatMap(PidFile::process)).isPresent();
        }
    }

    @Test
    void startWithoutWaitingNeedsNoLink() throws Exception {
        launcherWithPort(1);
        assertThat(run("start", "-D", dir(), "-W")).isZero();
    }

    @Test
    void aConmgrThatEndsIsToldWithItsOwnWords() throws Exception {
        Files.createDirectories(directory.resolve("data/log"));
        Files.writeString(directory.resolve("data/log/conmgr.out"), "of yesterday\n");
        launcher("echo 'conmgr: no java' >&2\nexit 7\n");
        assertThat(run("start", "-D", dir())).isEqualTo(1);
        assertThat(err())
                .contains("conmgr ended with exit code 7", "cm_ctl: conmgr: no java\n")
                .doesNotContain("of yesterday");
    }

    // status

    @Test
    void statusShowsTables() throws Exception {
        try (ScriptedConsole console = console(row("0", "db0", "5432", "primary", "up"))) {
            Process process = running(console.port());
            assertThat(run("status", "-D", dir())).isZero();
            assertThat(out())
                    .startsWith("conmgr (process " + process.pid() + ", " + dir() + ") is running on port "
                            + console.port() + " since ")
                    .endsWith("""

                            instance  host  port  role     link
                            0         db0   5432  primary  up

                            id  application
                            7   payroll
                            """);
            out.reset();
            assertThat(run("status", "-D", dir(), "-i", "application")).isZero();
            assertThat(out()).contains("payroll").doesNotContain("db0");
        }
    }

    @Test
    void statusWritesJson() throws Exception {
        try (ScriptedConsole console = console(row("0", "db0", "5432", null, "down"))) {
            Process process = running(console.port());
            PidFile file = PidFile.read(directory).orElseThrow();
            assertThat(run("status", "-D", dir(), "-i", "instance", "--json")).isZero();
            assertThat(out())
                    .isEqualTo("{\"directory\": \"" + dir() + "\", \"state\": \"running\", \"pid\": " + process.pid()
                            + ", \"started\": \"" + file.started() + "\", \"port\": " + console.port()
                            + ", \"instances\": [\n  {\"instance\": 0, \"host\": \"db0\", \"port\": 5432, \"role\":"
                            + " null, \"link\": \"down\"}]}\n");
        }
        out.reset();
        Files.delete(directory.resolve(PidFile.NAME));
        assertThat(run("status", "-D", dir(), "--json")).isEqualTo(3);
        assertThat(out()).isEqualTo("{\"directory\": \"" + dir() + "\", \"state\": \"not running\"}\n");
    }

    @Test
    void statusOfAProcessThatDoesNotAnswerIsAnError() throws Exception {
        running(PidFile.STARTING);
        assertThat(run("status", "-D", dir())).isEqualTo(1);
        assertThat(out()).contains("is starting up since");
    }

    // stop

    @Test
    void immediateKillsAndTidiesUp() throws Exception {
        Process process = running(5000);
        assertThat(run("stop", "-D", dir(), "-m", "immediate")).isZero();
        assertThat(process.waitFor()).isEqualTo(128 + 9);
        assertThat(directory.resolve(PidFile.NAME)).doesNotExist();
    }

    @Test
    void smartAsksConmgrToEndAndTellsWhatItWaitsFor() throws Exception {
        AtomicInteger left = new AtomicInteger(2);
        Process process = running(PidFile.STARTING);
        try (ScriptedConsole console = new ScriptedConsole(WELCOME, query -> {
            int count = left.getAndDecrement();
            if (count == 0) {
                process.destroy();
            }
            byte[][] rows = new byte[count][];
            Arrays.fill(rows, row("7"));
            return concat(columns("id"), concat(rows), done(count));
        })) {
            Instant started = process.info().startInstant().orElseThrow();
            new PidFile(process.pid(), directory, started, console.port()).write();
            assertThat(run("stop", "-D", dir(), "-m", "smart")).isZero();
            assertThat(process.isAlive()).isFalse();
            assertThat(err())
                    .contains(
                            "waiting for 2 application connections to end",
                            "waiting for 1 application connection to end",
                            "conmgr is stopped");
            assertThat(directory.resolve(StopFile.NAME)).doesNotExist();
        }
    }

    @Test
    void smartGivesUpAtTheTimeLimitAndLeavesConmgrToEndByItself() throws Exception {
        try (ScriptedConsole console = console()) {
            Process process = running(console.port());
            assertThat(run("stop", "-D", dir(), "-m", "smart", "-t", "1")).isEqualTo(1);
            assertThat(err())
                    .contains(
                            "waiting for 1 application connection to end",
                            "did not end within 1 s; it ends when the last application has, and refuses new ones");
            assertThat(process.isAlive()).isTrue();
            assertThat(StopFile.read(directory)).contains(new StopFile(process.pid(), StopFile.Mode.SMART));
        }
    }

    @Test
    void smartBeforeThereIsAPortIsFast() throws Exception {
        Process process = running(PidFile.STARTING);
        assertThat(run("stop", "-D", dir(), "-m", "smart")).isZero();
        assertThat(process.waitFor()).isEqualTo(128 + 15);
    }

    @Test
    void aProcessThatDoesNotEndIsTold() throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "trap '' TERM; echo; while :; do sleep 60; done")
                .redirectErrorStream(true)
                .start();
        // The line is written once the signal is ignored.
        assertThat(process.getInputStream().read()).isEqualTo('\n');
        new PidFile(process.pid(), directory, Instant.now(), 5000).write();
        assertThat(run("stop", "-D", dir(), "-t", "1")).isEqualTo(1);
        assertThat(err()).contains("did not end within 1 s");
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void stopWithoutConmgrHasItsExitCode() throws Exception {
        assertThat(run("stop", "-D", dir())).isEqualTo(3);
        assertThat(err()).isEqualTo("cm_ctl: no conmgr is running in " + dir() + "\n");
        // The id of a dead process that now belongs to this one, which started later.
        new PidFile(ProcessHandle.current().pid(), directory, Instant.EPOCH, 5000).write();
        assertThat(run("stop", "-D", dir())).isEqualTo(3);
    }

    // reload

    @Test
    void reloadTellsWhatConmgrSays() throws Exception {
        assertThat(run("reload", "-D", dir())).isEqualTo(3);
        Files.writeString(directory.resolve("conmgr.conf"), "backend_host0=a\n");
        AtomicReference<byte[]> answer = new AtomicReference<>();
        try (ScriptedConsole console = new ScriptedConsole(WELCOME, query -> answer.get())) {
            running(console.port());
            answer.set(concat(
                    columns("kind", "text"),
                    row("change", "heartbeat_interval: 10s -> 1s"),
                    row("remark", "conmgr.conf:3: odd"),
                    done(2)));
            assertThat(run("reload", "-D", dir())).isZero();
            assertThat(err())
                    .contains("cm_ctl: change: heartbeat_interval: 10s -> 1s\n", "cm_ctl: remark: conmgr.conf:3: odd\n")
                    .endsWith("cm_ctl: " + dir() + "/conmgr.conf is in force\n");
            assertThat(console.received()).contains("RELOAD");

            answer.set(concat(columns("kind", "text"), done(0)));
            assertThat(run("reload", "-D", dir())).isZero();
            assertThat(err()).contains("cm_ctl: nothing changed since conmgr last read it\n");

            answer.set(concat(
                    error("F0000", "conmgr.conf is not put into force", "conmgr.conf:1: a\nconmgr.conf:2: b"), READY));
            assertThat(run("reload", "-D", dir())).isEqualTo(1);
            assertThat(err())
                    .contains(
                            "cm_ctl: conmgr.conf is not put into force:\n",
                            "cm_ctl: conmgr.conf:1: a\n",
                            "cm_ctl: conmgr.conf:2: b\n");
        }
    }

    @Test
    void reloadOfAConmgrThatCannotBeAskedChecksTheFile() throws Exception {
        running(PidFile.STARTING);
        Files.writeString(directory.resolve("conmgr.conf"), "port=0\nbackend_host0=a\n");
        assertThat(run("reload", "-D", dir())).isEqualTo(1);
        assertThat(err()).contains("conmgr.conf:1: port: 0", "is not put into force");
        Files.writeString(directory.resolve("conmgr.conf"), "backend_host0=a\n");
        assertThat(run("reload", "-D", dir())).isZero();
        assertThat(err()).endsWith("cm_ctl: conmgr is starting up and cannot be asked: it reads the file by itself\n");
    }
}
