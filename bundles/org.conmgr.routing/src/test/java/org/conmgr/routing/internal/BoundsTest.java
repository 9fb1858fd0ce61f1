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
        assertThat(others(client)).containsExactly(1, 0);
        books.unmonitored(2);
        Client prefers = books.ask(Target.PREFER_PRIMARY);
        assertThat(prefers.told).containsExactly("routed 0");
        assertThat(prefers.route().monitored()).isTrue();
        assertThat(others(prefers)).containsExactly(1, 2);
        books.down(1);
        Client last = books.ask(Target.STANDBY);
        assertThat(last.route().monitored()).isFalse();
        assertThat(others(last)).containsExactly(0);
    }

    @Test
    void aStandbyTooFarBehindIsNoneOfTheOthersWhereAStandbyIsRequired() {
        books.maxLag(60).primary(0, 1).standby(1, 1).lag(1, 0).standby(2, 1).lag(2, 3_600_000);
        for (Target target : List.of(Target.STANDBY, Target.READ_ONLY)) {
            assertThat(others(books.ask(target))).as("of " + target).containsExactly(0);
        }
        for (Target target : List.of(Target.PRIMARY, Target.READ_WRITE)) {
            assertThat(others(books.ask(target)))
                    .as("of %s, which one may be after a promotion", target)
                    .containsExactlyInAnyOrder(1, 2);
        }
        assertThat(others(books.ask(Target.ANY))).as("last of all").hasSize(2).endsWith(2);
        books.lag(2, -1);
        assertThat(others(books.ask(Target.STANDBY))).as("not known").containsExactly(0);
        books.lag(2, 60_000);
        Client within = books.ask(Target.STANDBY);
        assertThat(within.told).containsExactly("routed 2");
        assertThat(others(within)).as("one that fits is").containsExactly(1, 0);
    }

    @Test
    void aStandbyTooFarBehindIsNoneOfTheOthersWhereAPrimaryIsToBeTakenBeforeIt() {
        books.maxLag(60).primary(0, 1).standby(1, 1).lag(1, 0).standby(2, 1).lag(2, 3_600_000);
        Client standby = books.ask(Target.PREFER_STANDBY);
        assertThat(standby.told).containsExactly("routed 1");
        assertThat(others(standby)).containsExactly(0);
        books.lag(1, 61_000);
        Client primary = books.ask(Target.PREFER_STANDBY);
        assertThat(primary.told).containsExactly("routed 0");
        assertThat(others(primary)).isEmpty();
        books.down(0);
        Client last = books.ask(Target.PREFER_STANDBY);
        assertThat(last.told).containsExactly("routed 1");
        assertThat(others(last)).as("nothing else is left").containsExactly(2);
    }

    @Test
    void aStandbyBehindMinLsnIsNoneOfTheOthersWhereItWouldBeTaken() {
        books.primary(0, 1).standby(1, 1).beat(1, 100, 0).standby(2, 1).beat(2, 99, 0);
        for (Target target : Target.values()) {
            List<Integer> others = others(askAfter(target, 100));
            if (target == Target.PRIMARY || target == Target.READ_WRITE) {
                assertThat(others).as("of " + target).containsExactlyInAnyOrder(1, 2);
            } else {
                assertThat(others).as("of " + target).hasSize(1).doesNotContain(2);
            }
        }
    }

    private Client askAfter(Target target, long minLsn) {
        return books.ask(new RouteRequest(target, "test", 1, "direct", minLsn), new Client());
    }

    private static List<Integer> others(Client client) {
        return numbers(client.route().others());
    }

    private static List<Integer> numbers(List<ConfiguredInstance> instances) {
        return instances.stream().map(ConfiguredInstance::number).toList();
    }
}
