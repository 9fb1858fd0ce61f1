package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final Books books = new Books().with(1).primary(0, 1);

    @Test
    void whenItRefusesSessionsStayAndAreStillToldAndBooked() {
        Client before = books.ask(Target.PRIMARY);
        books.board.refuse();
        books.board.refuse();
        Client after = books.ask(Target.PRIMARY);

        assertThat(after.told).containsExactly("refused");
        assertThat(after.refusal().sqlState()).isEqualTo("08001");
        assertThat(after.refusal().text())
                .isEqualTo("no instance with target_session_attrs=primary: conmgr is stopping");
        assertThat(books.board.applications()).hasSize(1);
        before.session().connected(ObserversTest.socket(1));
        books.advance(Duration.ofSeconds(1));
        assertThat(books.sockets.get(0)).isEqualTo(List.of(Set.of(ObserversTest.socket(1))));
        books.down(0);
        assertThat(before.told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(books.board.applications()).isEmpty();
    }

    @Test
    void whenItRefusesThoseThatWaitAreRefused() {
        books.routeWait(10);
        Client waiting = books.ask(Target.STANDBY);
        books.board.refuse();

        assertThat(waiting.refusal().text()).endsWith("conmgr is stopping");
        assertThat(books.board.applications()).isEmpty();
        assertThat(books.ask(Target.STANDBY).told).containsExactly("refused");
    }

    @Test
    void instancesComeAndGoWhileItRefuses() {
        books.board.refuse();
        books.add(1);
        books.standby(1, 1);
        books.down(0);

        assertThat(books.board.instances()).hasSize(2);
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
    }

    @Test
    void theEndIsToldToEverybody() {
        Client client = books.ask(Target.ANY);
        books.board.end();
        books.board.end();
        books.board.close();

        assertThat(client.told).containsExactly("routed 0", "ended 0 REMOVED");
        assertThat(client.end().message())
                .isEqualTo("conmgr no longer watches instance 0 (db1:5432): conmgr is stopping");
        assertThat(books.ask(Target.ANY).told).containsExactly("refused");
    }
}
