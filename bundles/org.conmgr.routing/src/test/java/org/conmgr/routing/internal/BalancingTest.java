package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

class BalancingTest {
    private final Books books = new Books().with(3).standby(0, 1).standby(1, 1).standby(2, 1);

    @Test
    void fewestConnectionsFirst() {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            clients.add(books.ask(Target.STANDBY));
        }
        assertThat(counts()).containsExactly(3, 3, 3);
        clients.get(1).session().close();
        clients.get(4).session().close();
        assertThat(counts()).containsExactly(3, 1, 3);
        assertThat(numbers(2)).containsExactly(1, 1);
    }

    @Test
    void fewestConnectionsTakesTurnsAmongEquals() {
        for (int round = 0; round < 3; round++) {
            for (int expected = 0; expected < 3; expected++) {
                Client client = books.ask(Target.STANDBY);
                assertThat(client.told).containsExactly("routed " + expected);
                client.session().close();
            }
        }
    }

    @Test
    void turnsAreTakenAmongThoseThatFit() {
        books.primary(0, 2);
        List<Integer> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Client writer = books.ask(Target.PRIMARY);
            Client reader = books.ask(Target.STANDBY);
            readers.add(reader.route().instance().number());
            writer.session().close();
            reader.session().close();
        }
        assertThat(readers).containsExactly(1, 2, 1, 2, 1, 2);
    }

    @Test
    void roundRobinIgnoresHowManyThereAre() {
        use("round-robin");
        assertThat(numbers(2)).containsExactly(0, 1);
        books.down(2).down(0);
        assertThat(numbers(3)).containsExactly(1, 1, 1);
        books.standby(2, 1).standby(0, 1);
        assertThat(numbers(6)).containsExactly(2, 0, 1, 2, 0, 1);
    }

    @Test
    void randomUsesAll() {
        use("random");
        assertThat(new TreeSet<>(numbers(200))).isEqualTo(Set.of(0, 1, 2));
        RandomPolicy last = new RandomPolicy(sides -> sides - 1);
        books.board.with(books.log, List.of(last));
        assertThat(numbers(3)).containsExactly(2, 2, 2);
    }

    @Test
    void aPreviewTakesNobodysTurn() {
        for (int i = 0; i < 5; i++) {
            assertThat(books.board.preview(Books.request(Target.STANDBY)))
                    .isEqualTo(books.board.preview(Books.request(Target.STANDBY)));
        }
        assertThat(numbers(3)).containsExactly(0, 1, 2);
        assertThat(books.board.preview(Books.request(Target.STANDBY)))
                .isEqualTo(books.ask(Target.STANDBY).route());
    }

    @Test
    void aMissingPolicyIsReportedOnceAndStoodInFor() {
        use("by-moon-phase");
        assertThat(numbers(6)).containsExactly(0, 1, 2, 0, 1, 2);
        assertThat(books.logged())
                .containsExactly(
                        "CM5007 org.conmgr.routing: balance_policy names \"by-moon-phase\", but there is no such"
                                + " policy, only fewest-connections, random, round-robin: fewest-connections is used until it is"
                                + " there");
        BalancePolicy lunar = policy("by-moon-phase", 2);
        books.board.with(books.log, List.of(lunar));
        assertThat(numbers(2)).containsExactly(2, 2);
        books.board.with(books.log, List.of());
        numbers(2);
        assertThat(books.logged())
                .as("gone again, with all others")
                .singleElement()
                .asString()
                .contains("only fewest-connections: fewest-connections is used");
    }

    @Test
    void aFailingPolicyIsReportedOnceAndStoodInFor() {
        BalancePolicy broken = new BalancePolicy() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Candidate choose(List<Candidate> candidates) {
                throw new IllegalStateException("expected");
            }
        };
        books.board.with(books.log, List.of(broken));
        use("broken");
        assertThat(numbers(6)).containsExactly(0, 1, 2, 0, 1, 2);
        assertThat(books.logged())
                .singleElement()
                .asString()
                .startsWith("CM9001 balance policy ")
                .contains("expected");
    }

    @Test
    void aPolicyThatChoosesNoneOfThemIsStoodInFor() {
        BalancePolicy wrong = policy("wrong", -1);
        books.board.with(books.log, List.of(wrong));
        use("wrong");
        assertThat(numbers(3)).containsExactly(0, 1, 2);
        assertThat(books.logged()).singleElement().asString().contains("it chose none of the candidates");
    }

    private static BalancePolicy policy(String name, int index) {
        return new BalancePolicy() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Candidate choose(List<Candidate> candidates) {
                Candidate first = candidates.get(0);
                return index < 0
                        ? new Candidate(99, 0, 0, first.attributes(), first.progress())
                        : candidates.get(index);
            }
        };
    }

    private void use(String policy) {
        books.settings(policy, Duration.ZERO, Duration.ZERO);
    }

    private List<Integer> numbers(int asks) {
        return IntStream.range(0, asks)
                .mapToObj(i -> books.ask(Target.STANDBY).route().instance().number())
                .toList();
    }

    private List<Integer> counts() {
        return books.board.instances().stream()
                .map(status -> status.applicationConnections())
                .toList();
    }

    @Test
    void theOneAskedForIsChosenAmongTheBestOnly() {
        Books mixed = new Books().with(3);
        mixed.primary(0, 1).standby(1, 1).standby(2, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(mixed.ask(preferring(2), new Client()).told).containsExactly("routed 2");
        }
        assertThat(mixed.ask(preferring(0), new Client()).told)
                .as("the primary is no standby")
                .containsExactly("routed 1");
    }

    @Test
    void anInstanceThatIsAvoidedIsNotChosenAndNamedInTheRefusal() {
        Books mixed = new Books().with(3);
        mixed.primary(0, 1).standby(1, 1).standby(2, 1);
        assertThat(mixed.ask(avoiding(Set.of(1)), new Client()).told).containsExactly("routed 2");
        Client refused = mixed.ask(avoiding(Set.of(1, 2)), new Client());
        assertThat(refused.told).containsExactly("refused");
    }

    private static RouteRequest preferring(int number) {
        return new RouteRequest(Target.STANDBY, "test", 1, "libpq", 0, Set.of(), number);
    }

    private static RouteRequest avoiding(Set<Integer> numbers) {
        return new RouteRequest(Target.STANDBY, "test", 1, "libpq", 0, numbers, RouteRequest.NO_PREFERENCE);
    }
}
