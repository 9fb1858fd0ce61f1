package org.conmgr.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.conmgr.listener.FirstPacket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartupOptionsTest {
    private static Optional<String> value(Map<String, String> parameters) {
        return StartupOptions.value(new FirstPacket.Startup(8, 3 << 16, parameters), "conmgr.target_session_attrs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-c conmgr.target_session_attrs=standby",
                "  -cconmgr.target_session_attrs=standby ",
                "-c geqo=off\t--conmgr.target-session-attrs=standby",
                "-c conmgr.target_session_attrs=primary -c CONMGR.target_session_attrs=standby",
                "-c conmgr.target_session_attrs=st\\andby -B 8",
            })
    void readsEveryFormThatPostgresReads(String options) {
        assertThat(value(Map.of("user", "u", "options", options))).contains("standby");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-c",
                "-c geqo=off",
                "conmgr.target_session_attrs=standby",
                "-c xconmgr.target_session_attrs=standby",
                "-c conmgr.target_session_attrs",
                "-c application_name=-cconmgr.target_session_attrs=standby",
                "-c x\\ -c\\ conmgr.target_session_attrs=standby",
            })
    void findsNothingElse(String options) {
        assertThat(value(Map.of("options", options))).isEmpty();
    }

    @Test
    void aParameterOfItsOwnWins() {
        assertThat(value(Map.of(
                        "options", "-c conmgr.target_session_attrs=standby", "conmgr.target_session_attrs", "primary")))
                .contains("primary");
    }

    @Test
    void aBackslashKeepsABlankInAValue() {
        assertThat(value(Map.of("options", "-c conmgr.target_session_attrs=a\\ b\\\\")))
                .contains("a b\\");
    }
}
