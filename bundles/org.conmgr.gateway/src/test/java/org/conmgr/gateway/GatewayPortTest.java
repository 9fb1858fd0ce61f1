package org.conmgr.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.listener.AdapterPorts;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

/** What settings do to a port that do not fit. */
class GatewayPortTest {
    private final RecordingLog log = new RecordingLog();
    private final List<String> calls = new ArrayList<>();

    private GatewayPort open(String port, String target) {
        return GatewayPort.open(
                (client, packet, received, door) -> {
                    throw new AssertionError("nobody connects");
                },
                this::listen,
                log,
                "pid~x",
                "*",
                port,
                () -> door(target));
    }

    private static OptionsDoor door(String target) {
        return OptionsDoor.of("test", target, "", (client, received) -> {
            throw new AssertionError("nobody connects");
        });
    }

    private AdapterPorts.Port listen(String addresses, String port, ApplicationAdapter adapter) {
        Setting.port("port", port);
        calls.add("open " + port);
        return new AdapterPorts.Port() {
            @Override
            public List<String> addresses() {
                return List.of();
            }

            @Override
            public void change(String listenAddresses, String changed, ApplicationAdapter other) throws InvalidSetting {
                Setting.port("port", changed);
                calls.add("change " + changed);
            }

            @Override
            public void close() {
                calls.add("close");
            }
        };
    }

    @Test
    void anOpenPortStaysAsItWas() {
        try (GatewayPort port = open("7001", "standby")) {
            port.change("*", "7001", () -> door("stanby"));
            port.change("*", "70000", () -> door("standby"));
            assertThat(calls).containsExactly("open 7001");
            assertThat(log.texts(Message.INVALID_SETTING))
                    .satisfiesExactly(
                            text -> assertThat(text).startsWith("pid~x: target_session_attrs: stanby"),
                            text -> assertThat(text).startsWith("pid~x: port: 70000"));
            port.change("*", "7002", () -> door("any"));
        }
        assertThat(calls).containsExactly("open 7001", "change 7002", "close");
    }

    @Test
    void aClosedOneIsOpenedWhenTheyFit() {
        try (GatewayPort port = open("7001", "stanby")) {
            assertThat(calls).isEmpty();
            port.change("*", "70000", () -> door("standby"));
            assertThat(calls).isEmpty();
            port.change("*", "7001", () -> door("standby"));
            assertThat(calls).containsExactly("open 7001");
        }
    }
}
