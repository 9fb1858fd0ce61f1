package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTextTest {
    private final Books books = new Books();

    @Test
    void namesEveryInstanceAndWhy() {
        books.with(2).primary(0, 1).down(1);
        books.advance(Duration.ofMillis(3140));
        assertThat(books.refusal(Target.STANDBY))
                .isEqualTo("no instance with target_session_attrs=standby: 0 (primary, up), 1 (down: timed out 3.1 s"
                        + " ago)");
        books.board.down(1, books.verdict(VerdictReason.REFUSED));
        assertThat(books.refusal(Target.STANDBY)).endsWith("1 (down: refused 0.0 s ago)");
    }

    @Test
    void saysWhenThereIsNothingToChooseFrom() {
        assertThat(books.refusal(Target.ANY))
                .isEqualTo("no instance with target_session_attrs=any: no instance is configured");
    }

    @Test
    void saysWhatIsSpecial() {
        books.with(6)
                .readOnlyPrimary(0, 1)
                .degraded(1, Role.STANDBY, 1)
                .unmonitored(2)
                .primary(3, 1)
                .down(3)
                .primary(4, 1)
                .unmonitored(4);
        books.down(0);
        books.advance(Duration.ofSeconds(4));
        books.readOnlyPrimary(0, 1);
        assertThat(books.refusal(Target.READ_WRITE))
                .isEqualTo("no instance with target_session_attrs=read-write: 0 (primary, read-only, up, second primary"
                        + " on timeline 1), 1 (standby, up, takes no new connections), 2 (unmonitored), 3 (down:"
                        + " timed out 4.0 s ago), 4 (primary, unmonitored, last heard of 4.0 s ago), 5 (connecting)");
    }

    @Test
    void saysWhatABoundKeptOut() {
        books.with(3).maxLag(1).primary(0, 1).standby(1, 1).standby(2, 1).beat(1, 0x2_0000_00FFL, 5250);
        assertThat(books.refusal(Target.STANDBY))
                .isEqualTo("no instance with target_session_attrs=standby: 0 (primary, up), 1 (standby, up, 5.3 s"
                        + " behind), 2 (standby, up, lag not known)");
        books.maxLag(0);
        RouteRequest request = new RouteRequest(Target.STANDBY, "", 0, "direct", 0x2_0000_0100L);
        assertThat(((Refusal) books.board.preview(request)).text())
                .isEqualTo("no instance with target_session_attrs=standby: 0 (primary, up), 1 (standby, up, at 2/FF,"
                        + " min_lsn 2/100), 2 (standby, up, position not known, min_lsn 2/100)");
    }

    @ParameterizedTest
    @CsvSource({
        "-5, 0.0 s",
        "0, 0.0 s",
        "3149, 3.1 s",
        "99999, 100.0 s",
        "100000, 1 min",
        "7199999, 119 min",
        "7200000, 2 h",
        "172799999, 47 h",
        "172800000, 2 d"
    })
    void spans(long millis, String words) {
        assertThat(RefusalText.span(Duration.ofMillis(millis))).isEqualTo(words);
    }
}
