package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * A Karaf as its project ships it, started by its own script. Changed are only its own ports, and where it looks for
 * bundles: in the repository of our distribution, which stands for the Maven repository of an administrator, and in no
 * network.
 */
final class StockKaraf implements BeforeAllCallback, AfterAllCallback, TestExecutionExceptionHandler {
    private static final Duration BOOT = Duration.ofSeconds(90);
    private static final int STOP_SECONDS = 30;

    private @Nullable Path directory;
    private @Nullable Process process;
    private @Nullable KarafBeans beans;

    KarafBeans beans() {
        return Objects.requireNonNull(beans, "Karaf does not run");
    }

    /** What it has written to standard output and error. */
    String output() {
        return read("output");
    }

    String log() {
        return read("data/log/karaf.log");
    }

    private String read(String file) {
        try {
            Path path = directory().resolve(file);
            return Files.exists(path) ? Files.readString(path) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the file of a PID in {@code etc/} whole. */
    void write(String pid, Map<String, String> settings) throws IOException {
        EtcFile.write(directory(), pid, settings);
    }

    private Path directory() {
        return Objects.requireNonNull(directory, "Karaf is not unpacked");
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        Path work = Files.createTempDirectory(
                Files.createDirectories(Path.of(System.getProperty("work.directory"))), "stock-");
        int status = new ProcessBuilder("tar", "-xzf", System.getProperty("stock.karaf"), "-C", work.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new AssertionError("tar: status " + status);
        }
        try (Stream<Path> inside = Files.list(work)) {
            directory = inside.findFirst().orElseThrow();
        }
        Path etc = directory().resolve("etc");
        append(etc.resolve("org.apache.karaf.management.cfg"), "rmiRegistryPort = " + FreePort.next());
        append(etc.resolve("org.apache.karaf.management.cfg"), "rmiServerPort = " + FreePort.next());
        append(etc.resolve("org.apache.karaf.shell.cfg"), "sshPort = " + FreePort.next());
        append(
                etc.resolve("org.ops4j.pax.url.mvn.cfg"),
                "org.ops4j.pax.url.mvn.repositories = "
                        + Distribution.unpacked().resolve("system").toUri() + "@id=conmgr@snapshots\n"
                        + "org.ops4j.pax.url.mvn.localRepository = ${karaf.data}/m2");
        try {
            start();
        } catch (Exception | AssertionError e) {
            afterAll(context);
            throw e;
        }
    }

    private static void append(Path file, String line) throws IOException {
        Files.writeString(file, "\n" + line + "\n", StandardOpenOption.APPEND);
    }

    private void start() throws Exception {
        // As its script "start" does, less the background.
        ProcessBuilder builder =
                new ProcessBuilder(directory().resolve("bin/karaf").toString(), "daemon");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.redirectErrorStream(true);
        builder.redirectOutput(directory().resolve("output").toFile());
        Process started = builder.start();
        process = started;
        // Written by Java code, so the JVM can be attached to: an attach signals it, and kills one that is not so far.
        Path pidFile = directory().resolve("karaf.pid");
        Await.until("Karaf has written its pid", BOOT, () -> {
            if (!started.isAlive()) {
                throw new AssertionError("Karaf ended: " + output());
            }
            return Files.exists(pidFile) && Files.size(pidFile) > 0;
        });
        KarafBeans attached =
                KarafBeans.attach(Long.parseLong(Files.readString(pidFile).strip()));
        beans = attached;
        Await.until("Karaf has started its boot features", BOOT, attached::completeWithoutComponents);
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        try {
            if (beans != null) {
                beans.close();
            }
        } finally {
            if (process != null) {
                process.destroy();
                if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            }
        }
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        failure.addSuppressed(new AssertionError("output of Karaf:\n" + output() + "\nits log:\n" + log()));
        throw failure;
    }
}
