package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.config.PidFile;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.ListenerView;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;

class PidFileKeeperTest {
    private final Path directory;

    PidFileKeeperTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private final RecordingLog log = new RecordingLog();

    private int port() throws Exception {
        PidFile file = PidFile.read(directory).orElseThrow();
        assertThat(file.process()).contains(ProcessHandle.current());
        return file.port();
    }

    @Test
    void theFileFollowsThePortAndTheEndOfTheFramework() throws Exception {
        OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
        PidFileKeeper first = new PidFileKeeper(framework.context(), directory, log, Optional.empty(), "6000");
        assertThat(port()).isEqualTo(6000);
        first.close();
        assertThat(port()).isEqualTo(6000);
        new PidFileKeeper(framework.context(), directory, log, Optional.empty(), "x");
        assertThat(port()).isEqualTo(PidFile.STARTING);
        new PidFileKeeper(framework.context(), directory, log, Optional.empty(), "6001");
        framework.close();
        assertThat(port()).isEqualTo(PidFile.STOPPING);
        assertThat(log.messages(Message.PID_FILE_NOT_WRITTEN)).isEmpty();
    }

    @Test
    void aPortThatCannotBeChangesNothing() throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
                PidFileKeeper keeper =
                        new PidFileKeeper(framework.context(), directory, log, Optional.empty(), "6000")) {
            keeper.modified(config("x"));
            assertThat(port()).isEqualTo(6000);
            keeper.modified(config("6001"));
            assertThat(port()).isEqualTo(6001);
        }
    }

    @Test
    void whileThePortIsTakenTheFileNamesTheOneBefore() throws Exception {
        Sockets sockets = new Sockets("127.0.0.1:6000");
        try (OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
                PidFileKeeper keeper =
                        new PidFileKeeper(framework.context(), directory, log, Optional.of(sockets), "6000")) {
            keeper.modified(config("7000"));
            assertThat(port()).isEqualTo(6000);
            new PidFileKeeper(framework.context(), directory, log, Optional.of(sockets), "7000").close();
            assertThat(port()).as("after an update of the bundle").isEqualTo(6000);
            sockets.listening = List.of("127.0.0.1:7000");
            Await.passes("it is found out", () -> assertThat(port()).isEqualTo(7000));

            keeper.modified(config("8000"));
            sockets.listening = List.of("127.0.0.1:8000");
            keeper.configurationEvent(event(framework, "org.conmgr.listener"));
            keeper.configurationEvent(event(framework, Enforcer.SIGNAL_PID));
            assertThat(port()).as("a reload is answered after that").isEqualTo(8000);
        }
    }

    @Test
    void theListenerMayComeLateAndGoEarly() throws Exception {
        OsgiFramework framework = OsgiFramework.start(
                directory.resolve("framework"),
                Map.of("conmgr.directory", directory.toString()),
                MessageLog.class,
                ListenerView.class);
        framework.register(MessageLog.class, log, Map.of());
        framework.install(PidFileKeeper.class);
        Await.until("the settings are known", () -> PidFile.read(directory).isPresent());
        assertThat(port()).isEqualTo(27546);
        framework.register(ListenerView.class, new Sockets("127.0.0.1:6000"), Map.of());
        Await.passes("the listener has come", () -> assertThat(port()).isEqualTo(6000));
        framework.close();
        assertThat(port()).isEqualTo(PidFile.STOPPING);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            delimiter = '|',
            value = {
                "nowhere                                 | -                                     | 7000",
                "where it should                         | *:7000                                | 7000",
                "there too, and where it was             | 127.0.0.1:6000 127.0.0.1:7000         | 7000",
                "still where it was                      | *:6000                                | 6000",
                "by IPv6                                 | [::1]:6000                            | 6000",
                "where it should, but by IPv6 alone | 127.0.0.1:6000 [::1]:6000 [::1]:7000 | 6000",
                "where it should, but not for this host  | 127.0.0.1:6000 192.0.2.1:6000 192.0.2.1:7000 | 6000",
                "not for this host                       | 192.0.2.1:6000 192.0.2.1:7000         | 7000",
                "not for this host, still where it was   | [2001:db8::1]:6000                    | 6000",
                "at several ports of earlier settings    | 127.0.0.1:9 127.0.0.1:6000            | 9",
            })
    void theFileNamesAPortWhereItListens(String where, @Nullable String addresses, int port) {
        assertThat(PidFileKeeper.port(7000, addresses == null ? List.of() : List.of(addresses.split(" "))))
                .as(where)
                .isEqualTo(port);
    }

    /** Listens where it is told. */
    private static final class Sockets implements ListenerView {
        private volatile List<String> listening;

        Sockets(String address) {
            listening = List.of(address);
        }

        @Override
        public ListenerStatus status() {
            return new ListenerStatus(listening, 0, 0, 0, 0, 0, 0);
        }

        @Override
        public List<String> missing() {
            return List.of();
        }

        @Override
        public Duration authenticationTimeout() {
            return Duration.ofSeconds(60);
        }
    }

    private static ConfigurationEvent event(OsgiFramework framework, String pid) {
        ServiceReference<ConfigurationAdmin> admin =
                framework.find(ConfigurationAdmin.class).iterator().next();
        return new ConfigurationEvent(admin, ConfigurationEvent.CM_UPDATED, null, pid);
    }

    private static PidFileKeeper.Config config(String port) {
        return Configs.of(PidFileKeeper.Config.class, Map.of("port", port));
    }

    @Test
    void whatCannotBeWrittenIsTold() throws Exception {
        try (OsgiFramework framework = OsgiFramework.start(directory.resolve("framework"), Map.of())) {
            Path none = Files.createFile(directory.resolve("file"));
            new PidFileKeeper(framework.context(), none, log, Optional.empty(), "6000").close();
        }
        assertThat(log.messages(Message.PID_FILE_NOT_WRITTEN)).hasSize(1);
    }
}
