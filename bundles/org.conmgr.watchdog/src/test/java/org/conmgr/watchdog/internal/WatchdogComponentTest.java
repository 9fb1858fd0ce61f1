package org.conmgr.watchdog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.log.Message;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an edit of its settings does to a watchdog. */
class WatchdogComponentTest {
    private static final String PID = "org.conmgr.watchdog~main";

    private final RecordingLog log = new RecordingLog();
    private final List<String> shown = new CopyOnWriteArrayList<>();

    /** What the endpoints lived through. */
    private final List<String> endpoints = new CopyOnWriteArrayList<>();

    private final List<WatchdogComponent> made = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        made.forEach(WatchdogComponent::close);
    }

    private static WatchdogConfig config(String... keysAndValues) {
        Map<String, String> settings = new HashMap<>(Map.of("stat_view", "off"));
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return Configs.of(WatchdogConfig.class, settings);
    }

    private WatchdogComponent component(WatchdogConfig config) {
        WatchdogComponent component = new WatchdogComponent(
                PID,
                config,
                (name, addresses, admission, observer) ->
                        new Endpoint(addresses.get(0).getPort()),
                access -> new Silence(),
                access -> new Harmless(),
                (watchdog, access, way) -> {
                    throw new AssertionError("the view is off");
                },
                log,
                view -> {
                    shown.add(view.name());
                    return () -> shown.remove(view.name());
                },
                () -> false);
        made.add(component);
        return component;
    }

    private void awaitEndpoints(String... lives) {
        Await.until("endpoints: " + List.of(lives), () -> endpoints.equals(List.of(lives)));
    }

    @ParameterizedTest
    @CsvSource({
        "check_attr_interval, 0",
        "terminate_on, bogus",
        "url, postgresql://localhost/postgres",
        "port, 0",
        "listen_addresses, no-such-host.invalid"
    })
    void anEditThatDoesNotFitIsToldAndStopsNothing(String key, String value) {
        WatchdogComponent component = component(config("port", "7001"));
        awaitEndpoints("7001 opened");
        component.modified(config("port", "7001", key, value));
        assertThat(log.texts(Message.INVALID_SETTING))
                .singleElement()
                .asString()
                .startsWith(PID + ": " + key + ": " + value);
        assertThat(endpoints).containsExactly("7001 opened");
        assertThat(shown).containsExactly("main");
        component.modified(config("port", "7001", "check_attr_interval", "1s"));
        assertThat(endpoints).as("mended, by what is in force").containsExactly("7001 opened");
        component.modified(config("port", "7002"));
        awaitEndpoints("7001 opened", "7001 closed: RESTART", "7002 opened");
        assertThat(shown).containsExactly("main");
        assertThat(log.messages(Message.WATCHDOG_STOPPED)).hasSize(1);
        assertThat(log.messages(Message.INVALID_SETTING)).hasSize(1);
    }

    @Test
    void oneThatBeginsWithWhatDoesNotFitIsInertUntilItIsMended() {
        WatchdogComponent component = component(config("port", "70000"));
        assertThat(shown).isEmpty();
        assertThat(log.messages(Message.INVALID_SETTING)).singleElement().satisfies(message -> assertThat(
                        message.paragraphs())
                .contains("HINT:  The setting is not applied. What was in force stays in force; if nothing was,"
                        + " nothing is."));
        component.modified(config("port", "7003"));
        awaitEndpoints("7003 opened");
        component.close();
        component.close();
        assertThat(endpoints).containsExactly("7003 opened", "7003 closed: RESTART");
        assertThat(shown).isEmpty();
    }

    private final class Endpoint implements HeartbeatAcceptor.Endpoint {
        private final int port;

        Endpoint(int port) {
            this.port = port;
            endpoints.add(port + " opened");
        }

        @Override
        public List<InetSocketAddress> addresses() {
            return List.of(new InetSocketAddress(port));
        }

        @Override
        public void publish(Identity identity, Attributes attributes, String why) {}

        @Override
        public void progress(Progress progress) {}

        @Override
        public void limit(int maxLinks) {}

        @Override
        public List<LinkStatus> links() {
            return List.of();
        }

        @Override
        public boolean beats(InetAddress host) {
            return false;
        }

        @Override
        public void close(Departure departure) {
            endpoints.add(port + " closed: " + departure);
        }
    }

    /** Never reaches its instance. */
    private static final class Silence implements AttributeChecker.Connection {
        @Override
        public Observation check() {
            return new Observation.Lost(InstanceState.UNREACHABLE, "silent", false);
        }

        @Override
        public void idle(Duration interval) {
            LockSupport.parkNanos(interval.toNanos());
        }

        @Override
        public String knock() {
            return "";
        }

        @Override
        public void close() {}
    }

    private static final class Harmless implements Terminator.Connection {
        @Override
        public void connect() {}

        @Override
        public Terminated terminate(Termination termination) {
            return new Terminated(0, 0);
        }

        @Override
        public void close() {}
    }
}
