package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.conmgr.config.PidFile;
import org.conmgr.config.StopFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What cm_ctl does on a Windows, up to the programs that it would run there. None of it has been run on a Windows: the
 * facts are the ones this test makes up.
 */
class WindowsTest {
    private static final String ADMINISTRATOR =
            "\"Mandatory Label\\High Mandatory Level\",\"Label\",\"S-1-16-12288\",\"\"";
    private static final String USER = "\"Mandatory Label\\Medium Mandatory Level\",\"Label\",\"S-1-16-8192\",\"\"";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Path home;
    private final Path directory;

    private String groups = ADMINISTRATOR;
    /** Command lines of the services there are. */
    private final Map<String, String> services = new HashMap<>();

    private Windows.Outcome procrun = new Windows.Outcome(0, "");
    private final List<List<String>> ran = new ArrayList<>();
    private final List<Map<String, String>> variables = new ArrayList<>();

    WindowsTest(@TempDir Path temporary) throws IOException {
        home = Files.createDirectories(temporary.resolve("Program Files").resolve("conmgr"));
        directory = Files.createDirectories(temporary.resolve("a conmgr")).toRealPath();
        Files.writeString(directory.resolve("conmgr.conf"), "backend_host0 = db0\n");
        for (String jar : List.of(
                "lib/boot/karaf.jar",
                "lib/jdk9plus/jaxb.jar",
                "lib/cm_ctl/cmctl.jar",
                "lib/service/prunsrv.exe",
                "system/org/apache/felix/org.apache.felix.framework/7/felix.jar",
                "system/org/conmgr/org.conmgr.config/1/config.jar",
                "system/org/conmgr/org.conmgr.api/1/api.jar")) {
            Path file = home.resolve(jar);
            Files.createDirectories(file.resolveSibling("."));
            Files.createFile(file);
        }
    }

    private Windows.Outcome program(List<String> command, Map<String, String> environment) {
        String program = command.get(0);
        if (program.equals("D:\\Windows\\System32\\whoami.exe")) {
            return new Windows.Outcome(0, groups);
        }
        if (program.equals("D:\\Windows\\System32\\sc.exe")) {
            String service = services.get(command.get(2));
            return service == null ? new Windows.Outcome(1060, "[SC] 1060:") : new Windows.Outcome(0, service);
        }
        if (program.equals("D:\\Windows\\System32\\reg.exe")) {
            String key = command.get(2);
            return new Windows.Outcome(0, services.getOrDefault(key.substring(key.lastIndexOf('\\') + 1), ""));
        }
        ran.add(command);
        variables.add(environment);
        return procrun;
    }

