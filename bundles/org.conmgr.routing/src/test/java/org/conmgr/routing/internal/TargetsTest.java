package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every target in every situation: which instance it gets, {@code -} for none. */
class TargetsTest {
    private static final Duration STALE = Books.HEARTBEAT_TIMEOUT.plusMillis(1);

    /** Columns: any, read-write, read-only, primary, standby, prefer-standby, -primary, -read-only, -read-write. */
    static Stream<Arguments> situations() {
        return Stream.of(
                situation("no instance configured", b -> {}, "- - - - - - - - -"),
                situation("never reached", b -> b.with(2), "- - - - - - - - -"),
                situation("primary alone", b -> b.with(1).primary(0, 1), "0 0 - 0 - 0 0 0 0"),
                situation("read-only primary alone", b -> b.with(1).readOnlyPrimary(0, 1), "0 - 0 0 - 0 0 0 0"),
                situation("standby alone", b -> b.with(1).standby(0, 1), "0 - 0 - 0 0 0 0 0"),
                situation("primary, standby", b -> b.with(2).primary(0, 1).standby(1, 1), "0 0 1 0 1 1 0 1 0"),
                situation(
                        "read-only primary, standby: read-only takes turns",
                        b -> b.with(2).readOnlyPrimary(0, 1).standby(1, 1),
                        "0 - 1 0 1 1 0 1 0"),
                situation(
                        "primary dead, standby",
                        b -> b.with(2).primary(0, 1).standby(1, 1).down(0),
                        "1 - 1 - 1 1 1 1 1"),
                situation("primary, standby dead", b -> b.with(2).primary(0, 1).down(1), "0 0 - 0 - 0 0 0 0"),
                situation("both dead", b -> b.with(2).primary(0, 1).down(0).down(1), "- - - - - - - - -"),
                situation(
                        "dead, then back", b -> b.with(1).primary(0, 1).down(0).primary(0, 1), "0 0 - 0 - 0 0 0 0"),
                situation(
                        "primary degraded, standby",
                        b -> b.with(2).degraded(0, Role.PRIMARY, 1).standby(1, 1),
                        "1 - 1 - 1 1 1 1 1"),
                situation(
                        "primary, standby degraded",
                        b -> b.with(2).primary(0, 1).degraded(1, Role.STANDBY, 1),
                        "0 0 - 0 - 0 0 0 0"),
                situation("primary unmonitored", b -> b.with(1).primary(0, 1).unmonitored(0), "0 0 - 0 - 0 0 0 0"),
                situation(
                        "primary unmonitored for too long",
                        b -> b.with(1).primary(0, 1).unmonitored(0).advance(STALE),
                        "0 - - - - 0 0 0 0"),
                situation(
                        "primary whose watchdog restarts",
                        b -> b.with(1)
                                .primary(0, 1)
                                .restarting(0, STALE.plusSeconds(1))
                                .advance(STALE),
                        "0 0 - 0 - 0 0 0 0"),
                situation(
                        "primary whose watchdog does not come back from its restart",
                        b -> b.with(1)
                                .primary(0, 1)
                                .restarting(0, STALE.plusSeconds(1))
                                .advance(STALE.plusSeconds(2)),
                        "0 - - - - 0 0 0 0"),
                situation(
                        "read-only primary unmonitored for too long",
                        b -> b.with(1).readOnlyPrimary(0, 1).unmonitored(0).advance(STALE),
                        "0 - 0 - - 0 0 0 0"),
                situation(
                        "standby unmonitored for too long",
                        b -> b.with(1).standby(0, 1).unmonitored(0).advance(STALE),
                        "0 - 0 - 0 0 0 0 0"),
                situation("up, silent for long", b -> b.with(1).primary(0, 1).advance(STALE), "0 0 - 0 - 0 0 0 0"),
                situation("unmonitored, never reached", b -> b.with(1).unmonitored(0), "- - - - - - - - -"),
                situation(
                        "unmonitored after a verdict",
                        b -> b.with(1).primary(0, 1).down(0).unmonitored(0),
                        "- - - - - - - - -"),
                situation(
                        "standby 0 unmonitored, standby 1, primary 2: who is watched first",
                        b -> b.with(3).standby(0, 1).standby(1, 1).primary(2, 1).unmonitored(0),
                        "1 2 1 2 1 1 2 1 2"),
                situation(
                        "primary, standby unmonitored: what is preferred before who is watched",
                        b -> b.with(2).primary(0, 1).standby(1, 1).unmonitored(1),
                        "0 0 1 0 1 1 0 1 0"),
                situation(
                        "two primaries, the second on the higher timeline",
                        b -> b.with(2).primary(0, 1).primary(1, 2),
                        "1 1 - 1 - 1 1 1 1"),
                situation(
                        "two primaries, the first on the higher timeline",
                        b -> b.with(2).primary(0, 2).primary(1, 1),
                        "0 0 - 0 - 0 0 0 0"),
                situation(
                        "two primaries on one timeline",
                        b -> b.with(2).primary(1, 1).primary(0, 1),
                        "1 1 - 1 - 1 1 1 1"),
                situation(
                        "old primary alone after the new one died",
                        b -> b.with(2).primary(0, 2).down(0).primary(1, 1),
                        "- - - - - - - - -"),
                situation(
                        "old read-only primary, standby",
                        b -> b.with(3)
                                .primary(0, 2)
                                .down(0)
                                .readOnlyPrimary(1, 1)
                                .standby(2, 2),
                        "2 - 2 - 2 2 2 2 2"),
                situation(
                        "standby too far behind, primary",
                        b -> b.with(2).maxLag(1).primary(0, 1).standby(1, 1).lag(1, 1001),
                        "0 0 - 0 - 0 0 0 0"),
                situation(
                        "standby just not too far behind",
                        b -> b.with(1).maxLag(1).standby(0, 1).lag(0, 1000),
                        "0 - 0 - 0 0 0 0 0"),
                situation(
                        "all standbys too far behind, no primary",
                        b -> b.with(3)
                                .maxLag(1)
                                .standby(0, 1)
                                .standby(1, 1)
                                .standby(2, 1)
                                .lag(0, 3000)
                                .lag(1, 2000),
                        "1 - - - - 1 1 1 1"),
                situation(
                        "lag not known",
                        b -> b.with(2).maxLag(1).standby(0, 1).standby(1, 1).lag(1, 500),
                        "1 - 1 - 1 1 1 1 1"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("situations")
    void eachTarget(String name, Consumer<Books> situation, String expected) {
        Books books = new Books();
        situation.accept(books);
        Map<Target, String> wanted = new LinkedHashMap<>();
        Map<Target, String> previewed = new LinkedHashMap<>();
        Map<Target, String> asked = new LinkedHashMap<>();
        StringTokenizer columns = new StringTokenizer(expected);
        for (Target target : Target.values()) {
            wanted.put(target, columns.nextToken());
            RouteAnswer preview = books.board.preview(Books.request(target));
            previewed.put(target, word(preview));
            Client client = books.ask(target);
            assertThat(client.told).hasSize(1);
            asked.put(target, client.route == null ? word(client.refusal()) : word(client.route()));
            client.session().close();
        }
        assertThat(previewed).isEqualTo(wanted);
        assertThat(asked).isEqualTo(wanted);
        assertThat(books.board.applications()).isEmpty();
    }

    private static String word(RouteAnswer answer) {
        if (answer instanceof Refusal refusal) {
            assertThat(refusal.sqlState()).isEqualTo("08001");
            return "-";
        }
        return String.valueOf(((Route) answer).instance().number());
    }

    private static Arguments situation(String name, Consumer<Books> situation, String expected) {
        return Arguments.of(name, situation, expected);
    }
}
