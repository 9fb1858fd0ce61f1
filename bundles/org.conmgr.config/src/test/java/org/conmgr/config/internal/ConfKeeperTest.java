package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Reload;
import org.conmgr.config.Platform;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.cm.SynchronousConfigurationListener;

/** The life of a conmgr.conf: a real file, the Config Admin and the Declarative Services that Karaf has. */
class ConfKeeperTest {
    private final RecordingLog log = new RecordingLog();
    private final Path file;
    private final OsgiFramework framework;
    private final ConfigurationAdmin admin;
    private final Gate gate;

    ConfKeeperTest(@TempDir Path directory) {
        file = directory.resolve("conmgr.conf");
        framework = OsgiFramework.start(
                directory.resolve("framework"), Map.of("conmgr.directory", directory.toString()), MessageLog.class);
        admin = framework.service(ConfigurationAdmin.class);
        gate = new Gate(framework.context());
    }

    @AfterEach
    void stop() {
        framework.close();
    }

    @Test
    void aGoodFileIsPutIntoForceAndOpensTheGate() throws Exception {
        write("port=6000\nbackend_host0=a\nbackend_host1=b\nheartbeat_timeout=5");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            assertThat(value("org.conmgr.instance~1", "backend_host")).isEqualTo("b");
            assertThat(value("org.conmgr.config", "source")).isEqualTo(file.toString());
            // That the timeout is too short is told by the heartbeat.
            assertThat(told()).containsExactly("LOG " + file + " applied: 2 instances");
            assertThat(reload(keeper)).isEmpty();
            assertThat(told())
                    .endsWith("LOG " + file + " applied: nothing changed")
                    .hasSize(2);
        }
    }

    @Test
    void aBadFileKeepsTheGateShutUntilItIsMended() throws Exception {
        write("port=0\nbackend_host0=a\nprot=1");
        try (ConfKeeper keeper = keeper()) {
            Await.until("it is told", () -> !log.messages(Message.CANNOT_START).isEmpty());
            assertThat(told())
                    .containsExactly(
                            "ERROR conmgr.conf:1: port: 0 (expected: an integer from 1 to 65535)",
                            "ERROR conmgr.conf:3: prot: unknown parameter (did you mean port?)",
                            "FATAL cannot start: " + file + " has errors");
            assertThat(reload(keeper))
                    .containsExactly(
                            "conmgr.conf:1: port: 0 (expected: an integer from 1 to 65535)",
                            "conmgr.conf:3: prot: unknown parameter (did you mean port?)");
            assertThat(gate.isOpen()).isFalse();
            assertThat(pids()).isEmpty();

            write("backend_host0=a");
            Await.until("the gate is open", gate::isOpen);
            assertThat(told()).endsWith("LOG " + file + " applied: 1 instance");
        }
    }

    @Test
    void withoutAFileTheCfgFilesAreTheTruth() throws Exception {
        // Of an earlier process, which had a conmgr.conf.
        update("org.conmgr.heartbeat", Map.of("heartbeat_interval", "3", Enforcer.MARK, ""));
        update("org.conmgr.listener", Map.of("port", "5000"));
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            assertThat(pids()).containsExactly("org.conmgr.config", "org.conmgr.listener");
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("5000");
            assertThat(reload(keeper)).isEmpty();
            update("org.conmgr.listener", Map.of("port", "5001"));
            assertThat(reload(keeper)).isEmpty();
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("5001");
            assertThat(told()).isEmpty();

            write("backend_host0=a");
            Await.until("the file is in force", () -> value("org.conmgr.listener", "port")
                    .equals("27546"));
            assertThat(told())
                    .containsExactly(
                            "LOG " + file + " applied: 1 instance",
                            "WARNING org.conmgr.listener: port = 5001 is overruled by conmgr.conf: 27546");
        }
    }

    @Test
    void anEditTakesEffect() throws Exception {
        write("port=6000\nbackend_host0=a\nbackend_host1=b");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            write("port=7000\nbackend_host0=a\nbackend_host2=c");
            Await.until(
                    "it is in force", () -> value("org.conmgr.listener", "port").equals("7000"));
            assertThat(reload(keeper)).isEmpty();
            assertThat(pids()).contains("org.conmgr.instance~2").doesNotContain("org.conmgr.instance~1");
            assertThat(told())
                    .contains("LOG " + file
                            + " applied: port: 6000 -> 7000, instance 1 (b:27500) removed, instance 2 (c:27500) added");
        }
    }

    @Test
    void aReloadTellsWhatChangedAndWhatIsOdd() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            assertThat(outcome(keeper)).isEqualTo(Reload.Outcome.withErrors());
            write("port=6000\nport=7000\nbackend_host0=a\nbackend_host1=b");
            Reload.Outcome outcome = outcome(keeper);
            assertThat(outcome.errors()).isEmpty();
            assertThat(outcome.remarks()).singleElement().asString().startsWith("conmgr.conf:2: port");
            assertThat(told()).contains("LOG " + file + " applied: port: 6000 -> 7000, instance 1 (b:27500) added");
            // Unless the watch was faster.
            assertThat(outcome.changes()).isSubsetOf("port: 6000 -> 7000", "instance 1 (b:27500) added");
            write("port=0\nport=7000");
            outcome = outcome(keeper);
            assertThat(outcome.errors()).isNotEmpty();
            assertThat(outcome.changes()).isEmpty();
        }
    }

    @Test
    void aFileRenamedOverItTakesEffect() throws Exception {
        write("backend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            Path other = Files.writeString(file.resolveSibling("conmgr.conf~"), "backend_host0=b");
            Files.move(other, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Await.until("it is in force", () -> value("org.conmgr.instance~0", "backend_host")
                    .equals("b"));
            assertThat(reload(keeper)).isEmpty();
        }
    }

    @Test
    void aBadEditChangesNothing() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            write("port=7000\nbackend_host0=a\nbackend_port0=x");
            Await.until(
                    "it is told", () -> !log.messages(Message.CONF_NOT_APPLIED).isEmpty());
            assertThat(told())
                    .endsWith(
                            "ERROR conmgr.conf:3: backend_port0: x (expected: an integer from 1 to 65535)",
                            "ERROR " + file + " is not applied");
            assertThat(reload(keeper))
                    .containsExactly("conmgr.conf:3: backend_port0: x (expected: an integer from 1 to 65535)");
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            assertThat(gate.isOpen()).isTrue();

            write("port=7000\nbackend_host0=a\nbackend_port0=1");
            Await.until(
                    "it is in force", () -> value("org.conmgr.listener", "port").equals("7000"));
        }
    }

    @Test
    void aFileThatAsksForMoreFilesThanThereMayBeIsRefused() throws Exception {
        String shortage = "ERROR conmgr.conf: max_connections: 800 with 1 instance takes 1002 file descriptors"
                + " (expected: at most 1001, the limit that ulimit -Hn shows)";
        write("max_connections=800\nbackend_host0=a");
        try (ConfKeeper keeper = keeper(admin, OptionalLong.of(1001))) {
            Await.until("it is told", () -> !log.messages(Message.CANNOT_START).isEmpty());
            assertThat(told()).containsExactly(shortage, "FATAL cannot start: " + file + " has errors");
            assertThat(gate.isOpen()).isFalse();

            write("max_connections=799\nbackend_host0=a");
            Await.until("the gate is open", gate::isOpen);
            write("max_connections=800\nbackend_host0=a");
            Await.until(
                    "it is told", () -> !log.messages(Message.CONF_NOT_APPLIED).isEmpty());
            assertThat(told()).contains(shortage);
            assertThat(reload(keeper)).containsExactly(shortage.substring("ERROR ".length()));
            assertThat(value("org.conmgr.listener", "max_connections")).isEqualTo("799");
        }
    }

    @Test
    void anEmptiedFileChangesNothing() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            write("");
            assertThat(reload(keeper))
                    .containsExactly(
                            "conmgr.conf: no instance (expected: backend_host0 or backend_hostaddr0, and one for"
                                    + " each instance)");
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
        }
    }

    @Test
    void whatARemovedFileSaidStaysInForce() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            Files.delete(file);
            Await.until("it is told", () -> !log.messages(Message.CONF_GONE).isEmpty());
            assertThat(reload(keeper)).containsExactly("conmgr.conf: no such file");
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            update("org.conmgr.listener", Map.of("port", "5000"));
            Await.until("it is overruled", () -> value("org.conmgr.listener", "port")
                    .equals("6000"));

            write("port=6000\nbackend_host0=a");
            Await.until("it is back", () -> told().contains("LOG " + file + " applied: nothing changed"));
        }
    }

    @Test
    void aFileThatCannotBeReadIsAnError() throws Exception {
        Files.createDirectory(file);
        try (ConfKeeper keeper = keeper()) {
            Await.until("it is told", () -> !log.messages(Message.CANNOT_START).isEmpty());
            assertThat(reload(keeper)).singleElement().asString().startsWith("conmgr.conf: cannot be read: ");
            assertThat(gate.isOpen()).isFalse();
        }
    }

    @Test
    void whoeverWritesOtherwiseIsOverruledAgain() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            update("org.conmgr.listener", Map.of("port", "5000", "listen_addresses", "*"));
            Await.until("it is overruled", () -> value("org.conmgr.listener", "port")
                    .equals("6000"));
            assertThat(value("org.conmgr.listener", "listen_addresses")).isEqualTo("*");
            find("org.conmgr.listener").delete();
            Await.until("it is back", () -> pids().contains("org.conmgr.listener"));
            admin.getFactoryConfiguration("org.conmgr.instance", "9", "?")
                    .update(FrameworkUtil.asDictionary(Map.of("backend_host", "x")));
            Await.until("it is gone", () -> !pids().contains("org.conmgr.instance~9"));
            assertThat(reload(keeper)).isEmpty();
            assertThat(log.texts(Message.SETTING_OVERRULED))
                    .containsExactly("org.conmgr.listener: port = 5000 is overruled by conmgr.conf: 6000");
            assertThat(log.texts(Message.INSTANCE_OVERRULED))
                    .containsExactly(
                            "org.conmgr.instance~9: instance 9 is not used, because conmgr.conf does not have it");
        }
    }

    /** While it waits to be overruled, a component sees the file's values already, and other keys as they are. */
    @Test
    void whatIsOverruledIsNeverDelivered() throws Exception {
        write("port=6000\nbackend_host0=a\nbackend_hostaddr1=10.0.0.1");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            AtomicReference<Map<String, Object>> listener = new AtomicReference<>(Map.of());
            AtomicReference<Map<String, Object>> instance = new AtomicReference<>(Map.of());
            SynchronousConfigurationListener atOnce = event -> {
                if (event.getPid().equals("org.conmgr.listener")) {
                    listener.compareAndSet(Map.of(), delivered(event.getPid()));
                } else if (event.getPid().equals("org.conmgr.instance~1")) {
                    instance.compareAndSet(Map.of(), delivered(event.getPid()));
                }
            };
            framework.register(SynchronousConfigurationListener.class, atOnce, Map.of());
            update("org.conmgr.listener", Map.of("Port", "5000", "listen_addresses", "*"));
            admin.getFactoryConfiguration("org.conmgr.instance", "1", "?")
                    .update(FrameworkUtil.asDictionary(Map.of("backend_host", "x")));
            assertThat(listener.get())
                    .containsEntry("port", "6000")
                    .containsEntry("listen_addresses", "*")
                    .doesNotContainKey("Port");
            assertThat(instance.get())
                    .containsEntry("backend_hostaddr", "10.0.0.1")
                    .doesNotContainKey("backend_host");
            assertThat(reload(keeper)).isEmpty();
        }
        assertThat(delivered("org.conmgr.listener")).containsEntry("port", "6000");
    }

    @Test
    void whatConfigAdminCouldNotStoreIsTriedAgain() throws Exception {
        write("port=6000\nbackend_host0=a");
        ConfigurationAdmin failing = failing(new IOException("disk full"), 3);
        try (ConfKeeper keeper = keeper(failing)) {
            Await.until("the gate is open", gate::isOpen);
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            assertThat(log.texts(Message.CONF_NOT_WRITTEN))
                    .containsExactly("could not put " + file + " into force: java.io.IOException: disk full");
            assertThat(reload(keeper)).isEmpty();
        }
    }

    @Test
    void aConfigurationDeletedWhileItIsWrittenIsWrittenAgain() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper(failing(new IllegalStateException("deleted"), 2))) {
            Await.until("the gate is open", gate::isOpen);
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            assertThat(reload(keeper)).isEmpty();
            assertThat(told()).noneMatch(message -> message.startsWith("ERROR"));
        }
    }

    @Test
    void whatIsInForceOutlivesTheKeeper() throws Exception {
        write("port=6000\nbackend_host0=a");
        ConfKeeper first = keeper();
        Await.until("the gate is open", gate::isOpen);
        first.close();
        first.close();
        assertThat(first.reload().toCompletableFuture())
                .isCompletedWithValue(Reload.Outcome.withErrors("conmgr.conf: conmgr is stopping"));
        assertThat(gate.isOpen()).isTrue();
        assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");

        Files.delete(file);
        try (ConfKeeper second = keeper()) {
            assertThat(reload(second)).isEmpty();
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
            write("port=7000\nbackend_host0=a");
            assertThat(reload(second)).isEmpty();
            assertThat(value("org.conmgr.listener", "port")).isEqualTo("7000");
        }
    }

    @Test
    void aBadFileThatIsRemovedLeavesTheCfgFilesAsTheTruth() throws Exception {
        write("port=0");
        update("org.conmgr.heartbeat", Map.of("heartbeat_interval", "3", Enforcer.MARK, ""));
        try (ConfKeeper keeper = keeper()) {
            Await.until("it is told", () -> !log.messages(Message.CANNOT_START).isEmpty());
            Files.delete(file);
            Await.until("the gate is open", gate::isOpen);
            assertThat(reload(keeper)).isEmpty();
            assertThat(pids()).containsExactly("org.conmgr.config");
        }
    }

    /** The bundle itself. A component that waits for the gate starts once, with what the file says. */
    @Test
    void componentsStartOnceWithWhatTheFileSays() throws Exception {
        framework.register(MessageLog.class, log, Map.of());
        write("port=6000\nbackend_host0=a");
        update("org.conmgr.listener", Map.of("port", "1111"));
        GatedBundle.start(framework.context());
        assertThat(log.messages()).isEmpty();
        CountDownLatch late = new CountDownLatch(1);
        ConfigurationListener slow = event -> {
            if (event.getPid().equals("org.conmgr.heartbeat")) {
                awaitQuietly(late);
            }
        };
        framework.register(ConfigurationListener.class, slow, Map.of());

        Bundle config = framework.install(ConfKeeper.class);
        Await.until("it is written", () -> value("org.conmgr.listener", "port").equals("6000"));
        assertThat(reload(framework.service(Reload.class))).isEmpty();
        assertThat(gate.isOpen()).as("while nobody has heard of the port").isFalse();
        late.countDown();
        Await.until(
                "the component is started", () -> !log.texts(Message.LISTENING).isEmpty());
        assertThat(reload(framework.service(Reload.class))).isEmpty();
        assertThat(log.texts(Message.LISTENING)).containsExactly("listening for applications on 6000");

        config.stop();
        config.start();
        assertThat(reload(framework.service(Reload.class))).isEmpty();
        assertThat(log.texts(Message.LISTENING)).hasSize(1);
        write("port=7000\nbackend_host0=a");
        Await.until("the component is started with the new port", () -> log.texts(Message.LISTENING)
                .equals(List.of("listening for applications on 6000", "listening for applications on 7000")));
    }

    /** What Declarative Services is given. */
    private Map<String, Object> delivered(String pid) {
        try {
            Dictionary<String, Object> properties = find(pid).getProcessedProperties(null);
            Map<String, Object> values = new HashMap<>();
            Collections.list(properties.keys()).forEach(key -> values.put(key, properties.get(key)));
            return values;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(4, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A Config Admin that fails so many times to give a configuration. */
    private ConfigurationAdmin failing(Exception failure, int times) {
        AtomicInteger failures = new AtomicInteger(times);
        return (ConfigurationAdmin) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ConfigurationAdmin.class}, (proxy, method, values) -> {
                    if (method.getName().equals("getConfiguration") && failures.getAndDecrement() > 0) {
                        throw failure;
                    }
                    try {
                        return method.invoke(admin, values);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private ConfKeeper keeper() {
        return keeper(admin);
    }

    private ConfKeeper keeper(ConfigurationAdmin with) {
        return keeper(with, OptionalLong.empty());
    }

    private ConfKeeper keeper(ConfigurationAdmin with, OptionalLong maxFiles) {
        return new ConfKeeper(
                file,
                Platform.LINUX,
                new Enforcer(with, log, Platform.LINUX, false),
                framework.context(),
                log,
                maxFiles,
                Duration.ofMillis(100));
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text);
    }

    private static List<String> reload(Reload keeper) throws Exception {
        return outcome(keeper).errors();
    }

    private static Reload.Outcome outcome(Reload keeper) throws Exception {
        return keeper.reload().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private List<String> told() {
        return log.messages().stream()
                .map(message -> message.message().severity() + " " + message.text())
                .toList();
    }

    private void update(String pid, Map<String, String> values) throws IOException {
        admin.getConfiguration(pid, "?").update(FrameworkUtil.asDictionary(values));
    }

    private Configuration find(String pid) throws Exception {
        return all().stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no configuration " + pid));
    }

    private List<Configuration> all() throws Exception {
        return List.of(Objects.requireNonNullElse(admin.listConfigurations(null), new Configuration[0]));
    }

    private List<String> pids() throws Exception {
        while (true) {
            try {
                return all().stream().map(Configuration::getPid).sorted().toList();
            } catch (IllegalStateException deleted) {
                // One of the list has been deleted since it was taken, and does not tell its PID any more: a new list
                // is without it.
                assertThat(deleted).hasMessageContaining("deleted");
            }
        }
    }

    private String value(String pid, String key) throws Exception {
        Dictionary<String, Object> properties = all().stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .map(Configuration::getProperties)
                .orElse(FrameworkUtil.asDictionary(Map.of()));
        return String.valueOf(properties.get(key));
    }
}