    private int run(boolean windows, String... arguments) {
        return CmCtl.run(
                new Surroundings(
                        home,
                        Map.of("JAVA_OPTS", " -Da=b  -Dc=d "),
                        () -> "conmgr",
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8)),
                new Windows(windows, Map.of("SystemRoot", "D:\\Windows"), this::program),
                arguments);
    }

    private int run(String... arguments) {
        return run(true, arguments);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    // register

    @Test
    void theCommandLineIsProcruns() {
        ServiceCommand command = new ServiceCommand(
                "conmgr",
                "C:\\Program Files\\conmgr\\lib\\service\\prunsrv.exe",
                "C:\\Program Files\\conmgr",
                "D:\\conmgr",
                "C:\\Program Files\\jdk-17",
                "C:\\a.jar;C:\\b c.jar",
                "",
                new ServiceCommand.Account("conmgr", "secret"));
        assertThat(command.install(true))
                .startsWith("C:\\Program Files\\conmgr\\lib\\service\\prunsrv.exe", "//IS//conmgr")
                .contains(
                        "--Startup=auto",
                        "--ServiceUser=.\\conmgr",
                        "--Jvm=C:\\Program Files\\jdk-17\\bin\\server\\jvm.dll",
                        "--Classpath=C:\\a.jar;C:\\b c.jar",
                        "--JvmOptions=-XX:+UseSerialGC;-Xms16m;-Xmn8m;-Xmx256m;-Xss512k;-XX:TieredStopAtLevel=1;"
                                + "-XX:+ExitOnOutOfMemoryError;-XX:+PerfDisableSharedMem;-Dkaraf.home=C:\\Program Files\\conmgr;"
                                + "-Dkaraf.base=D:\\conmgr;-Dkaraf.data=D:\\conmgr\\data;-Dkaraf.etc=D:\\conmgr\\etc;"
                                + "-Dkaraf.log=D:\\conmgr\\data\\log;-Dkaraf.instances=D:\\conmgr\\data\\instances;"
                                + "-Dkaraf.lock.dir=D:\\conmgr\\data;-Dkaraf.pid.file=D:\\conmgr\\data\\karaf.pid;"
                                + "-Dkaraf.shutdown.port=-1;-Dkaraf.startLocalConsole=false;"
                                + "-Dkaraf.startRemoteShell=false;-Djava.io.tmpdir=D:\\conmgr\\data\\tmp;"
                                + "-Djava.util.logging.config.file=D:\\conmgr\\etc\\java.util.logging.properties",
                        "--StartMode=jvm",
                        "--StartClass=org.conmgr.cmctl.ConmgrProcess",
                        "--StartMethod=start",
                        "--StartPath=D:\\conmgr",
                        "--StopMode=jvm",
                        "--StopClass=org.conmgr.cmctl.ConmgrProcess",
                        "--StopMethod=stop",
                        "--LogPath=D:\\conmgr\\data\\log")
                .noneMatch(argument -> argument.contains("secret"));
        assertThat(command.install(true))
                .filteredOn(argument -> argument.startsWith("--JvmOptions9="))
                .singleElement()
                .asString()
                .startsWith("--JvmOptions9=--add-opens=java.base/java.lang=ALL-UNNAMED;--add-opens=");
        assertThat(command.secrets()).containsExactly(Map.entry("PR_SERVICEPASSWORD", "secret"));
        assertThat(command.install(false)).contains("--Startup=manual");
    }

    @Test
    void aServiceRunsAsTheNetworkServiceUnlessToldOtherwise() {
        assertThat(new ServiceCommand.Account(null, null).name()).isEqualTo("NT AUTHORITY\\NetworkService");
        assertThat(new ServiceCommand.Account("u", null).name()).isEqualTo(".\\u");
        assertThat(new ServiceCommand.Account("D\\u", null).name()).isEqualTo("D\\u");
        assertThat(new ServiceCommand.Account("u@d", null).name()).isEqualTo("u@d");
    }

    @Test
    void aPathThatProcrunWouldCutIsRefused() {
        assertThatThrownBy(() -> new ServiceCommand(
                        "n", "r", "C:\\a;b", "D:\\c", "C:\\j", "", "", new ServiceCommand.Account(null, null)))
                .hasMessageContaining("C:\\a;b: cannot be a service's path");
    }

    @Test
    void registerMakesTheService() {
        assertThat(run("register", "-N", "mine", "-U", "conmgr", "-P", "secret", "-S", "d", "-D", directory.toString()))
                .as(err())
                .isZero();
        assertThat(ran).hasSize(1);
        assertThat(ran.get(0))
                .startsWith(home.resolve("lib/service/prunsrv.exe").toString(), "//IS//mine")
                .contains("--Startup=manual", "--ServiceUser=.\\conmgr")
                .anyMatch(argument -> argument.startsWith("--JvmOptions=") && argument.contains(";-Da=b;-Dc=d;"))
                .anyMatch(argument -> argument.startsWith("--Classpath=") && argument.contains("felix.jar;"));
        assertThat(variables.get(0)).containsOnlyKeys("PR_SERVICEPASSWORD");
        assertThat(err()).contains("service mine is registered; it runs as .\\conmgr, who must be allowed to write");
    }

    @Test
    void whatTheOriginalCommandTakesBesidesIsTaken() {
        assertThat(run("register", "-W", "--complete", "-t", "5", "-e", "conmgr", "-D", directory.toString()))
                .as(err())
                .isZero();
        assertThat(ran.get(0)).contains("//IS//conmgr", "--Startup=auto");
        assertThat(err()).doesNotContain("WARNING");
        assertThat(run("register", "-N", "b", "-e", "other", "-D", directory.toString()))
                .isZero();
        assertThat(err()).contains("WARNING: -e other has no effect: conmgr writes with event_source = conmgr");
    }

    @Test
    void registerIsRefused() throws Exception {
        assertThat(run(false, "register", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("services are registered on Windows only");
        groups = USER;
        assertThat(run("register", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("only an administrator may do this");
        groups = ADMINISTRATOR;
        assertThat(run("register", "-D", directory + "x")).isEqualTo(4);
        services.put("conmgr", "ImagePath    REG_EXPAND_SZ    C:\\other.exe");
        assertThat(run("register", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("there is a service conmgr already (expected: another -N)");
        assertThat(run("register", "-N", "a b", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("-N: a b (expected: ");
        assertThat(run("register", "-N", "n", "-S", "later", "-D", directory.toString()))
                .isEqualTo(1);
        assertThat(err()).contains("-S: later (expected: auto, a, demand or d)");
        assertThat(run("register", "-N", "n", "-P", "secret", "-D", directory.toString()))
                .isEqualTo(1);
        assertThat(err()).contains("-P without -U");
        Files.writeString(directory.resolve("conmgr.conf"), "port = 0\n");
        assertThat(run("register", "-N", "n", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("conmgr.conf:1: port: 0", "no service is registered");
        Files.delete(directory.resolve("conmgr.conf"));
        assertThat(run("register", "-N", "n", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("is no conmgr directory");
        assertThat(ran).isEmpty();
    }

    @Test
    void whatProcrunSaysIsToldWhenItFails() {
        procrun = new Windows.Outcome(9, "[error] Access is denied\n");
        assertThat(run("register", "-D", directory.toString())).isEqualTo(1);
        assertThat(err())
                .contains("service conmgr is not registered", "exit code 9", "cm_ctl: [error] Access is denied");
    }

    // unregister

    @Test
    void unregisterRemovesWhatRegisterMade() {
        services.put(
                "mine", "ImagePath    REG_EXPAND_SZ    \"C:\\Program Files\\x\\lib\\service\\prunsrv.exe\" //RS//mine");
        assertThat(run("unregister", "-N", "mine")).as(err()).isZero();
        assertThat(ran)
                .containsExactly(List.of(home.resolve("lib/service/prunsrv.exe").toString(), "//DS//mine"));
    }

    @Test
    void unregisterLeavesOtherServicesAlone() {
        services.put("spooler", "ImagePath    REG_EXPAND_SZ    C:\\Windows\\spoolsv.exe");
        assertThat(run("unregister", "-N", "spooler")).isEqualTo(1);
        assertThat(err()).contains("service spooler was not made by cm_ctl register: it is left alone");
        assertThat(run("unregister", "-N", "none")).isEqualTo(1);
        assertThat(err()).contains("there is no service none");
        groups = USER;
        assertThat(run("unregister", "-N", "spooler")).isEqualTo(1);
        assertThat(err()).contains("only an administrator may do this");
        assertThat(run(false, "unregister")).isEqualTo(1);
        assertThat(ran).isEmpty();
    }

    // start and stop

    @Test
    void anAdministratorMayNotStart() {
        assertThat(run("start", "-D", directory.toString())).isEqualTo(1);
        assertThat(err()).contains("cannot be run as an administrator");
    }

    @Test
    void stopIsAskedForByAFileSinceASignalWouldKill() throws Exception {
        stopIsAskedFor("fast", 5000, StopFile.Mode.FAST);
        stopIsAskedFor("smart", 5000, StopFile.Mode.SMART);
        stopIsAskedFor("smart", PidFile.STARTING, StopFile.Mode.FAST);
        stopIsAskedFor("smart", PidFile.STOPPING, StopFile.Mode.FAST);
    }

    private void stopIsAskedFor(String mode, int port, StopFile.Mode asked) throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        try {
            new PidFile(process.pid(), directory, process.info().startInstant().orElseThrow(), port).write();
            assertThat(run("stop", "-m", mode, "-W", "-D", directory.toString()))
                    .as(err())
                    .isZero();
            assertThat(StopFile.read(directory)).isEqualTo(Optional.of(new StopFile(process.pid(), asked)));
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
