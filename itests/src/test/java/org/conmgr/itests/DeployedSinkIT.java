package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import aQute.bnd.osgi.Builder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.conmgr.itests.deployed.DeployedSink;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;

/** A jar dropped into {@code deploy/} replaces the installed sink, while messages come all the time. */
class DeployedSinkIT {
    private static final String SINK = "org.conmgr.log.stderr";
    private static final Pattern MESSAGE = Pattern.compile("closed a connection from \\S*?:(\\d+):");

    private final Path built;

    DeployedSinkIT(@TempDir Path built) {
        this.built = built;
    }

    @Test
    void theDeployedSinkTakesOverAndNoMessageIsLost() throws Exception {
        int port = FreePort.next();
        try (ServerSocket syslogPort = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<String> syslog = receive(syslogPort);
            List<Integer> sent;
            Node node = Node.start(
                    "sinks",
                    new Node.Settings()
                            .with("org.conmgr.listener", "port", port)
                            .with("org.conmgr.log", "log_destination", "stderr,syslog")
                            .with(
                                    "org.conmgr.log.syslog",
                                    "syslog_server",
                                    "tcp://127.0.0.1:" + syslogPort.getLocalPort()));
            try (node) {
                node.awaitOutput("listening for applications");
                try (Sender sender = new Sender(port)) {
                    replaceAndPutBack(node);
                    sent = sender.end();
                }
                Await.until("the last message is in the file of stderr", () -> ports(node.output())
                        .contains(sent.get(sent.size() - 1)));
            }
            List<Integer> toStderr = new ArrayList<>(ports(node.output()));
            toStderr.addAll(ports(written(node, shippedVersion())));
            toStderr.addAll(ports(written(node, "9.0.0")));
            System.out.println(sent.size() + " messages while the sink was replaced");
            assertThat(sorted(ports(syslog.get()))).as("at syslog").isEqualTo(sorted(sent));
            assertThat(sorted(toStderr)).as("at the sinks of stderr, together").isEqualTo(sorted(sent));
            assertThat(node.output())
                    .as("conmgr went on")
                    .containsOnlyOnce("no longer listening for applications on 127");
        }
    }

    private void replaceAndPutBack(Node node) throws Exception {
        Path shipped = shipped();
        Path same = bundle(shippedVersion());
        drop(node, same, "mine.jar");
        Await.until("one of the same version writes", deadline(), () -> isWritten(node, shippedVersion()));

        drop(node, bundle("9.0.0"), "newer.jar");
        Await.until("one of a higher version writes", deadline(), () -> isWritten(node, "9.0.0"));

        Path newer = node.directory().resolve("deploy/newer.jar");
        int before = ports(written(node, shippedVersion())).size();
        Files.delete(newer);
        Await.until(
                "the one before writes again",
                deadline(),
                () -> ports(written(node, shippedVersion())).size() > before);

        int first = ports(node.output()).size();
        drop(node, shipped, "mine.jar");
        Await.until(
                "the shipped one writes again",
                deadline(),
                () -> ports(node.output()).size() > first);
    }

    private static Duration deadline() {
        return Duration.ofSeconds(30);
    }

    /** Whole at once, as the directory is scanned all the time. */
    private void drop(Node node, Path jar, String name) throws IOException {
        Path unfinished = Files.copy(jar, node.directory().resolve("data").resolve(name));
        Files.move(unfinished, node.directory().resolve("deploy").resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isWritten(Node node, String version) {
        return !ports(written(node, version)).isEmpty();
    }

    private static String written(Node node, String version) {
        try {
            Path file = node.directory().resolve("data").resolve(version + ".log");
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Integer> ports(String text) {
        return MESSAGE.matcher(text)
                .results()
                .map(found -> Integer.valueOf(found.group(1)))
                .toList();
    }

    private static List<Integer> sorted(List<Integer> ports) {
        List<Integer> sorted = new ArrayList<>(ports);
        Collections.sort(sorted);
        return sorted;
    }

    /** Sends rubbish all the time, each by a connection of its own, until closed. */
    private static final class Sender implements AutoCloseable {
        private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        private final List<Integer> ports = new CopyOnWriteArrayList<>();
        private final ScheduledFuture<?> sending;

        Sender(int port) {
            sending = executor.scheduleAtFixedRate(() -> send(port), 0, 2, TimeUnit.MILLISECONDS);
        }

        private void send(int port) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                ports.add(socket.getLocalPort());
                socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
                // Until conmgr has closed it, and so has logged it.
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The ports it was sent from, one for each. */
        List<Integer> end() throws InterruptedException {
            close();
            assertThat(executor.awaitTermination(30, TimeUnit.SECONDS))
                    .as("the last one is answered")
                    .isTrue();
            assertThat(sending.isCancelled()).as("none failed").isTrue();
            return ports;
        }

        @Override
        public void close() {
            sending.cancel(false);
            executor.shutdown();
        }
    }

    private static CompletableFuture<String> receive(ServerSocket port) {
        return CompletableFuture.supplyAsync(() -> {
            try (Socket socket = port.accept()) {
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static Path shipped() throws IOException {
        return jar("org/conmgr/" + SINK);
    }

    private static Path jar(String under) throws IOException {
        try (Stream<Path> files =
                Files.walk(Distribution.unpacked().resolve("system").resolve(under))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static String shippedVersion() throws IOException {
        try (JarFile jar = new JarFile(shipped().toFile())) {
            return jar.getManifest().getMainAttributes().getValue("Bundle-Version");
        }
    }

    /** A bundle with the symbolic name of the shipped sink. */
    private Path bundle(String version) throws Exception {
        try (Builder builder = new Builder()) {
            builder.addClasspath(codeOf(DeployedSink.class));
            builder.addClasspath(codeOf(BundleContext.class));
            builder.addClasspath(jar("org/conmgr/org.conmgr.api").toFile());
            builder.setProperty("Bundle-SymbolicName", SINK);
            builder.setProperty("Bundle-Version", version);
            builder.setProperty("Private-Package", DeployedSink.class.getPackageName());
            builder.setProperty("Import-Package", "org.jspecify.*;resolution:=optional,*");
            Path jar = built.resolve(version + ".jar");
            builder.build().write(jar.toFile());
            assertThat(builder.getErrors()).isEmpty();
            try (JarFile file = new JarFile(jar.toFile());
                    InputStream component =
                            file.getInputStream(file.getEntry("OSGI-INF/" + DeployedSink.class.getName() + ".xml"))) {
                assertThat(component).isNotEmpty();
            }
            return jar;
        }
    }

    private static File codeOf(Class<?> type) throws Exception {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
