package org.conmgr.itests;

import static org.ops4j.pax.exam.CoreOptions.environment;
import static org.ops4j.pax.exam.CoreOptions.serverMode;
import static org.ops4j.pax.exam.CoreOptions.systemTimeout;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.doNotModifyLogConfiguration;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.karafDistributionConfiguration;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.keepRuntimeFolder;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.replaceConfigurationFile;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.management.JMException;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.ops4j.pax.exam.ExamSystem;
import org.ops4j.pax.exam.TestContainer;
import org.ops4j.pax.exam.karaf.options.KarafDistributionKitConfigurationOption;
import org.ops4j.pax.exam.karaf.options.KarafDistributionKitConfigurationOption.Platform;
import org.ops4j.pax.exam.spi.PaxExamRuntime;

/**
 * One running distribution for the tests of one class: Pax Exam's Karaf container in server mode, which starts the
 * distribution's own launcher. A failing test carries a {@link Diagnosis} of the container as a suppressed exception.
 *
 * <p>Configuration is written into a conmgr directory of the test before the start; what is not written there comes
 * from the distribution.
 */
final class KarafContainer
        implements BeforeAllCallback,
                AfterAllCallback,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler {
    private static final Duration BOOT = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(15);

    private final Map<String, Map<String, Supplier<?>>> configurations = new LinkedHashMap<>();
    private final Path directory;
    private @Nullable TestContainer container;
    private @Nullable ProcessHandle process;
    private @Nullable KarafBeans beans;

    KarafContainer() {
        try {
            directory = Files.createTempDirectory(
                    Files.createDirectories(file("work.directory").toPath()), "base");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts with one setting more in the file of the PID in {@code etc/}; the value is asked for just before the start. */
    KarafContainer with(String pid, String key, Supplier<?> value) {
        configurations.computeIfAbsent(pid, none -> new LinkedHashMap<>()).put(key, value);
        return this;
    }

    /** The conmgr directory: {@code etc/}, {@code data/}, {@code deploy/}. */
    Path directory() {
        return directory;
    }

    /** The bundles, components and features of the running container. */
    KarafBeans beans() {
        return Objects.requireNonNull(beans, "the container does not run");
    }

    /** The process id. */
    long pid() {
        return Objects.requireNonNull(process, "the container does not run").pid();
    }

    /** Karaf's log so far. */
    String log() {
        try {
            Path log = directory.resolve("data/log/karaf.log");
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a configuration file in the conmgr directory whole, while the container runs. */
    void write(String pid, Map<String, String> settings) throws IOException {
        EtcFile.write(directory, pid, settings);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        for (Map.Entry<String, Map<String, Supplier<?>>> configuration : configurations.entrySet()) {
            Map<String, String> settings = new LinkedHashMap<>();
            configuration.getValue().forEach((key, value) -> settings.put(key, String.valueOf(value.get())));
            write(configuration.getKey(), settings);
        }
        try {
            start();
        } catch (Exception | AssertionError e) {
            e.addSuppressed(new Diagnosis(this));
            stop();
            throw e;
        }
    }

    private void start() throws Exception {
        ExamSystem system = PaxExamRuntime.createServerSystem(
                new KarafDistributionKitConfigurationOption(
                                karafDistributionConfiguration()
                                        .frameworkUrl(
                                                file("distribution").toURI().toString())
                                        .name("conmgr")
                                        .unpackDirectory(file("work.directory"))
                                        .useDeployFolder(false),
                                Platform.NIX)
                        .executable("bin/conmgr"),
                environment("JAVA_HOME=" + System.getProperty("java.home")),
                environment("CMDATA=" + directory),
                // Pax Exam adds a feature of its own to the boot features, which cannot be found without a network. It
                // leaves alone only a file that is replaced, so it is replaced by itself.
                replaceConfigurationFile("etc/org.apache.karaf.features.cfg", file("boot.features")),
                doNotModifyLogConfiguration(),
                keepRuntimeFolder(),
                systemTimeout(50),
                serverMode());
        container = PaxExamRuntime.createContainer(system);
        container.start();
        // Written by Java code, so the JVM can be attached to: an attach signals it, and kills one that is not so far.
        Path pidFile = directory.resolve("data/karaf.pid");
        Await.until("Karaf has written its pid", BOOT, () -> Files.exists(pidFile) && Files.size(pidFile) > 0);
        long pid = Long.parseLong(Files.readString(pidFile).strip());
        process = ProcessHandle.of(pid)
                .orElseThrow(() -> new AssertionError("Karaf, process " + pid + ", ended while it started"));
        beans = KarafBeans.attach(pid);
        Await.until("Karaf has started its boot features", BOOT, beans::complete);
    }

    private static File file(String property) {
        return new File(Objects.requireNonNull(System.getProperty(property), property));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        stop();
    }

    private void stop() throws Exception {
        ProcessHandle running = process;
        process = null;
        try {
            if (beans != null) {
                beans.close();
                beans = null;
            }
            if (running != null && running.isAlive()) {
                running.destroy();
                running.onExit().get(STOP.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (TimeoutException e) {
            running.destroyForcibly();
            throw new AssertionError("Karaf did not stop within " + STOP.toSeconds() + " s of SIGTERM", e);
        } finally {
            stopPaxExam();
        }
    }

    /** Stops Pax Exam's own threads. It looks for its feature in the container, which we keep out, and complains. */
    private void stopPaxExam() {
        if (container == null) {
            return;
        }
        try {
            container.stop();
        } catch (RuntimeException expected) {
            System.Logger log = System.getLogger(KarafContainer.class.getName());
            log.log(
                    System.Logger.Level.DEBUG,
                    "Pax Exam could not reach its feature, which is not installed",
                    expected);
        }
        container = null;
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw diagnosed(failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw diagnosed(failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw diagnosed(failure);
    }

    private Throwable diagnosed(Throwable failure) {
        failure.addSuppressed(new Diagnosis(this));
        return failure;
    }

    /** What the container looked like when a test failed: bundles, components and the end of the log. */
    private static final class Diagnosis extends Exception {
        private static final long serialVersionUID = 1L;
        private static final int LOG_LINES = 80;

        Diagnosis(KarafContainer karaf) {
            super(describe(karaf), null, false, false);
        }

        private static String describe(KarafContainer karaf) {
            StringBuilder text = new StringBuilder("the container at ").append(karaf.directory);
            KarafBeans beans = karaf.beans;
            if (beans == null) {
                text.append("\nno JMX connection to it");
            } else {
                try {
                    Map<String, String> idle = new TreeMap<>(beans.bundles());
                    idle.values().removeIf("Active"::equals);
                    text.append("\nbundles that are not Active: ").append(idle);
                    text.append("\ncomponents: ").append(beans.components());
                } catch (IOException | JMException | RuntimeException e) {
                    text.append("\nit does not answer over JMX: ").append(e);
                }
            }
            List<String> log = karaf.log().lines().toList();
            text.append("\nend of its log:");
            log.subList(Math.max(0, log.size() - LOG_LINES), log.size())
                    .forEach(line -> text.append('\n').append(line));
            return text.toString();
        }
    }
}
