package org.conmgr.api.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class LogMessageTest {
    @Test
    void readsLikePostgreSql() {
        LogMessage message =
                LogMessage.of(Message.TOO_MANY_LINKS, "10.0.0.1", 32).withDetail("32 of 32.");

        assertThat(message.paragraphs())
                .containsExactly(
                        "LOG:  CM3006: heartbeat link from 10.0.0.1 refused: 32 links are open",
                        "DETAIL:  32 of 32.",
                        "HINT:  Raise max_heartbeat_connections.");
    }

    @Test
    void theChainOfCausesIsPartOfTheDetail() {
        IOException cause = new IOException("no answer", new ConnectException("Connection refused"));

        assertThat(LogMessage.of(Message.LINK_FAILED, "instance 0", "refused")
                        .withDetail("Attempt 3.")
                        .withCause(cause)
                        .paragraphs())
                .containsExactly(
                        "LOG:  CM2002: no heartbeat link to instance 0: refused",
                        "DETAIL:  Attempt 3.\n\tIOException: no answer\n\tConnectException: Connection refused");
    }

    @Test
    void anExceptionThatOnlyRepeatsItsCauseIsLeftOut() {
        RuntimeException cause = new IllegalStateException(new IOException("broken"));

        assertThat(LogMessage.of(Message.LINK_FAILED, "a", "b").withCause(cause).paragraphs())
                .contains("DETAIL:  IOException: broken");
    }

    @Test
    void aCircleOfCausesEnds() {
        IOException one = new IOException("one");
        UncheckedIOException two = new UncheckedIOException("two", one);
        one.initCause(two);

        assertThat(LogMessage.of(Message.LINK_FAILED, "a", "b").withCause(one).paragraphs())
                .hasSize(2);
    }

    @Test
    void onlyAnInternalErrorShowsItsStackTrace() {
        IOException cause = new IOException("broken");

        assertThat(LogMessage.of(Message.SUPERVISED_FAILURE, "x", "y")
                        .withCause(cause)
                        .paragraphs())
                .last()
                .asString()
                .startsWith("BACKTRACE:  java.io.IOException: broken\n\t\tat ")
                .doesNotEndWith("\n");
        assertThat(LogMessage.of(Message.WATCHDOG_CANNOT_LISTEN, "a", "b", "c")
                        .withCause(cause)
                        .paragraphs())
                .last()
                .isEqualTo("DETAIL:  IOException: broken");
    }

    @Test
    void aValueCannotForgeAMessage() {
        assertThat(LogMessage.of(Message.INSTANCE_DEAD, "x\r\nPANIC:  CM9999: forged\n", "y")
                        .paragraphs())
                .containsExactly("LOG:  CM2003: x\n\tPANIC:  CM9999: forged\n\t declared dead: y");
    }

    @Test
    void controlCharactersAreShown() {
        assertThat(LogMessage.of(Message.INSTANCE_DEAD, "\u001b[31m\0\r\u007f\u0085\u2028", "tab\tstays \ud800!")
                        .paragraphs())
                .containsExactly(
                        "LOG:  CM2003: \\x1b[31m\\x00\\x0d\\x7f\\x85\\u2028 declared dead: tab\tstays \\ud800!");
    }

    @Test
    void everyLanguageStaysAsItIs() {
        assertThat(LogMessage.of(Message.INSTANCE_DEAD, "Zürich 東京 🐘", "é").paragraphs())
                .containsExactly("LOG:  CM2003: Zürich 東京 🐘 declared dead: é");
    }
}
