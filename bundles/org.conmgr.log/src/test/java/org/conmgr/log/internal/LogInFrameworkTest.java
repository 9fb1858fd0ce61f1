package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.LogStatus;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.log.Severity;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;

/** The bundle in a framework: what settings and sinks that come and go do to the service. */
class LogInFrameworkTest {
    private static final String PID = "org.conmgr.log";

    private final RecordingSink stderr = new RecordingSink("stderr");
    private final RecordingSink syslog = new RecordingSink("syslog");

    @Test
    void theServiceOutlivesEveryChangeOfSettingsAndSinks(@TempDir Path storage) throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class, Logger.class)) {
            framework.install(AsyncMessageLog.class);
            MessageLog log = framework.service(MessageLog.class);
            LogStatus status = framework.service(LogStatus.class);
            List<Integer> events = new CopyOnWriteArrayList<>();
            framework
                    .context()
                    .addServiceListener(
                            event -> events.add(event.getType()), "(objectClass=" + MessageLog.class.getName() + ")");

            ServiceRegistration<LogSink> sink = framework.register(LogSink.class, stderr, Map.of());
            framework.configure(PID, Map.of("log_min_messages", "PANIC"));
            Await.until("the settings are in force", () -> status.leastSeverity() == Severity.PANIC);
            framework.configure(PID, Map.of("log_destination", "syslog", "log_min_messages", "DEBUG"));
            Await.until("the next settings are in force", () -> status.leastSeverity() == Severity.DEBUG);
            framework.register(LogSink.class, syslog, Map.of());
            log.log(Message.INVALID_FIRST_PACKET, "a", "b");
            Await.until("it is written", () -> syslog.headlines().contains("CM4004: closed a connection from a: b"));
            sink.unregister();
            framework.unconfigure(PID);
            Await.until("the defaults are in force", () -> status.leastSeverity() == Severity.WARNING);
            framework.register(LogSink.class, stderr, Map.of());
            log.log(Message.LISTENING, "c");
            Await.until("it is written", () -> stderr.headlines()
                    .equals(List.of("CM4001: listening for applications on c")));

            assertThat(events).isEmpty();
            assertThat(framework.service(MessageLog.class)).isSameAs(log);
            assertThat(syslog.headlines()).doesNotContain("CM4001: listening for applications on c");
        }
    }

    @Test
    void aBadSettingIsToldOnceWithItsPid(@TempDir Path storage) throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class, Logger.class)) {
            framework.install(AsyncMessageLog.class);
            framework.register(LogSink.class, stderr, Map.of());
            framework.configure(PID, Map.of("log_min_messages", "LOUD"));

            Await.until("it is told", () -> !stderr.headlines().isEmpty());
            framework.service(MessageLog.class).log(Message.LISTENING, "c");
            Await.until("the log goes on", () -> stderr.headlines().size() == 2);
            assertThat(stderr.headlines())
                    .first()
                    .asString()
                    .startsWith("CM1001: org.conmgr.log: log_min_messages: LOUD (expected: ");
        }
    }

    @Test
    void worksWithoutSlf4j(@TempDir Path storage) {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class)) {
            framework.install(AsyncMessageLog.class);
            framework.register(LogSink.class, stderr, Map.of());
            framework.service(MessageLog.class).log(Message.LISTENING, "c");

            Await.until("it is written", () -> stderr.headlines().size() == 1);
            assertThat(framework.service(LogStatus.class).destinations())
                    .extracting(LogStatus.Destination::name)
                    .containsExactly("stderr");
        }
    }

    @Test
    void isBridgedWithSlf4j(@TempDir Path storage) {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class, Logger.class)) {
            framework.install(AsyncMessageLog.class);
            framework.service(MessageLog.class).log(Message.LISTENING, "c");

            Await.until("the bridge has written it", () -> framework.service(LogStatus.class).destinations().stream()
                    .anyMatch(destination -> destination.name().equals("karaf") && destination.written() == 1));
        }
    }

    @Test
    void whatWaitsIsWrittenWhenTheBundleStops(@TempDir Path storage) throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(storage, MessageLog.class, Logger.class)) {
            Bundle bundle = framework.install(AsyncMessageLog.class);
            framework.register(LogSink.class, stderr, Map.of());
            List<Integer> events = new ArrayList<>();
            framework
                    .context()
                    .addServiceListener(
                            event -> events.add(event.getType()), "(objectClass=" + MessageLog.class.getName() + ")");
            MessageLog log = framework.service(MessageLog.class);
            stderr.stop();
            for (int number = 0; number < 100; number++) {
                log.log(Message.LISTENING, number);
            }
            stderr.goOn();

            bundle.stop();

            assertThat(stderr.headlines()).hasSize(100);
            assertThat(events).containsExactly(ServiceEvent.UNREGISTERING);
        }
    }
}
