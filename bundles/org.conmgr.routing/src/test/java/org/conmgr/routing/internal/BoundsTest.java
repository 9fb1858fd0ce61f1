package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code max_lag} and {@code min_lsn}. */
class BoundsTest {
    private final Books books = new Books().with(3);

    @ParameterizedTest
    @EnumSource(Target.class)
    void noStandbyBehindMinLsnWhateverIsAskedFor(Target target) {
        books.standby(0, 1).standby(1, 1).beat(0, 99, 0);
        assertThat(askAfter(target, 100).told).containsExactly("refused");
        books.beat(1, 100, 0);
        assertThat(askAfter(target, 100).told)
                .containsExactly(target == Target.PRIMARY || target == Target.READ_WRITE ? "refused" : "routed 1");
    }

    @Test
    void aPrimaryHasReachedEveryPosition() {
        books.primary(0, 1).beat(0, 99, 0).standby(1, 1).beat(1, 99, 0);
        assertThat(askAfter(Target.PREFER_STANDBY, 100).told).containsExactly("routed 0");
        assertThat(askAfter(Target.STANDBY, 100).told).containsExactly("refused");
        books.unmonitored(0);
        assertThat(askAfter(Target.ANY, 100).told).containsExactly("routed 0");
        books.advance(Books.HEARTBEAT_TIMEOUT.plusMillis(1));
        assertThat(askAfter(Target.ANY, 100).told)
                .as("it may be a standby by now")
                .containsExactly("refused");
    }

    @Test
    void numbersFromBeforeTheLinkCameBackDoNotCount() {
        books.standby(0, 1).beat(0, 100, 0);
        assertThat(askAfter(Target.STANDBY, 100).told).containsExactly("routed 0");
        books.unmonitored(0);
        assertThat(askAfter(Target.STANDBY, 100).told).containsExactly("routed 0");
        books.standby(0, 1);
        assertThat(askAfter(Target.STANDBY, 100).told).containsExactly("refused");
        assertThat(books.status(0).progress().lsn()).isEqualTo(-1);
    }

    @Test
    void theLagOfAnUnmonitoredStandbyIsNotKnownForLong() {
        books.maxLag(1).standby(0, 1).lag(0, 0).unmonitored(0);
        assertThat(books.ask(Target.STANDBY).told).containsExactly("routed 0");
        books.advance(Books.HEARTBEAT_TIMEOUT.plusMillis(1));
        assertThat(books.ask(Target.STANDBY).told).containsExactly("refused");
        assertThat(books.ask(Target.PREFER_STANDBY).told).containsExactly("routed 0");
    }

    @Test
    void aStandbyWhoseLagIsNotKnownComesLast() {
        books.standby(0, 1).lag(0, -1);
        assertThat(books.ask(Target.STANDBY).told).as("no bound").containsExactly("routed 0");
        books.maxLag(60);
        assertThat(books.ask(Target.STANDBY).told).containsExactly("refused");
        assertThat(books.ask(Target.PREFER_STANDBY).told).containsExactly("routed 0");
        books.standby(1, 1).lag(1, 61_000);
        assertThat(books.ask(Target.PREFER_STANDBY).told).containsExactly("routed 1");
        books.lag(0, 0);
        assertThat(books.ask(Target.STANDBY).told).containsExactly("routed 0");
    }

    @Test
    void theLeastLaggingOnesShareTheLoad() {
        books.maxLag(1).standby(0, 1).standby(1, 1).standby(2, 1);
        books.lag(0, 4000).lag(1, 4000).lag(2, 5000);
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 0");
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 1");
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 0");
    }

    @Test
    void theOthersComeBestFirst() {
        books.add(3);
        books.primary(0, 1).standby(1, 1).standby(2, 1).standby(3, 1);
        books.ask(Target.STANDBY);
        books.down(3);
        Client client = books.ask(Target.STANDBY);
        assertThat(client.told).containsExactly("routed 2");
        assertThat(numbers(client.route().others())).containsExactly(1, 0);
        books.unmonitored(2);
        Client prefers = books.ask(Target.PREFER_PRIMARY);
        assertThat(prefers.told).containsExactly("routed 0");
        assertThat(prefers.route().monitored()).isTrue();
        assertThat(numbers(prefers.route().others())).containsExactly(1, 2);
        books.down(1);
        Client last = books.ask(Target.STANDBY);
        assertThat(last.route().monitored()).isFalse();
        assertThat(numbers(last.route().others())).containsExactly(0);
    }

    private Client askAfter(Target target, long minLsn) {
        return books.ask(new RouteRequest(target, "test", 1, "direct", minLsn), new Client());
    }

    private static List<Integer> numbers(List<ConfiguredInstance> instances) {
        return instances.stream().map(ConfiguredInstance::number).toList();
    }
}
