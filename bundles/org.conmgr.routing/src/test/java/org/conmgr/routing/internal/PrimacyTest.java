package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

/** Which of several primaries is used, who belongs to the set, and what the administrator is told of it. */
class PrimacyTest {
    private static final Identity OTHER = new Identity(42, 170004);
    private static final Attributes PRIMARY = Books.attributes(Role.PRIMARY, false, 1);

    private final Books books = new Books().with(3);

    @Test
    void theHigherTimelineWinsAndBothAreNamedOnce() {
        books.primary(0, 1).primary(1, 2);
        assertThat(books.logged())
                .containsExactly("CM5001 two primaries: instance 1 (db2:5432) on timeline 2 and instance 0 (db1:5432)"
                        + " on timeline 1; the higher timeline is used");
        books.primary(0, 1).primary(1, 2).unmonitored(0).beat(1, 5, 0);
        assertThat(books.logged()).as("nothing changed").isEmpty();
        assertThat(books.status(0).note())
                .isEqualTo("watchdog gone; not offered: instance 1 (db2:5432) is primary on the higher timeline 2");
        assertThat(books.status(1).note()).isEmpty();

        books.primary(1, 3);
        assertThat(books.logged()).as("they changed").hasSize(1);
        books.standby(0, 3);
        assertThat(books.status(0).note()).isEmpty();
        books.primary(0, 1);
        assertThat(books.logged()).as("again").hasSize(1);
    }

    @Test
    void anOldPrimaryIsNotOfferedEvenWhenTheNewOneIsGone() {
        books.primary(0, 1).primary(1, 2).down(1);
        assertThat(books.logged())
                .last()
                .isEqualTo("CM5004 instance 0 (db1:5432) claims to be primary on timeline 1, but instance 1"
                        + " (db2:5432) was primary on timeline 2: it is not used");
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
        assertThat(books.refusal(Target.READ_WRITE))
                .isEqualTo("no instance with target_session_attrs=read-write: 0 (primary, up, old: timeline 2 is"
                        + " known), 1 (down: timed out 0.0 s ago), 2 (connecting)");
        books.board.remove(1, "it is no longer configured");
        assertThat(books.ask(Target.PRIMARY).told)
                .as("what was seen is remembered")
                .containsExactly("refused");
        books.primary(0, 3);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
    }

    @Test
    void theSameInstanceOnALowerTimelineIsOldToo() {
        books.primary(0, 2).down(0).primary(0, 1);
        assertThat(books.logged())
                .containsExactly("CM5004 instance 0 (db1:5432) claims to be primary on timeline 1, but instance 0"
                        + " (db1:5432) was primary on timeline 2: it is not used");
    }

    @Test
    void onOneTimelineTheFirstStays() {
        books.primary(1, 1).primary(0, 1);
        assertThat(books.logged())
                .containsExactly("CM5003 two primaries on timeline 1: instance 1 (db2:5432) and instance 0 (db1:5432);"
                        + " the first of them, which was primary before, is used");
        assertThat(books.status(0).note())
                .isEqualTo("not offered: instance 1 (db2:5432) was primary before it on the same timeline 1");
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 1");

        books.down(1);
        assertThat(books.ask(Target.PRIMARY).told).as("alone it is the primary").containsExactly("routed 0");
        books.primary(1, 1);
        assertThat(books.ask(Target.PRIMARY).told).as("now it was first").containsExactly("routed 0");
    }

    @Test
    void theHighestTimelineOfAStandbyCountsForNothing() {
        books.primary(0, 1).standby(1, 2);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
        assertThat(books.logged()).isEmpty();
    }

    @Test
    void aDegradedPrimaryIsStillTheOne() {
        books.degraded(0, Role.PRIMARY, 2).primary(1, 1);
        assertThat(books.ask(Target.READ_WRITE).told).containsExactly("refused");
        assertThat(books.status(0).note()).isEqualTo("takes no new connections");
    }

    @Test
    void anUnknownTimelineIsTheLowest() {
        books.primary(0, 0);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
        books.primary(1, 1);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 1");
    }

    @Test
    void aStrangerIsNamedOnceAndNotOffered() {
        books.standby(0, 1);
        books.board.up(1, OTHER, PRIMARY);
        books.board.up(1, OTHER, PRIMARY);
        assertThat(books.logged())
                .containsExactly("CM2006 instance 1 (db2:5432) has system identifier 42, but instance 0 (db1:5432) has "
                        + Books.IDENTITY.systemIdentifier() + ": they do not replicate each other");
        assertThat(books.status(1).note())
                .isEqualTo("not offered: its system identifier is 42, that of instance 0 (db1:5432) is "
                        + Books.IDENTITY.systemIdentifier());
        assertThat(books.refusal(Target.PRIMARY))
                .isEqualTo("no instance with target_session_attrs=primary: 0 (standby, up), 1 (primary, up, other"
                        + " system identifier), 2 (connecting)");
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 0");
    }

    @Test
    void aStrangersTimelineCountsForNothing() {
        books.primary(0, 1);
        books.board.up(1, OTHER, Books.attributes(Role.PRIMARY, false, 9));
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
    }

    @Test
    void theSetIsKnownByThoseDownToo() {
        books.primary(0, 1).down(0);
        books.board.up(1, OTHER, PRIMARY);
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
        books.board.remove(0, "it is no longer configured");
        assertThat(books.ask(Target.ANY).told)
                .as("of the old set nobody is left")
                .containsExactly("routed 1");
    }

    @Test
    void aNewSetStartsItsOwnTimelines() {
        books.primary(0, 7);
        books.board.up(0, OTHER, PRIMARY);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
        assertThat(books.logged()).isEmpty();
    }

    @Test
    void takingTheWholeSetOutAndInForgetsNoTimeline() {
        books.primary(0, 2);
        books.board.remove(0, "it is no longer configured");
        books.add(0);
        books.primary(1, 1);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("refused");
    }

    @Test
    void anUnknownSystemIdentifierIsNobodysEnemy() {
        books.board.up(0, Identity.UNKNOWN, PRIMARY);
        books.standby(1, 1);
        assertThat(books.ask(Target.PRIMARY).told).containsExactly("routed 0");
        assertThat(books.logged()).isEmpty();
    }
}
