package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

class RouteWaitTest {
    private final Books books = new Books().with(2).routeWait(3);

    @Test
    void isAnsweredWhenOneAppears() {
        Client client = books.ask(Target.READ_WRITE);
        assertThat(client.told).isEmpty();
        books.standby(0, 1);
        assertThat(client.told).isEmpty();
        books.advance(Duration.ofMillis(2999));
        books.primary(0, 2);
        assertThat(client.told).containsExactly("routed 0");
        books.advance(Duration.ofSeconds(10));
        assertThat(client.told).containsExactly("routed 0");
        assertThat(books.time.pending()).as("no timer left").isZero();
    }

    @Test
    void isRefusedAtTheDeadlineWithWhatIsTrueThen() {
        Client client = books.ask(Target.READ_WRITE);
        books.standby(0, 1).down(1);
        books.advance(Duration.ofMillis(2999));
        assertThat(client.told).isEmpty();
        books.advance(Duration.ofMillis(1));
        assertThat(client.told).containsExactly("refused");
        assertThat(client.refusal().sqlState()).isEqualTo("08001");
        assertThat(client.refusal().instances()).containsExactly(Books.instance(0), Books.instance(1));
        assertThat(client.refusal().text())
                .isEqualTo("no instance with target_session_attrs=read-write: 0 (standby, up), 1 (down: timed out 3.0 s"
                        + " ago)");
        books.primary(0, 1);
        assertThat(client.told).containsExactly("refused");
        assertThat(books.board.applications()).isEmpty();
    }

    @Test
    void isAnsweredAtOnceWhenOneIsThere() {
        books.primary(0, 1);
        assertThat(books.ask(Target.ANY).told).containsExactly("routed 0");
        assertThat(books.time.pending()).isZero();
    }

    @Test
    void isForgottenWhenTheApplicationGoes() {
        Client client = books.ask(Target.ANY);
        assertThat(books.board.applications()).hasSize(1);
        client.session().close();
        assertThat(books.board.applications()).isEmpty();
        assertThat(books.time.pending()).isZero();
        books.primary(0, 1);
        books.advance(Duration.ofSeconds(10));
        assertThat(client.told).isEmpty();
        assertThat(books.status(0).applicationConnections()).isZero();
    }

    @Test
    void isSeenAsWaiting() {
        Client client = books.ask(Target.ANY);
        ApplicationStatus waiting = books.board.applications().get(0);
        assertThat(waiting.instance()).isEqualTo(-1);
        books.advance(Duration.ofSeconds(1));
        books.primary(1, 1);
        ApplicationStatus bound = books.board.applications().get(0);
        assertThat(bound.instance()).isEqualTo(1);
        assertThat(bound.id()).isEqualTo(waiting.id());
        assertThat(Duration.between(waiting.since(), bound.since())).isEqualTo(Duration.ofSeconds(1));
        assertThat(client.told).containsExactly("routed 1");
    }

    @Test
    void firstComeFirstServed() {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int number = i;
            books.ask(Books.request(i % 3 == 0 ? Target.STANDBY : Target.PRIMARY), new Client() {
                @Override
                public void routed(Route to) {
                    order.add(number);
                }
            });
        }
        books.primary(0, 1);
        assertThat(order).containsExactly(1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19);
        books.standby(1, 1);
        assertThat(order.subList(13, order.size())).containsExactly(0, 3, 6, 9, 12, 15, 18);
    }

    @Test
    void aNewSettingConcernsTheNextRequest() {
        Client patient = books.ask(Target.ANY);
        books.settings("random", Duration.ZERO, Duration.ZERO);
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
        assertThat(patient.told).isEmpty();
        books.advance(Duration.ofSeconds(3));
        assertThat(patient.told).containsExactly("refused");
    }

    @Test
    void waitsForAStandbyToCatchUp() {
        books.primary(0, 1).standby(1, 1).beat(1, 100, 0);
        RouteRequest request = new RouteRequest(Target.STANDBY, "test", 1, "direct", 200);
        Client client = books.ask(request, new Client());
        assertThat(client.told).isEmpty();
        books.beat(1, 199, 0);
        assertThat(client.told).isEmpty();
        books.beat(1, 200, 0);
        assertThat(client.told).containsExactly("routed 1");
    }

    @Test
    void waitsForTheLagToGoDownOrTheBoundToGoUp() {
        books.settings("random", Duration.ofSeconds(9), Duration.ofSeconds(1));
        books.standby(0, 1).lag(0, 5000);
        Client first = books.ask(Target.STANDBY);
        assertThat(first.told).isEmpty();
        books.lag(0, 1000);
        assertThat(first.told).containsExactly("routed 0");
        books.lag(0, 5000);
        Client second = books.ask(Target.STANDBY);
        assertThat(second.told).isEmpty();
        books.settings("random", Duration.ofSeconds(9), Duration.ofSeconds(5));
        assertThat(second.told).containsExactly("routed 0");
    }

    @Test
    void aLongerHeartbeatTimeoutMakesAPrimaryOfAnOldFact() {
        books.primary(0, 1).unmonitored(0).advance(Books.HEARTBEAT_TIMEOUT.plusMillis(1));
        Client client = books.ask(Target.PRIMARY);
        assertThat(client.told).isEmpty();
        books.board.heartbeatTimeout(Duration.ofSeconds(20));
        assertThat(client.told).containsExactly("routed 0");
    }

    @Test
    void anOldPrimaryServesWhenTheOneThatOutdidItWasAnEqualAndIsGone() {
        books.primary(0, 1).primary(1, 1).degraded(0, Role.PRIMARY, 1);
        Client client = books.ask(Target.PRIMARY);
        assertThat(client.told).isEmpty();
        books.board.remove(0, "it is no longer configured");
        assertThat(client.told).containsExactly("routed 1");
    }

    @Test
    void stoppingRefusesThoseThatWaitAndEndsTheOthers() {
        Client waits = books.ask(Target.PRIMARY);
        books.standby(0, 1);
        Client bound = books.ask(Target.STANDBY);
        books.board.close();
        books.board.close();
        assertThat(waits.told).containsExactly("refused");
        assertThat(waits.refusal().text())
                .isEqualTo("no instance with target_session_attrs=primary: conmgr is stopping");
        assertThat(bound.told).containsExactly("routed 0", "ended 0 REMOVED");
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
        bound.session().close();
        assertThat(books.time.pending()).isZero();
    }
}
