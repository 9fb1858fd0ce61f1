package org.conmgr.api.setting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.conmgr.api.log.Severity;
import org.junit.jupiter.api.Test;

class WordSettingTest {
    @Test
    void takesAWordInAnyCase() {
        assertThat(Setting.word("log_min_messages", " warning ", Severity.class))
                .isEqualTo(Severity.WARNING);
    }

    @Test
    void namesTheWordsItKnows() {
        assertThatThrownBy(() -> Setting.word("log_min_messages", "loud", Severity.class))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("log_min_messages: loud (expected: one of DEBUG, INFO, NOTICE, WARNING, ERROR, LOG, FATAL,"
                        + " PANIC)");
    }
}
