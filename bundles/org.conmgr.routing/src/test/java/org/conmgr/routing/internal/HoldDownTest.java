package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

/** An instance that keeps dying soon after it came back; by default 5 s, then 10 s, 20 s, ... up to 5 min. */
class HoldDownTest {
    private static final Duration LIFE = Duration.ofSeconds(3);
    private static final Duration DEATH = Duration.ofSeconds(2);

    /** 0 is the primary, 1 and 2 are standbys. */
    private final Books books = new Books()
            .with(3)
            .defaults(Duration.ZERO)
            .primary(0, 1)
            .standby(1, 1)
            .standby(2, 1);

    private void dieAndReturn(int number) {
        books.down(number).advance(DEATH);
        books.standby(number, 1);
    }

    /** One death and return, then as many more of each. */
    private void flap(int number, int flaps) {
        for (int i = 0; i <= flaps; i++) {
            books.advance(LIFE);
            dieAndReturn(number);
        }
    }

    private boolean held(int number) {
        return books.status(number).note().contains("held down until");
    }

    private List<String> asked(Target target, int times) {
        List<String> told = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            told.addAll(books.ask(target).told);
        }
        return told;
    }

    @Test
    void theFirstReturnIsAtOnce() {
        flap(1, 0);
        assertThat(held(1)).isFalse();
        assertThat(asked(Target.STANDBY, 4))
                .containsOnly("routed 1", "routed 2")
                .contains("routed 1");
        assertThat(books.logged()).isEmpty();
        assertThat(books.time.pending()).isZero();
    }

    @Test
    void oneThatFlapsIsNotChosenWhileAnotherWillDo() {
        Client there = books.ask(Target.PREFER_PRIMARY);
        flap(1, 1);
        assertThat(books.status(1).note())
                .isEqualTo("held down until " + books.time.instant().plusSeconds(5)
                        + ": deaths soon after it had come back: 1");
        assertThat(books.logged())
                .containsExactly("CM5005 instance 1 (db2:5432) is held down until "
                        + books.time.instant().plusSeconds(5)
                        + ": deaths soon after it had come back: 1");
        assertThat(asked(Target.STANDBY, 5)).containsOnly("routed 2");
        assertThat(asked(Target.ANY, 9)).isNotEmpty().doesNotContain("routed 1");
        assertThat(there.told).as("others' sessions stay").hasSize(1);

        books.advance(Duration.ofMillis(4999));
        assertThat(held(1)).isTrue();
        books.advance(Duration.ofMillis(1));
        assertThat(held(1)).isFalse();
        assertThat(books.logged()).containsExactly("CM5006 instance 1 (db2:5432) is no longer held down");
        assertThat(asked(Target.STANDBY, 3)).contains("routed 1");
    }

    @Test
    void oneThatFlapsIsNoneOfTheOthersWhereADriverWouldTakeItBeforeAPrimary() {
        books.down(2);
        flap(1, 1);
        Client client = books.ask(Target.PREFER_STANDBY);
        assertThat(client.told).containsExactly("routed 0");
        assertThat(client.route().others()).isEmpty();
        for (Target target : List.of(Target.ANY, Target.PRIMARY)) {
            Client other = books.ask(target);
            assertThat(other.told).containsExactly("routed 0");
            assertThat(other.route().others()).containsExactly(Books.instance(1));
        }
    }

    @Test
    void theBackOffDoublesUpToItsBound() {
        flap(1, 0);
        List<Long> holds = new ArrayList<>();
        for (int flap = 1; flap <= 9; flap++) {
            dieAndReturn(1);
            long before = books.time.nanoTime();
            while (held(1)) {
                books.advance(Duration.ofSeconds(1));
            }
            holds.add((books.time.nanoTime() - before) / 1_000_000_000);
        }
        assertThat(holds).containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
    }

    @Test
    void aLifeLongerThanTheWindowMakesItAsGoodAsNew() {
        flap(1, 3);
        assertThat(held(1)).isTrue();
        // The window begins when the hold of 20 s ends.
        books.advance(Duration.ofSeconds(20 + 300 - 1));
        dieAndReturn(1);
        assertThat(held(1)).as("one second too short").isTrue();
        books.advance(Duration.ofSeconds(40 + 300));
        dieAndReturn(1);
        assertThat(held(1)).isFalse();
        books.advance(LIFE);
        dieAndReturn(1);
        assertThat(books.status(1).note())
                .contains(books.time.instant().plusSeconds(5).toString());
    }

    @Test
    void nothingElseMeansThatItIsUsedForReadingAndForWriting() {
        for (int i = 0; i < 3; i++) {
            books.down(0).advance(DEATH);
            books.primary(0, 1).advance(Duration.ofMillis(10));
        }
        assertThat(held(0)).isTrue();
        assertThat(books.ask(Target.READ_WRITE).told).containsExactly("routed 0");
        assertThat(books.ask(Target.PREFER_PRIMARY).told)
                .as("a standby will do")
                .doesNotContain("routed 0");
        books.down(1).down(2);
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 0");
        assertThat(books.ask(Target.PREFER_STANDBY).told).containsExactly("routed 0");
    }

    @Test
    void aPromotedStandbyIsUsedAtOnceHoweverItsPredecessorFlaps() {
        for (int i = 0; i < 3; i++) {
            books.down(0).advance(DEATH);
            books.primary(0, 1);
        }
        books.down(0);
        books.primary(1, 2);
        assertThat(held(1)).isFalse();
        assertThat(books.ask(Target.READ_WRITE).told).containsExactly("routed 1");
    }

    @Test
    void whatIsNoDeathDoesNotCount() {
        for (int i = 0; i < 5; i++) {
            books.unmonitored(1).advance(DEATH);
            books.standby(1, 1).advance(LIFE);
            books.degraded(1, Role.STANDBY, 1).advance(DEATH);
            books.standby(1, 1).advance(LIFE);
        }
        assertThat(held(1)).isFalse();
        // Verdicts on one that is dead already, and attempts that fail, are no deaths either.
        books.down(1).down(1).down(1).advance(DEATH);
        books.standby(1, 1);
        assertThat(held(1)).isFalse();
    }

    @Test
    void oneThatItsWatchdogSaysHasStoppedHasDiedToo() {
        for (int i = 0; i < 2; i++) {
            books.up(1, Books.attributes(Role.STANDBY, true, 1).in(InstanceState.STOPPED));
            books.advance(DEATH);
            books.standby(1, 1);
        }
        assertThat(held(1)).isTrue();
    }

    @Test
    void aDeathInTheHoldEndsItAndAnOldReleaseHarmsNoNewHold() {
        flap(1, 1);
        books.logged();
        books.advance(Duration.ofSeconds(3));
        dieAndReturn(1);
        assertThat(books.status(1).note())
                .contains(books.time.instant().plusSeconds(10).toString());
        books.advance(Duration.ofSeconds(9));
        assertThat(held(1)).as("the first hold would have ended 9 s ago").isTrue();
        assertThat(books.logged()).hasSize(1).first().asString().startsWith("CM5005");
        books.board.remove(1, "it is no longer configured");
        books.advance(Duration.ofSeconds(5));
        assertThat(books.logged()).isEmpty();
        books.add(1);
        books.standby(1, 1);
        assertThat(held(1)).as("a new one in the books").isFalse();
    }

    @Test
    void zeroNeverHoldsDown() {
        books.settings(FewestConnectionsPolicy.NAME, Duration.ZERO, Duration.ZERO);
        flap(1, 5);
        assertThat(held(1)).isFalse();
    }
}
