package org.conmgr.cmctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The command lines of Apache Commons Daemon's service runner, procrun: the service runs the JVM in its own process,
 * and stops it by a method call. See <a href="https://commons.apache.org/daemon/procrun.html">its page</a>.
 *
 * <p>A path that cannot be told to procrun is an {@link IllegalArgumentException}.
 *
 * @param runner the path of {@link #EXECUTABLE}
 * @param base the conmgr directory
 * @param javaHome of the Java that runs it
 * @param classPath separated by semicolons
 * @param extra more options of the JVM, separated by white space
 */
record ServiceCommand(
        String name,
        String runner,
        String home,
        String base,
        String javaHome,
        String classPath,
        String extra,
        Account account) {
    /** The service runner's file name. */
    static final String EXECUTABLE = "prunsrv.exe";

    /** What procrun takes for a separator, a quote, or a variable. */
    private static final String SPECIAL = ";#'\"%";

    private static final int STOP_SECONDS = 60;

    /** Who the service runs as; without a user, Windows's Network Service. */
    record Account(@Nullable String user, @Nullable String password) {
        private static final String NETWORK_SERVICE = "NT AUTHORITY\\NetworkService";

        /** With the domain that procrun wants: {@code .} is this computer. */
        String name() {
            if (user == null) {
                return NETWORK_SERVICE;
            }
            return user.contains("\\") || user.contains("@") ? user : ".\\" + user;
        }
    }

    ServiceCommand {
        for (String path : List.of(home, base, javaHome)) {
            if (path.chars().anyMatch(c -> SPECIAL.indexOf(c) >= 0)) {
                throw new IllegalArgumentException(
                        path + ": cannot be a service's path (expected: none of " + SPECIAL + " in it)");
            }
        }
    }

    /** Makes the service. */
    List<String> install(boolean automatic) {
        String log = base + "\\data\\log";
        List<String> command = new ArrayList<>(List.of(
                runner,
                "//IS//" + name,
                "--DisplayName=" + name,
                "--Description=Connection Manager for PostgreSQL (" + base + ")",
                "--Startup=" + (automatic ? "auto" : "manual"),
                "--ServiceUser=" + account.name(),
                "--Jvm=" + javaHome + "\\bin\\server\\jvm.dll",
                "--Classpath=" + classPath,
                "--JvmOptions=" + String.join(";", JvmArguments.options(home, base, "\\", extra)),
                "--JvmOptions9=" + String.join(";", JvmArguments.MODULES)));
        for (String phase : List.of("Start", "Stop")) {
            command.add("--" + phase + "Mode=jvm");
            command.add("--" + phase + "Class=" + ConmgrProcess.class.getName());
            command.add("--" + phase + "Path=" + base);
        }
        command.addAll(List.of(
                "--StartMethod=start",
                "--StopMethod=stop",
                "--StopTimeout=" + STOP_SECONDS,
                "--LogPath=" + log,
                "--LogPrefix=service",
                "--LogLevel=Info",
                "--StdOutput=auto",
                "--StdError=auto"));
        return command;
    }

    /** The password, as a variable that procrun reads: everybody may see command lines. */
    Map<String, String> secrets() {
        String password = account.password();
        return password == null ? Map.of() : Map.of("PR_SERVICEPASSWORD", password);
    }

    /** Stops the service if it runs, and removes it. */
    static List<String> delete(String runner, String name) {
        return List.of(runner, "//DS//" + name);
    }
}
