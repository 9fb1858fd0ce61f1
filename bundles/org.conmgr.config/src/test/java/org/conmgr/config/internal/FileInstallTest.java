package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.Reload;
import org.conmgr.listener.ListenerView;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** The bundle beside the File Install that Karaf has, over a real {@code etc}. */
class FileInstallTest {
    private final RecordingLog log = new RecordingLog();
    private final Path directory;
    private final Path etc;

    FileInstallTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        etc = Files.createDirectory(directory.resolve("etc"));
    }

    @Test
    void aCfgIsOverruledAgainAfterEachEditAndNeverWritten() throws Exception {
        conf("port=6000\nbackend_host0=a");
        Path cfg = etc("org.conmgr.listener.cfg", "# mine\nport = 5000\nmax_connections = 0\nlisten_addresses = ::1\n");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until(
                    "both files are merged",
                    () -> value(admin, "org.conmgr.listener", "listen_addresses")
                                    .equals("::1")
                            && port(admin).equals("6000"));
            Await.until("it is told", () -> log.texts(Message.SETTING_OVERRULED)
                    .contains("etc/org.conmgr.listener.cfg: port = 5000 is overruled by conmgr.conf: 6000"));

            String edited = "# mine\nport = 7000\nlisten_addresses = ::2\n";
            etc("org.conmgr.listener.cfg", edited);
            Await.until(
                    "the edit is merged",
                    () -> value(admin, "org.conmgr.listener", "listen_addresses")
                                    .equals("::2")
                            && port(admin).equals("6000"));
            Await.until("it is told", () -> log.texts(Message.SETTING_OVERRULED)
                    .contains("etc/org.conmgr.listener.cfg: port = 7000 is overruled by conmgr.conf: 6000"));
            reload(framework);
            assertThat(cfg).hasContent(edited);

            Files.delete(cfg);
            Await.until(
                    "the other keys are gone with the file",
                    () -> value(admin, "org.conmgr.listener", "listen_addresses")
                                    .equals("null")
                            && port(admin).equals("6000"));
            reload(framework);
            assertThat(cfg).doesNotExist();
        }
    }

    /**
     * Where File Install saves configurations to their files, as Karaf has it by default. It truncates a file that it
     * saves, and when it reads it just then it finds nothing and saves that: what becomes of the file's own lines is
     * not asserted. It is why the distribution has saving switched off.
     */
    @Test
    void whereFileInstallSavesACfgIsNotGivenTheValuesOfConmgrConf() throws Exception {
        conf("port=6000\nbackend_host0=a");
        Path cfg = etc("org.conmgr.listener.cfg", "port = 5000\n");
        try (OsgiFramework framework = start(true)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("it is overruled", () -> port(admin).equals("6000"));
            conf("port=6001\nbackend_host0=a");
            reload(framework);
            Await.until("the edit is in force", () -> port(admin).equals("6001"));
        }
        assertThat(cfg).content().doesNotContain("6000", "6001", "max_connections", Enforcer.MARK);
    }

    @Test
    void anInstanceOfACfgIsNotUsedAndItsFileStays() throws Exception {
        conf("backend_host0=a");
        Path cfg = etc("org.conmgr.instance-7.cfg", "backend_host = x\n");
        etc("org.conmgr.instance-0.cfg", "backend_host = a\nbackend_port = 5432\n");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until(
                    "it is told",
                    () -> log.texts(Message.INSTANCE_OVERRULED)
                            .contains(
                                    "etc/org.conmgr.instance-7.cfg: instance 7 is not used, because conmgr.conf does not have it"));
            reload(framework);
            assertThat(find(admin, "org.conmgr.instance~7")).isNull();
            assertThat(value(admin, "org.conmgr.instance~0", "backend_port")).isEqualTo("27500");
            assertThat(log.texts(Message.SETTING_OVERRULED))
                    .contains("etc/org.conmgr.instance-0.cfg: backend_port = 5432 is overruled by conmgr.conf: 27500");
            assertThat(cfg).exists();
        }
    }

    @Test
    void whereFileInstallSavesAnInstanceIsLeftInUseRatherThanItsFileDeleted() throws Exception {
        conf("backend_host0=a");
        Path cfg = etc("org.conmgr.instance-7.cfg", "backend_host = x\n");
        try (OsgiFramework framework = start(true)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("it is told", () -> !log.messages(Message.INSTANCE_NOT_OVERRULED)
                    .isEmpty());
            reload(framework);
            assertThat(find(admin, "org.conmgr.instance~7")).isNotNull();
            assertThat(cfg).exists();
        }
    }

    @Test
    void theFileNameWithATildeIsNoInstance() throws Exception {
        conf("backend_host0=a");
        etc("org.conmgr.instance~0.cfg", "backend_host = x\n");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("conmgr.conf is in force", () -> value(admin, "org.conmgr.instance~0", "backend_host")
                    .equals("a"));
            reload(framework);
            assertThat(Objects.requireNonNull(find(admin, "org.conmgr.instance~0"))
                            .getFactoryPid())
                    .isEqualTo("org.conmgr.instance");
        }
    }

    @Test
    void withoutAConmgrConfTheCfgFilesAreTheTruth() throws Exception {
        etc("org.conmgr.listener.cfg", "port = 5000\n");
        etc("org.conmgr.instance-3.cfg", "backend_host = x\n");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("the gate is open", new Gate(framework.context())::isOpen);
            assertThat(port(admin)).isEqualTo("5000");
            assertThat(value(admin, "org.conmgr.instance~3", "backend_host")).isEqualTo("x");
            etc("org.conmgr.listener.cfg", "port = 5001\n");
            Await.until("the edit is in force", () -> port(admin).equals("5001"));
            reload(framework);
            assertThat(port(admin)).isEqualTo("5001");
            assertThat(log.messages()).isEmpty();
        }
    }

    /** Start, stop and start again over what Config Admin has kept of the first process. */
    @Test
    void restartsWithAnotherConfAndThenWithNone() throws Exception {
        conf("port=6000\nbackend_host0=a\nbackend_host1=b");
        etc("org.conmgr.listener.cfg", "port = 27546\nlisten_addresses = ::1\n");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("the gate is open", new Gate(framework.context())::isOpen);
            assertThat(port(admin)).isEqualTo("6000");
        }
        conf("port=6001\nbackend_host1=b\nbackend_host2=c");
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("the gate is open", new Gate(framework.context())::isOpen);
            assertThat(port(admin)).isEqualTo("6001");
            assertThat(value(admin, "org.conmgr.listener", "listen_addresses")).isEqualTo("::1");
            assertThat(find(admin, "org.conmgr.instance~0")).isNull();
            assertThat(find(admin, "org.conmgr.instance~2")).isNotNull();
        }
        assertThat(log.messages(Message.SETTING_OVERRULED)).isEmpty();
        assertThat(log.messages(Message.INSTANCE_OVERRULED)).isEmpty();
        Files.delete(directory.resolve("conmgr.conf"));
        try (OsgiFramework framework = start(false)) {
            ConfigurationAdmin admin = framework.service(ConfigurationAdmin.class);
            Await.until("the gate is open", new Gate(framework.context())::isOpen);
            assertThat(port(admin)).isEqualTo("27546");
            assertThat(find(admin, "org.conmgr.instance~1")).isNull();
            assertThat(find(admin, "org.conmgr.heartbeat")).isNull();
        }
    }

    private OsgiFramework start(boolean saving) {
        Map<String, String> properties = new HashMap<>();
        properties.put("conmgr.directory", directory.toString());
        properties.put("felix.cm.dir", directory.resolve("config").toString());
        properties.put("felix.fileinstall.dir", etc.toString());
        properties.put("felix.fileinstall.tmpdir", directory.resolve("tmp").toString());
        properties.put("felix.fileinstall.filter", ".*\\.cfg");
        properties.put("felix.fileinstall.poll", "100");
        properties.put("felix.fileinstall.noInitialDelay", "true");
        properties.put("felix.fileinstall.log.level", "1");
        properties.put("felix.fileinstall.enableConfigSave", Boolean.toString(saving));
        OsgiFramework framework =
                OsgiFramework.start(directory.resolve("framework"), properties, MessageLog.class, ListenerView.class);
        framework.register(MessageLog.class, log, Map.of());
        framework.install(ArtifactInstaller.class);
        framework.install(ConfKeeper.class);
        return framework;
    }

    private void conf(String text) throws IOException {
        Files.writeString(directory.resolve("conmgr.conf"), text);
    }

    /** Written beside and renamed: File Install must not see half of it. */
    private Path etc(String name, String text) throws IOException {
        Path whole = Files.writeString(directory.resolve(name), text);
        return Files.move(
                whole, etc.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Everything that was waiting before has been done when this returns. */
    private static void reload(OsgiFramework framework) throws Exception {
        assertThat(framework
                        .service(Reload.class)
                        .reload()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS)
                        .errors())
                .isEmpty();
    }

    private static String port(ConfigurationAdmin admin) throws Exception {
        return value(admin, "org.conmgr.listener", "port");
    }

    private static String value(ConfigurationAdmin admin, String pid, String key) throws Exception {
        try {
            Configuration configuration = find(admin, pid);
            Dictionary<String, Object> properties = configuration == null ? null : configuration.getProperties();
            return properties == null ? "null" : String.valueOf(properties.get(key));
        } catch (IllegalStateException e) {
            return "null"; // Deleted since it was listed.
        }
    }

    private static @Nullable Configuration find(ConfigurationAdmin admin, String pid) throws Exception {
        return List.of(Objects.requireNonNullElse(admin.listConfigurations(null), new Configuration[0])).stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .orElse(null);
    }
}
