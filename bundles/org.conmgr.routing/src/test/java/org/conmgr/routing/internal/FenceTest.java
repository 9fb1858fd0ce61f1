package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FenceTest {
    private static final Set<Target> ALL = EnumSet.allOf(Target.class);
    private static final Set<Target> SOFT = EnumSet.of(
            Target.ANY,
            Target.PREFER_PRIMARY,
            Target.PREFER_STANDBY,
            Target.PREFER_READ_ONLY,
            Target.PREFER_READ_WRITE);

    /** What instance 0 was, what happens, and which targets' sessions on it stay. */
    static Stream<Arguments> changes() {
        return Stream.of(
                change("primary demoted", b -> b.primary(0, 1), b -> b.standby(0, 2), SOFT),
                change("standby promoted", b -> b.standby(0, 1), b -> b.primary(0, 2), SOFT),
                change(
                        "standby promoted, read-only by default",
                        b -> b.standby(0, 1),
                        b -> b.readOnlyPrimary(0, 2),
                        with(SOFT, Target.READ_ONLY)),
                change(
                        "primary made read-only",
                        b -> b.primary(0, 1),
                        b -> b.readOnlyPrimary(0, 1),
                        with(SOFT, Target.PRIMARY)),
                change(
                        "read-only primary made writable",
                        b -> b.readOnlyPrimary(0, 1),
                        b -> b.primary(0, 1),
                        with(SOFT, Target.PRIMARY)),
                change("outdone by a newer primary", b -> b.primary(0, 1), b -> b.primary(1, 2), SOFT),
                change("outdone, read-only", b -> b.readOnlyPrimary(0, 1), b -> b.primary(1, 2), SOFT),
                change("an old primary appears", b -> b.primary(0, 2), b -> b.primary(1, 1), ALL),
                change("an equal primary appears", b -> b.primary(0, 1), b -> b.primary(1, 1), ALL),
                change("unmonitored", b -> b.primary(0, 1), b -> b.unmonitored(0), ALL),
                change(
                        "unmonitored for long",
                        b -> b.primary(0, 1),
                        b -> b.unmonitored(0).advance(Books.HEARTBEAT_TIMEOUT.multipliedBy(9)),
                        ALL),
                change("watched again", b -> b.primary(0, 1).unmonitored(0), b -> b.primary(0, 1), ALL),
                change("degraded", b -> b.primary(0, 1), b -> b.degraded(0, Role.PRIMARY, 1), ALL),
                change("timeline not known for a moment", b -> b.primary(0, 2), b -> b.primary(0, 0), ALL),
                change("another instance dies", b -> b.primary(0, 1).standby(1, 1), b -> b.down(1), ALL),
                change(
                        "now of another set",
                        b -> b.primary(0, 1).standby(1, 1),
                        b -> b.board.up(0, new Identity(5, 170004), Books.attributes(Role.PRIMARY, false, 1)),
                        Set.of()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void onlyThoseWhoseTargetNoLongerMatches(
            String name, Consumer<Books> before, Consumer<Books> change, Set<Target> stay) {
        Books books = new Books().with(2);
        before.accept(books);
        Map<Target, Client> clients = new EnumMap<>(Target.class);
        for (Target target : Target.values()) {
            Client client = books.ask(target);
            if (client.route != null && client.route().instance().number() == 0) {
                clients.put(target, client);
            } else {
                client.session().close();
            }
        }
        assertThat(clients).isNotEmpty();
        change.accept(books);
        clients.forEach((target, client) -> assertThat(client.told.subList(1, client.told.size()))
                .as(target.word())
                .isEqualTo(stay.contains(target) ? List.of() : List.of("ended 0 FENCED")));
        assertThat(books.board.applications())
                .hasSize((int) clients.keySet().stream().filter(stay::contains).count());
    }

    @Test
    void saysWhy() {
        Books books = new Books().with(2).primary(0, 1).standby(1, 1);
        Client writer = books.ask(Target.READ_WRITE);
        Client other = books.ask(Target.PRIMARY);
        Client reader = books.ask(Target.STANDBY);
        books.logged();
        books.standby(0, 2);
        assertThat(writer.end().message())
                .isEqualTo("conmgr closed the connection to instance 0 (db1:5432): it is now standby, timeline 2");
        assertThat(other.end().cause()).isEqualTo(SessionEnd.Cause.FENCED);
        assertThat(books.logged())
                .containsExactly("CM5002 ended 2 application connections to instance 0 (db1:5432): it is now standby,"
                        + " timeline 2");
        books.primary(1, 2);
        assertThat(reader.end().reason()).isEqualTo("it is now primary, timeline 2");
    }

    @Test
    void saysWhoOutdidIt() {
        Books books = new Books().with(2).primary(0, 1);
        Client writer = books.ask(Target.READ_WRITE);
        books.primary(1, 2);
        assertThat(writer.end().reason()).isEqualTo("instance 1 (db2:5432) is primary on the higher timeline 2");
    }

    @Test
    void aVerdictEndsEverySessionOfThatInstanceAndNoOther() {
        Books books = new Books().with(2).primary(0, 1).standby(1, 1);
        Client any = books.ask(Target.ANY);
        Client writer = books.ask(Target.READ_WRITE);
        Client reader = books.ask(Target.STANDBY);
        books.logged();
        books.down(0);
        assertThat(any.told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(writer.end().message())
                .isEqualTo("conmgr declared instance 0 (db1:5432) dead: timed out: silent for 2.0 s");
        assertThat(reader.told).containsExactly("routed 1");
        assertThat(books.logged())
                .containsExactly("CM5002 ended 2 application connections to instance 0 (db1:5432): timed out: silent"
                        + " for 2.0 s");
        books.down(0);
        assertThat(books.logged()).as("nobody left to end").isEmpty();
    }

    @Test
    void attributesThatAreNotAliveAreAVerdict() {
        for (InstanceState state :
                EnumSet.of(InstanceState.STOPPED, InstanceState.UNREACHABLE, InstanceState.UNRESPONSIVE)) {
            Books books = new Books().with(1).primary(0, 1);
            Client client = books.ask(Target.ANY);
            Attributes dead = Books.attributes(Role.PRIMARY, false, 1).in(state);
            books.up(0, dead);
            assertThat(client.told).containsExactly("routed 0", "ended 0 DEAD");
            assertThat(client.end().reason())
                    .isEqualTo(
                            state == InstanceState.STOPPED
                                    ? "instance stopped"
                                    : "instance unreachable from its watchdog");
            assertThat(books.status(0).attributes()).isEqualTo(dead);
            assertThat(books.ask(Target.ANY).told).containsExactly("refused");
        }
    }

    @Test
    void aRemovedInstanceEndsItsSessionsAndNoOther() {
        Books books = new Books().with(2).primary(0, 1).standby(1, 1);
        Client writer = books.ask(Target.READ_WRITE);
        Client reader = books.ask(Target.STANDBY);
        books.board.remove(0, "its configuration has changed");
        assertThat(writer.told).containsExactly("routed 0", "ended 0 REMOVED");
        assertThat(writer.end().message())
                .isEqualTo("conmgr no longer watches instance 0 (db1:5432): its configuration has changed");
        assertThat(reader.told).containsExactly("routed 1");
        books.board.remove(0, "it is no longer configured");
        books.primary(0, 1).down(0).unmonitored(0).beat(0, 1, 1);
        assertThat(books.board.instances()).hasSize(1);
    }

    private static Set<Target> with(Set<Target> some, Target more) {
        Set<Target> all = EnumSet.copyOf(some);
        all.add(more);
        return all;
    }

    private static Arguments change(String name, Consumer<Books> before, Consumer<Books> change, Set<Target> stay) {
        return Arguments.of(name, before, change, stay);
    }
}
