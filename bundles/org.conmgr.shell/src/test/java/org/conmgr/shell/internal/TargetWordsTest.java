package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

class TargetWordsTest {
    @ParameterizedTest
    @EnumSource
    void libpqsWordsAreRead(Target target) throws CommandException {
        assertThat(TargetWords.read(target.word(), false)).isEqualTo(target);
        assertThat(TargetWords.ALL).contains(target.word());
    }

    @ParameterizedTest
    @FieldSource("org.conmgr.shell.internal.TargetWords#PGJDBC")
    void pgjdbcsWordsAreReadEitherWay(String word) throws CommandException {
        assertThat(TargetWords.read(word, false)).isEqualTo(TargetWords.read(word, true));
        assertThat(Target.ofTargetServerType(word)).contains(TargetWords.read(word, false));
    }

    @Test
    void theOneWordThatMeansTwoThings() throws CommandException {
        assertThat(TargetWords.read("primary", false)).isEqualTo(Target.PRIMARY);
        assertThat(TargetWords.read("primary", true)).isEqualTo(Target.READ_WRITE);
    }

    @Test
    void anUnknownWordIsNamedWithWhatWasExpected() {
        assertThatThrownBy(() -> TargetWords.read("leader", false))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("target: leader (expected: any, read-write, ")
                .hasMessageEndingWith("preferSlave)");
        assertThatThrownBy(() -> TargetWords.read("read-write", true))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("target: read-write (expected: any, primary, secondary, ");
    }
}
