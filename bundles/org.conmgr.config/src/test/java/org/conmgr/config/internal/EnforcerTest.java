package org.conmgr.config.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.conmgr.api.log.Message;
import org.conmgr.config.Conf;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Platform;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.Configuration.ConfigurationAttribute;
import org.osgi.service.cm.ConfigurationAdmin;

/** Against the Config Admin that Karaf has. What File Install does to it is done by hand here. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnforcerTest {
    private static final String FILE = "felix.fileinstall.filename";

    private final OsgiFramework framework;
    private final ConfigurationAdmin admin;

    private RecordingLog log;
    private Enforcer enforcer;
    private Path etc;

    EnforcerTest(@TempDir Path storage) {
        framework = OsgiFramework.start(storage);
        admin = framework.service(ConfigurationAdmin.class);
    }

    @BeforeEach
    void create(@TempDir Path directory) throws IOException {
        etc = Files.createDirectory(directory.resolve("etc"));
        log = new RecordingLog();
        enforcer = new Enforcer(admin, log, Platform.LINUX, false);
    }

    @AfterAll
    void stop() {
        framework.close();
    }

    @AfterEach
    void deleteAll() throws Exception {
        for (Configuration configuration : all()) {
            configuration.removeAttributes(ConfigurationAttribute.READ_ONLY);
            configuration.delete();
        }
    }

    @Test
    void writesEveryPid() throws Exception {
        enforcer.enforce(conf("port=5000\nbackend_host0=a\nbackend_hostaddr3=10.0.0.3\nbackend_port3=5432"));
        assertThat(pids())
                .containsExactly(
                        "org.conmgr.heartbeat",
                        "org.conmgr.instance~0",
                        "org.conmgr.instance~3",
                        "org.conmgr.listener",
                        "org.conmgr.log",
                        "org.conmgr.log.eventlog",
                        "org.conmgr.log.syslog");
        assertThat(values("org.conmgr.listener")).isEqualTo(Map.of("port", "5000", "max_connections", "0"));
        assertThat(values("org.conmgr.instance~3"))
                .isEqualTo(Map.of("backend_hostaddr", "10.0.0.3", "backend_port", "5432", "watchdog_port", "27545"));
        assertThat(find("org.conmgr.instance~3").getFactoryPid()).isEqualTo("org.conmgr.instance");
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void writesNothingTwice() throws Exception {
        enforcer.enforce(conf("backend_host0=a"));
        Map<String, Long> counts = changeCounts();
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(changeCounts()).isEqualTo(counts);
        enforcer.enforce(conf("backend_host0=a\nheartbeat_interval=5"));
        assertThat(changeCounts()).hasSameSizeAs(counts).allSatisfy((pid, count) -> assertThat(count)
                .as(pid)
                .isEqualTo(Objects.requireNonNull(counts.get(pid)) + (pid.equals("org.conmgr.heartbeat") ? 1 : 0)));
    }

    @Test
    void anInstanceThatWentAwayIsDeleted() throws Exception {
        enforcer.enforce(conf("backend_host0=a\nbackend_host1=b"));
        enforcer.enforce(conf("backend_host1=b\nbackend_host2=c"));
        assertThat(pids())
                .contains("org.conmgr.instance~1", "org.conmgr.instance~2")
                .doesNotContain("org.conmgr.instance~0");
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void aHostThatIsTakenOutIsTakenOut() throws Exception {
        enforcer.enforce(conf("backend_host0=a\nbackend_hostaddr0=10.0.0.1"));
        enforcer.enforce(conf("backend_hostaddr0=10.0.0.1"));
        assertThat(values("org.conmgr.instance~0")).doesNotContainKey("backend_host");
    }

    @Test
    void otherPidsAreLeftAlone() throws Exception {
        update("org.conmgr.routing", Map.of("balance", "random"));
        update("org.conmgr.watchdog~main", Map.of("port", "1"));
        Map<String, Long> counts = changeCounts();
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(changeCounts()).containsAllEntriesOf(counts);
    }

    @Test
    void overrulesACfgAndKeepsItsOtherKeys() throws Exception {
        String cfg = cfg("org.conmgr.listener.cfg");
        update(
                "org.conmgr.listener",
                Map.of("port", "5000", "max_connections", "0", "listen_addresses", "*", FILE, cfg));
        enforcer.enforce(conf("backend_host0=a\nport=6000"));
        assertThat(values("org.conmgr.listener"))
                .isEqualTo(Map.of("port", "6000", "max_connections", "0", "listen_addresses", "*"));
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("etc/org.conmgr.listener.cfg: port = 5000 is overruled by conmgr.conf: 6000");

        // The next edit of the file, as File Install puts it: whole, without our mark.
        update("org.conmgr.listener", Map.of("PORT", "7000", "listen_addresses", "::1", FILE, cfg));
        enforcer.enforce(conf("backend_host0=a\nport=6000"));
        assertThat(values("org.conmgr.listener"))
                .isEqualTo(Map.of("port", "6000", "max_connections", "0", "listen_addresses", "::1"));
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .endsWith("etc/org.conmgr.listener.cfg: port = 7000 is overruled by conmgr.conf: 6000")
                .hasSize(2);
    }

    @Test
    void aParameterThatConmgrConfDoesNotSetIsOverruledByItsDefault() throws Exception {
        update("org.conmgr.heartbeat", Map.of("heartbeat_interval", "3", "local_address", "10.0.0.9"));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(values("org.conmgr.heartbeat"))
                .containsEntry("heartbeat_interval", "10")
                .containsEntry("local_address", "10.0.0.9");
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("org.conmgr.heartbeat: heartbeat_interval = 3 is overruled by conmgr.conf: 10");
    }

    @Test
    void whatSaysTheSameOrOnlyTheDefaultIsNotOverruled() throws Exception {
        update("org.conmgr.log", Map.of("log_min_messages", "log", "log_destination", "stderr"));
        update("org.conmgr.heartbeat", Map.of("heartbeat_interval", "5000ms", "heartbeat_timeout", "20"));
        enforcer.enforce(
                conf(
                        "backend_host0=a\nlog_min_messages=LOG\nlog_destination=syslog\nheartbeat_interval=5\nheartbeat_timeout=6"));
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void whatIsNoValueIsOverruledToo() throws Exception {
        update("org.conmgr.log", Map.of("log_min_messages", "loud"));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("org.conmgr.log: log_min_messages = loud is overruled by conmgr.conf: WARNING");
    }

    @Test
    void ownValuesOfAnEarlierConfAreNotACfgs() throws Exception {
        update("org.conmgr.listener", Map.of("port", "27546", FILE, cfg("org.conmgr.listener.cfg")));
        enforcer.enforce(conf("backend_host0=a\nport=5000"));
        new Enforcer(admin, log, Platform.LINUX, false).enforce(conf("backend_host0=a\nport=6000"));
        assertThat(values("org.conmgr.listener")).containsEntry("port", "6000");
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void whatItWritesIsNotAFilesForFileInstall() throws Exception {
        update("org.conmgr.listener", Map.of("port", "5000", FILE, cfg("org.conmgr.listener.cfg")));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(find("org.conmgr.listener").getProperties().get(FILE)).isNull();
    }

    @Test
    void otherKeysGoWithTheirCfg() throws Exception {
        String cfg = cfg("org.conmgr.listener.cfg");
        update("org.conmgr.listener", Map.of("listen_addresses", "*", FILE, cfg));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(values("org.conmgr.listener")).containsKey("listen_addresses");
        Files.delete(etc.resolve("org.conmgr.listener.cfg"));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(values("org.conmgr.listener")).doesNotContainKey("listen_addresses");
    }

    @Test
    void anInstanceOfACfgAloneIsNotUsed() throws Exception {
        factory("7", Map.of("backend_host", "x", FILE, cfg("org.conmgr.instance-7.cfg")));
        factory("0", Map.of("backend_host", "y"));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(pids()).contains("org.conmgr.instance~0").doesNotContain("org.conmgr.instance~7");
        assertThat(log.texts(Message.INSTANCE_OVERRULED))
                .containsExactly(
                        "etc/org.conmgr.instance-7.cfg: instance 7 is not used, because conmgr.conf does not have it");
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("org.conmgr.instance~0: backend_host = y is overruled by conmgr.conf: a");
    }

    @Test
    void anInstanceIsLeftInUseRatherThanItsFileDeleted() throws Exception {
        Enforcer careful = new Enforcer(admin, log, Platform.LINUX, true);
        factory("7", Map.of("backend_host", "x", FILE, cfg("org.conmgr.instance-7.cfg")));
        factory("8", Map.of("backend_host", "x"));
        careful.enforce(conf("backend_host0=a"));
        careful.enforce(conf("backend_host0=a"));
        assertThat(pids()).contains("org.conmgr.instance~7").doesNotContain("org.conmgr.instance~8");
        assertThat(log.texts(Message.INSTANCE_NOT_OVERRULED))
                .containsExactly(
                        "etc/org.conmgr.instance-7.cfg: instance 7 is used, although conmgr.conf does not have it");
    }

    /** File Install makes one of {@code org.conmgr.instance~0.cfg}. */
    @Test
    void aSingletonInTheWayOfAnInstanceIsReplaced() throws Exception {
        update("org.conmgr.instance~0", Map.of("backend_host", "x"));
        assertThat(find("org.conmgr.instance~0").getFactoryPid()).isNull();
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(find("org.conmgr.instance~0").getFactoryPid()).isEqualTo("org.conmgr.instance");
        assertThat(values("org.conmgr.instance~0")).containsEntry("backend_host", "a");
    }

    /** File Install makes the configuration of a file that it may not write read-only. */
    @Test
    void readOnlyConfigurationsAreWrittenAndDeleted() throws Exception {
        update("org.conmgr.listener", Map.of("port", "5000"));
        find("org.conmgr.listener").addAttributes(ConfigurationAttribute.READ_ONLY);
        factory("7", Map.of("backend_host", "x"));
        find("org.conmgr.instance~7").addAttributes(ConfigurationAttribute.READ_ONLY);
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(values("org.conmgr.listener")).containsEntry("port", "27546");
        assertThat(pids()).doesNotContain("org.conmgr.instance~7");
    }

    @Test
    void releaseTakesBackWhatItWroteAndNothingElse() throws Exception {
        update("org.conmgr.routing", Map.of("balance", "random"));
        update("org.conmgr.listener", Map.of("listen_addresses", "*", FILE, cfg("org.conmgr.listener.cfg")));
        enforcer.enforce(conf("backend_host0=a\nport=5000"));
        update("org.conmgr.log", Map.of("log_min_messages", "LOG", FILE, cfg("org.conmgr.log.cfg")));
        factory("5", Map.of("backend_host", "b", FILE, cfg("org.conmgr.instance-5.cfg")));

        enforcer.release();

        assertThat(pids())
                .containsExactly(
                        "org.conmgr.instance~5", "org.conmgr.listener", "org.conmgr.log", "org.conmgr.routing");
        assertThat(values("org.conmgr.listener")).isEqualTo(Map.of("listen_addresses", "*"));
        assertThat(values("org.conmgr.log")).containsEntry("log_min_messages", "LOG");
    }

    /** File Install may read a .cfg at any time. Its values must not go, and it must be asked for them again. */
    @Test
    void whatACfgSaysBetweenReadingAndWritingIsKept() throws Exception {
        String cfg = cfg("org.conmgr.listener.cfg");
        update("org.conmgr.listener", Map.of("port", "5000", "listen_addresses", "*", FILE, cfg));
        List<Map<String, String>> edits = new ArrayList<>(List.of(
                Map.of("port", "7000", "listen_addresses", "::1", FILE, cfg),
                Map.of("port", "8000", "listen_addresses", "::2", FILE, cfg)));
        edited("org.conmgr.listener", edits).enforce(conf("backend_host0=a\nport=6000"));
        assertThat(edits).isEmpty();
        assertThat(values("org.conmgr.listener"))
                .isEqualTo(Map.of("port", "6000", "max_connections", "0", "listen_addresses", "::2"));
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("etc/org.conmgr.listener.cfg: port = 8000 is overruled by conmgr.conf: 6000");
    }

    @Test
    void whatACfgSaysWhileItsInstanceIsRemovedOrReleasedIsKept() throws Exception {
        enforcer.enforce(conf("backend_host0=a\nport=6000"));
        String instance = cfg("org.conmgr.instance-0.cfg");
        edited("org.conmgr.instance~0", new ArrayList<>(List.of(Map.of("backend_host", "x", FILE, instance))), true)
                .enforce(conf("backend_host1=b\nport=6000"));
        assertThat(log.messages(Message.INSTANCE_NOT_OVERRULED)).hasSize(1);
        assertThat(values("org.conmgr.instance~0")).containsEntry("backend_host", "x");

        String listener = cfg("org.conmgr.listener.cfg");
        edited("org.conmgr.listener", new ArrayList<>(List.of(Map.of("port", "7000", FILE, listener))))
                .release();
        assertThat(values("org.conmgr.listener")).isEqualTo(Map.of("port", "7000"));
    }

    @Test
    void whatIsDeletedAsSoonAsItIsWrittenIsToldOfAllTheSame() throws Exception {
        update("org.conmgr.listener", Map.of("port", "5000"));
        ConfigurationAdmin watched = proxy(ConfigurationAdmin.class, admin, (method, result) -> {
            if (!(result instanceof Configuration real)) {
                return result;
            }
            return proxy(Configuration.class, real, (called, returned) -> {
                if (called.equals("updateIfDifferent") && real.getPid().equals("org.conmgr.listener")) {
                    real.delete();
                }
                return returned;
            });
        });
        new Enforcer(watched, log, Platform.LINUX, false).enforce(conf("backend_host0=a\nport=6000"));
        assertThat(log.texts(Message.SETTING_OVERRULED))
                .containsExactly("org.conmgr.listener: port = 5000 is overruled by conmgr.conf: 6000");
    }

    private Enforcer edited(String pid, List<Map<String, String>> edits) {
        return edited(pid, edits, false);
    }

    /** One that sees a configuration which each time that it was read is updated, until there are no edits left. */
    private Enforcer edited(String pid, List<Map<String, String>> edits, boolean deletionReachesFiles) {
        ConfigurationAdmin watched = proxy(ConfigurationAdmin.class, admin, (method, result) -> {
            if (result instanceof Configuration[] found) {
                return Stream.of(found).map(each -> edited(each, pid, edits)).toArray(Configuration[]::new);
            }
            return result instanceof Configuration found ? edited(found, pid, edits) : result;
        });
        return new Enforcer(watched, log, Platform.LINUX, deletionReachesFiles);
    }

    private static Configuration edited(Configuration real, String pid, List<Map<String, String>> edits) {
        return proxy(Configuration.class, real, (method, result) -> {
            if (method.equals("getProperties") && real.getPid().equals(pid) && !edits.isEmpty()) {
                real.update(FrameworkUtil.asDictionary(edits.remove(0)));
            }
            return result;
        });
    }

    private interface After {
        @Nullable
        Object call(String method, @Nullable Object result) throws Exception;
    }

    private static <T> T proxy(Class<T> type, T real, After after) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        return after.call(method.getName(), method.invoke(real, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** A configuration that an administrator saved into a file with all its keys, the mark among them. */
    @Test
    void aMarkFromAFileIsNotOurs() throws Exception {
        update("org.conmgr.listener", Map.of("port", "5000", Enforcer.MARK, "", FILE, cfg("org.conmgr.listener.cfg")));
        enforcer.enforce(conf("backend_host0=a"));
        assertThat(log.texts(Message.SETTING_OVERRULED)).hasSize(1);
        assertThat(values("org.conmgr.listener")).containsEntry("port", "27546");
    }

    private String cfg(String name) throws IOException {
        return Files.writeString(etc.resolve(name), "").toUri().toString();
    }

    private static Conf conf(String text) {
        return Objects.requireNonNull(ConfFile.parse("conmgr.conf", text.getBytes(UTF_8), Platform.LINUX)
                .conf());
    }

    private void update(String pid, Map<String, String> values) throws IOException {
        admin.getConfiguration(pid, "?").update(FrameworkUtil.asDictionary(values));
    }

    private void factory(String name, Map<String, String> values) throws IOException {
        admin.getFactoryConfiguration("org.conmgr.instance", name, "?").update(FrameworkUtil.asDictionary(values));
    }

    private List<Configuration> all() throws Exception {
        Configuration @Nullable [] found = admin.listConfigurations(null);
        return found == null ? List.of() : List.of(found);
    }

    private Configuration find(String pid) throws Exception {
        return all().stream()
                .filter(configuration -> configuration.getPid().equals(pid))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no configuration " + pid));
    }

    private List<String> pids() throws Exception {
        return all().stream().map(Configuration::getPid).sorted().toList();
    }

    private Map<String, Long> changeCounts() throws Exception {
        Map<String, Long> counts = new TreeMap<>();
        all().forEach(configuration -> counts.put(configuration.getPid(), configuration.getChangeCount()));
        return counts;
    }

    /** The values without what is bookkeeping. */
    private Map<String, Object> values(String pid) throws Exception {
        Dictionary<String, Object> properties = find(pid).getProperties();
        Map<String, Object> values = new TreeMap<>();
        List<String> keys = new ArrayList<>(Collections.list(properties.keys()));
        keys.removeAll(List.of("service.pid", "service.factoryPid", FILE, Enforcer.MARK));
        keys.forEach(key -> values.put(key, properties.get(key)));
        return values;
    }
}
