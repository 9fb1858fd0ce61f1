package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

/** A thousand that wait for a primary; by default 1000 a second are sent there, 20 every 20 ms. */
class PaceTest {
    private static final Duration ROUND = Duration.ofNanos(Pace.ROUND);

    private final Books books = new Books().with(2).defaults(Duration.ofSeconds(30));
    private final List<Integer> order = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();
    private int asked;

    private Client ask(Target target) {
        int number = asked++;
        return books.ask(Books.request(target), new Client() {
            @Override
            public void routed(Route to) {
                super.routed(to);
                order.add(number);
            }

            @Override
            public void refused(Refusal why) {
                super.refused(why);
                refused.add(why.text());
            }
        });
    }

    private void waiting(int count) {
        for (int i = 0; i < count; i++) {
            ask(Target.READ_WRITE);
        }
    }

    /** How many had been sent after each round. */
    private List<Integer> rounds(int count) {
        List<Integer> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sent.add(order.size());
            books.advance(ROUND);
        }
        return sent;
    }

    @Test
    void theFirstGoAtOnceTheOthersAtThePace() {
        waiting(1000);
        books.primary(0, 2);
        assertThat(rounds(4)).containsExactly(20, 40, 60, 80);
        books.advance(ROUND.multipliedBy(45));
        assertThat(order).hasSize(1000).isSorted();
        assertThat(books.status(0).applicationConnections()).isEqualTo(1000);
        books.advance(ROUND);
        assertThat(books.time.pending()).as("no timer left").isZero();
    }

    @Test
    void aFewGoAtOnce() {
        waiting(20);
        books.primary(0, 2);
        assertThat(order).hasSize(20);
        assertThat(books.time.pending()).isZero();
    }

    @Test
    void howeverManyThereAreAllHaveGoneInTwoSeconds() {
        waiting(10_000);
        books.primary(0, 2);
        assertThat(order).hasSize(100);
        books.advance(Duration.ofNanos(Pace.LONGEST));
        assertThat(order).hasSize(10_000).isSorted();
    }

    @Test
    void beatsInBetweenDoNotHurryIt() {
        waiting(100);
        books.primary(0, 2);
        for (int i = 0; i < 10; i++) {
            books.beat(0, i, 0).advance(Duration.ofMillis(1));
        }
        assertThat(order).hasSize(20);
    }

    @Test
    void whoAsksMeanwhileStandsInLine() {
        waiting(50);
        books.primary(0, 2);
        Client late = ask(Target.READ_WRITE);
        assertThat(late.told).isEmpty();
        assertThat(ask(Target.ANY).told).as("one that nobody waits for with it").containsExactly("routed 0");
        order.clear();
        books.advance(ROUND);
        books.advance(ROUND);
        assertThat(late.told).containsExactly("routed 0");
        assertThat(order).isSorted();
        assertThat(ask(Target.READ_WRITE).told).as("the line is gone").containsExactly("routed 0");
    }

    @Test
    void aWaitThatEndsInTheLineEndsWithTheInstance() {
        books.defaults(Duration.ofMillis(50));
        waiting(1000);
        books.advance(Duration.ofMillis(40));
        books.primary(0, 2);
        assertThat(order).hasSize(20);
        books.advance(Duration.ofMillis(10));
        assertThat(order).hasSize(1000);
        assertThat(refused).isEmpty();
    }

    @Test
    void anInstanceThatDiesMeanwhileGetsNoMore() {
        waiting(100);
        books.primary(0, 2);
        books.advance(ROUND);
        books.down(0);
        assertThat(order).hasSize(40);
        books.advance(Duration.ofSeconds(5));
        assertThat(order).hasSize(40);
        books.primary(1, 3);
        assertThat(order).as("a pace of its own").hasSize(60);
        books.advance(Duration.ofSeconds(1));
        assertThat(order).hasSize(100);
    }

    @Test
    void aSecondCrowdIsPacedLikeTheFirst() {
        waiting(100);
        books.primary(0, 2);
        books.advance(Duration.ofSeconds(10));
        assertThat(order).hasSize(100);
        books.down(0);
        order.clear();
        waiting(100);
        books.primary(0, 2);
        assertThat(order).hasSize(20);
        books.advance(Duration.ofSeconds(10));
        assertThat(order).hasSize(100);
    }

    @Test
    void zeroSendsAllAtOnce() {
        books.settings(FewestConnectionsPolicy.NAME, Duration.ofSeconds(30), Duration.ZERO);
        waiting(1000);
        books.primary(0, 2);
        assertThat(order).hasSize(1000);
    }
}
