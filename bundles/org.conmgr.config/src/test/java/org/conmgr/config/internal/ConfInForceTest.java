package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Reload;
import org.conmgr.config.Platform;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.cm.SynchronousConfigurationListener;

/** What is in force, and those that write otherwise or cannot be written to. */
class ConfInForceTest extends KeptConf {
    ConfInForceTest(@TempDir Path directory) {
        super(directory);
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
            assertThat(told())
                    .containsExactly(
                            "ERROR could not put " + file + " into force: java.io.IOException: disk full",
                            "LOG " + file + " applied: 1 instance");
            assertThat(reload(keeper)).isEmpty();
        }
    }

    @Test
    void aReloadThatCouldNotBeStoredSaysSo() throws Exception {
        write("port=6000\nbackend_host0=a");
        Failing failing = new Failing(new IOException("disk full"), 0);
        try (ConfKeeper keeper = keeper(failing.admin())) {
            Await.until("the gate is open", gate::isOpen);
            failing.left.set(Integer.MAX_VALUE);
            write("port=7000\nbackend_host0=a");
            Reload.Outcome outcome = outcome(keeper);
            assertThat(outcome.errors())
                    .containsExactly("conmgr.conf: could not be put into force, and is tried again:"
                            + " java.io.IOException: disk full");
            assertThat(outcome.changes()).isEmpty();
            String applied = file + " applied: port: 6000 -> 7000";
            assertThat(log.texts(Message.CONF_APPLIED)).doesNotContain(applied);
            failing.left.set(0);
            Await.until(
                    "it is in force", () -> value("org.conmgr.listener", "port").equals("7000"));
            Await.until("it is told", () -> log.texts(Message.CONF_APPLIED).contains(applied));
            assertThat(reload(keeper)).isEmpty();
        }
    }

    /** So what it answers can tell what became of it. */
    @Test
    void aReloadIsAnsweredWhenItHasBeenHeardOf() throws Exception {
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = new ConfKeeper(
                file,
                Platform.LINUX,
                new Enforcer(admin, log, Platform.LINUX, false),
                framework.context(),
                log,
                OptionalLong.empty(),
                Duration.ofSeconds(10))) {
            Await.until("the gate is open", gate::isOpen);
            List<String> heard = new CopyOnWriteArrayList<>();
            ConfigurationListener slow = event -> {
                heard.add(event.getPid());
                if (event.getPid().equals("org.conmgr.listener")) {
                    awaitQuietly(new CountDownLatch(1), 100);
                    heard.add(value(event.getPid()));
                }
            };
            framework.register(ConfigurationListener.class, slow, Map.of());
            write("port=7000\nbackend_host0=a");
            Reload.Outcome outcome = outcome(keeper);
            assertThat(outcome.errors()).isEmpty();
            assertThat(heard).contains("org.conmgr.listener", "7000");
        }
    }

    private String value(String pid) {
        return String.valueOf(delivered(pid).get("port"));
    }

    @Test
    void aReloadThatCouldNotTakeBackWhatWasWrittenSaysSo() throws Exception {
        update("org.conmgr.heartbeat", Map.of("heartbeat_interval", "3", Enforcer.MARK, ""));
        Failing failing = new Failing(new IOException("disk full"), Integer.MAX_VALUE);
        try (ConfKeeper keeper = keeper(failing.admin())) {
            assertThat(reload(keeper)).singleElement().asString().contains("disk full");
            failing.left.set(0);
            Await.until("the gate is open", gate::isOpen);
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
                awaitQuietly(late, 4_000);
            }
        };
        framework.register(ConfigurationListener.class, slow, Map.of());

        Bundle config = framework.install(ConfKeeper.class);
        Await.until("all is written", () -> pids().contains(Enforcer.SIGNAL_PID));
        assertThat(value("org.conmgr.listener", "port")).isEqualTo("6000");
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

    private static void awaitQuietly(CountDownLatch latch, long ms) {
        try {
            latch.await(ms, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ConfigurationAdmin failing(Exception failure, int times) {
        return new Failing(failure, times).admin();
    }

    /** Fails so many times to give a configuration. */
    private final class Failing {
        private final Exception failure;
        private final AtomicInteger left;

        Failing(Exception failure, int times) {
            this.failure = failure;
            left = new AtomicInteger(times);
        }

        ConfigurationAdmin admin() {
            return (ConfigurationAdmin) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {ConfigurationAdmin.class}, (proxy, method, values) -> {
                        boolean gives = method.getName().matches("getConfiguration|listConfigurations");
                        if (gives && left.getAndUpdate(times -> Math.max(0, times - 1)) > 0) {
                            throw failure;
                        }
                        try {
                            return method.invoke(admin, values);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
