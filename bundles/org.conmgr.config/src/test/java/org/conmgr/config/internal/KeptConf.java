package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Reload;
import org.conmgr.config.Platform;
import org.conmgr.listener.ListenerView;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** For tests of a conmgr.conf: a real file, the Config Admin and the Declarative Services that Karaf has. */
abstract class KeptConf {
    final RecordingLog log = new RecordingLog();
    final Path file;
    final OsgiFramework framework;
    final ConfigurationAdmin admin;
    final Gate gate;

    KeptConf(@TempDir Path directory) {
        file = directory.resolve("conmgr.conf");
        framework = OsgiFramework.start(
                directory.resolve("framework"),
                Map.of("conmgr.directory", directory.toString()),
                MessageLog.class,
                ListenerView.class);
        admin = framework.service(ConfigurationAdmin.class);
        gate = new Gate(framework.context());
    }

    @AfterEach
    void stop() {
        framework.close();
    }

    ConfKeeper keeper() {
        return keeper(admin);
    }

    ConfKeeper keeper(ConfigurationAdmin with) {
        return keeper(with, OptionalLong.empty());
    }

    ConfKeeper keeper(ConfigurationAdmin with, OptionalLong maxFiles) {
        return new ConfKeeper(
                file,
                Platform.LINUX,
                new Enforcer(with, log, Platform.LINUX, false),
                framework.context(),
                log,
                maxFiles,
                Duration.ofMillis(100));
    }

    void write(String text) throws IOException {
        Files.writeString(file, text);
    }

    static List<String> reload(Reload keeper) throws Exception {
        return outcome(keeper).errors();
    }

    static Reload.Outcome outcome(Reload keeper) throws Exception {
        return keeper.reload().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    List<String> told() {
        return log.messages().stream()
                .map(message -> message.message().severity() + " " + message.text())
                .toList();
    }

    void update(String pid, Map<String, String> values) throws IOException {
        admin.getConfiguration(pid, "?").update(FrameworkUtil.asDictionary(values));
    }

    Configuration find(String pid) throws Exception {
        return all().stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no configuration " + pid));
    }

    List<Configuration> all() throws Exception {
        return List.of(Objects.requireNonNullElse(admin.listConfigurations(null), new Configuration[0]));
    }

    List<String> pids() throws Exception {
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

    String value(String pid, String key) throws Exception {
        Dictionary<String, Object> properties = all().stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .map(Configuration::getProperties)
                .orElse(FrameworkUtil.asDictionary(Map.of()));
        return String.valueOf(properties.get(key));
    }
}
