package org.conmgr.cmctl;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the JVM of a conmgr process is given where no launcher of {@code bin/} starts it. A test holds it to what the
 * launchers give.
 */
final class JvmArguments {
    /** The options of Java 9 and later that open packages, for Karaf. */
    static final List<String> MODULES = List.of(
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.net=ALL-UNNAMED",
            "--add-opens=java.base/java.security=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED",
            "--add-opens=java.naming/javax.naming.spi=ALL-UNNAMED",
            "--add-opens=java.rmi/sun.rmi.transport.tcp=ALL-UNNAMED",
            "--add-exports=java.base/sun.net.www.protocol.file=ALL-UNNAMED",
            "--add-exports=java.base/sun.net.www.protocol.jar=ALL-UNNAMED",
            "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED");

    private static final List<String> MEMORY = List.of(
            "-XX:+UseSerialGC",
            "-Xms16m",
            "-Xmn8m",
            "-Xmx256m",
            "-Xss512k",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:+PerfDisableSharedMem");

    private JvmArguments() {}

    /**
     * Everything but the modules and the class path.
     *
     * @param extra more options, separated by white space; they win
     */
    static List<String> options(String home, String base, String separator, String extra) {
        String data = base + separator + "data";
        String etc = base + separator + "etc";
        List<String> options = new ArrayList<>(MEMORY);
        extra.lines()
                .flatMap(line -> Stream.of(line.trim().split("\\s+", -1)))
                .filter(option -> !option.isEmpty())
                .forEach(options::add);
        options.addAll(List.of(
                "-Dkaraf.home=" + home,
                "-Dkaraf.base=" + base,
                "-Dkaraf.data=" + data,
                "-Dkaraf.etc=" + etc,
                "-Dkaraf.log=" + data + separator + "log",
                "-Dkaraf.instances=" + data + separator + "instances",
                "-Dkaraf.lock.dir=" + data,
                "-Dkaraf.pid.file=" + data + separator + "karaf.pid",
                "-Dkaraf.shutdown.port=-1",
                "-Dkaraf.startLocalConsole=false",
                "-Dkaraf.startRemoteShell=false",
                "-Djava.io.tmpdir=" + data + separator + "tmp",
                "-Djava.util.logging.config.file=" + etc + separator + "java.util.logging.properties"));
        return options;
    }

    /**
     * A whole command line.
     *
     * @param extra more options, separated by white space; they win
     */
    static List<String> command(Path java, Path home, Path base, String extra) throws IOException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(options(home.toString(), base.toString(), File.separator, extra));
        command.addAll(MODULES);
        command.addAll(List.of(
                "-classpath",
                classPath(home).stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                ConmgrProcess.class.getName()));
        return command;
    }

    /** The jars of Karaf's start, and those of {@link ConmgrProcess}. */
    static List<Path> classPath(Path home) throws IOException {
        List<Path> jars = new ArrayList<>();
        for (String directory : List.of("lib/boot", "lib/jdk9plus", "lib/cm_ctl")) {
            jars.addAll(jars(home.resolve(directory)));
        }
        for (String bundle : List.of(
                "org/apache/felix/org.apache.felix.framework",
                "org/conmgr/org.conmgr.config",
                "org/conmgr/org.conmgr.api")) {
            try (DirectoryStream<Path> versions =
                    Files.newDirectoryStream(home.resolve("system").resolve(bundle))) {
                for (Path version : versions) {
                    jars.addAll(jars(version));
                }
            }
        }
        return jars;
    }

    private static List<Path> jars(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }
}
