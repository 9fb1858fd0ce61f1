package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The instance number behind the tilde of a PID: every number that conmgr.conf takes. */
class InstanceNumberTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "17, 17", "2147483647, 2147483647"})
    void numbers(String name, int number) {
        assertThat(definition("org.conmgr.instance~" + name).instance().number())
                .isEqualTo(number);
    }

    @Test
    void oneThatIsTooLargeIsInvalid() {
        assertThatThrownBy(() -> definition("org.conmgr.instance~2147483648").instance())
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("instance number: 2147483648 (expected: an integer >= 0)");
    }

    @Test
    void aNameIsNoNumber() {
        assertThatThrownBy(() -> definition("org.conmgr.instance~db1").instance())
                .isInstanceOf(InvalidSetting.class)
                .hasMessageStartingWith("instance number: org.conmgr.instance~db1 (expected: ");
    }

    private static InstanceDefinition definition(String pid) {
        return new InstanceDefinition(pid, Configs.of(InstanceConfig.class, Map.of("backend_host", "a")));
    }
}
