package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.OptionalLong;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.Reload;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of the file: good, bad, edited, removed. */
class ConfKeeperTest extends KeptConf {
    ConfKeeperTest(@TempDir Path directory) {
        super(directory);
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
                    .endsWith("DEBUG " + file + " was read again: nothing changed")
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
            Await.passes("it is told", () -> assertThat(told())
                    .containsExactly(
                            "WARNING org.conmgr.listener: port = 5001 is overruled by conmgr.conf: 27546",
                            "LOG " + file + " applied: 1 instance"));
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
            assertThat(outcome.remarks()).first().asString().startsWith("conmgr.conf:2: port");
            assertThat(told()).contains("LOG " + file + " applied: port: 6000 -> 7000, instance 1 (b:27500) added");
            // Unless the watch was faster.
            assertThat(outcome.changes()).isSubsetOf("port: 6000 -> 7000", "instance 1 (b:27500) added");
            assertThat(outcome(keeper).remarks())
                    .hasSize(2)
                    .last()
                    .asString()
                    .matches("last changed at 20[-0-9]+ [:0-9]+ .+: port: 6000 -> 7000, instance 1 .* added");
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
    void whatIsWrongWithAContentIsLoggedOnceAndToldToWhoeverAsks() throws Exception {
        String bad = "port=7000\nbackend_host0=a\nbackend_port0=x";
        String error = "conmgr.conf:3: backend_port0: x (expected: an integer from 1 to 65535)";
        write("port=6000\nbackend_host0=a");
        try (ConfKeeper keeper = keeper()) {
            Await.until("the gate is open", gate::isOpen);
            write(bad);
            Await.until("the watch has told it", () -> !log.messages(Message.CONF_NOT_APPLIED)
                    .isEmpty());
            assertThat(reload(keeper)).containsExactly(error);
            assertThat(reload(keeper)).containsExactly(error);
            assertThat(log.texts(Message.INVALID_SETTING)).containsExactly(error);
            assertThat(log.messages(Message.CONF_NOT_APPLIED)).hasSize(1);

            write("port=6000\nport=6000\nbackend_host0=a");
            for (int i = 0; i < 3; i++) {
                assertThat(outcome(keeper).remarks()).singleElement().asString().startsWith("conmgr.conf:2: port");
            }
            assertThat(log.messages(Message.CONF_WARNING)).hasSize(1);

            write(bad);
            assertThat(reload(keeper)).containsExactly(error);
            assertThat(log.texts(Message.INVALID_SETTING)).as("it is back").containsExactly(error, error);

            Files.delete(file);
            for (int i = 0; i < 3; i++) {
                assertThat(reload(keeper)).containsExactly("conmgr.conf: no such file");
            }
            assertThat(log.messages(Message.CONF_GONE)).hasSize(1);
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
            Await.until("it is back", () -> told().contains("DEBUG " + file + " was read again: nothing changed"));
        }
    }

    @Test
    void aFileThatCannotBeReadIsAnError() throws Exception {
        Files.createDirectory(file);
        try (ConfKeeper keeper = keeper()) {
            Await.until("it is told", () -> !log.messages(Message.CANNOT_START).isEmpty());
            assertThat(reload(keeper)).singleElement().isEqualTo("conmgr.conf: cannot be read: Is a directory");
            assertThat(gate.isOpen()).isFalse();
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
}
