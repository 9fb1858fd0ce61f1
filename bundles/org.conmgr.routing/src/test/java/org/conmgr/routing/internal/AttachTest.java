package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

/** Asks of applications that are connected already and only want to be told what happens to their instance. */
class AttachTest {
    private final Books books = new Books().with(3);

    private Client attach(Target target, String instance) {
        return books.ask(
                new RouteRequest(target, "test", 1, "direct", 0, Set.of(), RouteRequest.NO_PREFERENCE, instance),
                new Client());
    }

    @Test
    void isBoundToThatInstanceHoweverManyThereAreAlready() {
        books.primary(0, 1).standby(1, 1).standby(2, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(attach(Target.STANDBY, "db3:5432").told).containsExactly("routed 2");
        }
        assertThat(books.status(1).applicationConnections()).isZero();
        assertThat(books.status(2).applicationConnections()).isEqualTo(3);
    }

    @Test
    void isToldItsEnd() {
        books.primary(0, 1).standby(1, 1).standby(2, 1);
        Client client = attach(Target.STANDBY, "db3:5432");
        books.down(2);
        assertThat(client.told).hasSize(2).last().asString().startsWith("ended");
    }

    @Test
    void isEndedWhereItCouldNotStay() {
        books.primary(0, 1).standby(1, 1).standby(2, 1).down(2);
        Client unfit = attach(Target.STANDBY, "db1:5432"), dead = attach(Target.ANY, "db3:5432");
        assertThat(unfit.told).as("a primary").containsExactly("ended 0 FENCED");
        assertThat(unfit.end().reason()).startsWith("it is now ").contains("primary");
        assertThat(dead.told).containsExactly("ended 2 DEAD");
        assertThat(dead.end().reason()).startsWith("timed out: silent");
        assertThat(books.board.applications()).isEmpty();
    }

    @Test
    void isRefusedWhereNothingIsKnownYet() {
        books.primary(0, 1);
        assertThat(attach(Target.ANY, "db4:5432").told).as("not configured").containsExactly("refused");
        assertThat(attach(Target.ANY, "db2:5432").told).as("not reached yet").containsExactly("refused");
        books.board.down(1, books.verdict(VerdictReason.REFUSED));
        assertThat(attach(Target.ANY, "db2:5432").told).as("no watchdog yet").containsExactly("refused");
    }

    @Test
    void isEndedByWhatIsSaidOfAnInstanceThatWasNeverUp() {
        books.board.down(1, books.verdict(VerdictReason.CONNECT_TIMED_OUT));
        assertThat(attach(Target.ANY, "db2:5432").told).containsExactly("ended 1 DEAD");
    }

    @Test
    void isToldAtOnceWhatItNeedNotWaitFor() {
        books.routeWait(3).standby(1, 1).down(1);
        assertThat(attach(Target.STANDBY, "db2:5432").told).containsExactly("ended 1 DEAD");
    }

    @Test
    void maySitWhereNobodyNewIsSent() {
        books.primary(0, 1).degraded(1, Role.STANDBY, 1);
        assertThat(attach(Target.STANDBY, "db2:5432").told).containsExactly("routed 1");
        assertThat(attach(Target.PREFER_STANDBY, "db1:5432").told).containsExactly("routed 0");
    }

    @Test
    void maySitOnAStandbyThatHasFallenBehindAndIsToldOfOthersAsANewOneIs() {
        books.maxLag(60)
                .primary(0, 1)
                .standby(1, 1)
                .lag(1, 3_600_000)
                .standby(2, 1)
                .lag(2, 0);
        Client behind = attach(Target.STANDBY, "db2:5432"), near = attach(Target.STANDBY, "db3:5432");
        assertThat(behind.told).containsExactly("routed 1");
        assertThat(near.told).containsExactly("routed 2");
        assertThat(behind.route().others()).containsExactly(Books.instance(2), Books.instance(0));
        assertThat(near.route().others()).containsExactly(Books.instance(0));
    }

    @Test
    void keepsNobodyWaitingThatWantsAnyInstance() {
        books.routeWait(3);
        Client attaching = attach(Target.ANY, "db2:5432");
        Client client = books.ask(Target.ANY);
        books.primary(0, 1);
        assertThat(client.told).containsExactly("routed 0");
        assertThat(attaching.told).isEmpty();
    }

    @Test
    void waitsForNobodyElse() {
        books.routeWait(3).primary(0, 1);
        Client client = books.ask(Target.STANDBY);
        Client attaching = attach(Target.STANDBY, "db2:5432");
        books.degraded(1, Role.STANDBY, 1);
        assertThat(attaching.told).containsExactly("routed 1");
        assertThat(client.told).isEmpty();
    }

    @Test
    void isOfNoPaceAsItIsConnectedAlready() {
        books.defaults(Duration.ofSeconds(10));
        for (int i = 0; i < 1000; i++) {
            books.ask(Target.ANY);
        }
        Client early = attach(Target.ANY, "db1:5432");
        books.primary(0, 1);
        assertThat(early.told).containsExactly("routed 0");
        assertThat(books.ask(Target.ANY).told).as("others wait for their turn").isEmpty();
        assertThat(attach(Target.ANY, "db1:5432").told).containsExactly("routed 0");
    }
}
