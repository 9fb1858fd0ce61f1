package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

/** What observers are told, and what they may do when told; and what the views show. */
class ObserversTest {
    private final Books books = new Books().with(2).primary(0, 1).standby(1, 1);

    @Test
    void oneThatThrowsHarmsNoOther() {
        Client first = books.ask(Target.ANY);
        Client broken = books.ask(Books.request(Target.PRIMARY), new Client() {
            @Override
            public void routed(Route to) {
                super.routed(to);
                throw new IllegalStateException("expected at routed");
            }

            @Override
            public void ended(SessionEnd how) {
                super.ended(how);
                throw new AssertionError("expected at ended");
            }
        });
        Client last = books.ask(Target.PRIMARY);
        assertThat(books.logged())
                .containsExactly("CM9001 the observer of application connection 2 (test) failed and goes on:"
                        + " java.lang.IllegalStateException: expected at routed");
        books.down(0);
        assertThat(first.told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(broken.told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(last.told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(books.logged()).anyMatch(line -> line.contains("expected at ended"));
    }

    @Test
    void mayAskAgainWhenEnded() {
        List<Client> again = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            books.ask(Books.request(Target.PREFER_PRIMARY), new Client() {
                @Override
                public void ended(SessionEnd how) {
                    super.ended(how);
                    again.add(books.ask(Target.PREFER_PRIMARY));
                }
            });
        }
        books.down(0);
        assertThat(again).hasSize(3).allSatisfy(client -> assertThat(client.told)
                .containsExactly("routed 1"));
        assertThat(books.status(1).applicationConnections()).isEqualTo(3);
        assertThat(books.status(0).applicationConnections()).isZero();
    }

    @Test
    void mayAskAgainWhenRefused() {
        List<String> order = new ArrayList<>();
        books.down(0).down(1);
        books.ask(Books.request(Target.PRIMARY), new Client() {
            @Override
            public void refused(Refusal why) {
                order.add("refused");
                books.primary(0, 1);
                order.addAll(books.ask(Target.PRIMARY).told);
            }
        });
        assertThat(order).containsExactly("refused", "routed 0");
    }

    @Test
    void mayCloseWhenToldSoNothingMoreComes() {
        books.routeWait(1);
        books.down(0);
        Client client = books.ask(Books.request(Target.PRIMARY), new Client() {
            @Override
            public void routed(Route to) {
                super.routed(to);
                session().close();
                books.down(0);
            }
        });
        books.primary(0, 1);
        assertThat(client.told).containsExactly("routed 0");
        assertThat(books.board.applications()).isEmpty();
    }

    @Test
    void mayCloseOthersWhenEnded() {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(books.ask(Books.request(Target.PRIMARY), new Client() {
                @Override
                public void ended(SessionEnd how) {
                    super.ended(how);
                    clients.forEach(client -> client.session().close());
                }
            }));
        }
        books.down(0);
        assertThat(clients.get(0).told).containsExactly("routed 0", "ended 0 DEAD");
        assertThat(clients.get(1).told).containsExactly("routed 0");
        assertThat(clients.get(2).told).containsExactly("routed 0");
    }

    @Test
    void areToldUnderNoLock() {
        List<Integer> seen = new ArrayList<>();
        books.ask(Books.request(Target.PRIMARY), new Client() {
            @Override
            public void ended(SessionEnd how) {
                elsewhere(() -> seen.add(books.board.applications().size()));
            }
        });
        books.ask(Target.PRIMARY);
        books.down(0);
        assertThat(seen).containsExactly(0);
    }

    @Test
    void areToldOneThingAtATimeByTheThreadThatIsAtIt() {
        List<Thread> tellers = new ArrayList<>();
        Client client = new Client() {
            @Override
            public void routed(Route to) {
                super.routed(to);
                elsewhere(() -> books.down(0));
                told.add("routed done");
            }

            @Override
            public void ended(SessionEnd how) {
                super.ended(how);
                tellers.add(Thread.currentThread());
            }
        };
        books.ask(Books.request(Target.PRIMARY), client);
        assertThat(client.told).containsExactly("routed 0", "routed done", "ended 0 DEAD");
        assertThat(tellers).containsExactly(Thread.currentThread());
    }

    /** Does it on another thread, at once, and waits for that. */
    private static void elsewhere(Runnable work) {
        try {
            CompletableFuture.runAsync(work).get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void areToldNothingAfterClosing() {
        Client client = books.ask(Target.PRIMARY);
        client.session().close();
        client.session().close();
        client.session().connected(socket(1));
        books.down(0);
        assertThat(client.told).containsExactly("routed 0");
        assertThat(books.logged()).as("no session to end").isEmpty();
    }

    @Test
    void theWatchdogSideIsToldTheSocketsTogether() {
        List<Set<InetSocketAddress>> told = books.sockets.get(0);
        Client first = books.ask(Target.PRIMARY);
        Client second = books.ask(Target.PRIMARY);
        books.advance(Duration.ofSeconds(1));
        assertThat(told).as("no socket known yet").isEmpty();
        first.session().connected(socket(1));
        second.session().connected(socket(2));
        second.session().connected(socket(2));
        books.advance(Switchboard.SOCKETS_DELAY);
        assertThat(told).containsExactly(Set.of(socket(1), socket(2)));
        second.session().connected(socket(2));
        books.advance(Duration.ofSeconds(1));
        assertThat(told).as("no news").hasSize(1);
        second.session().connected(socket(3));
        books.advance(Switchboard.SOCKETS_DELAY);
        first.session().close();
        books.advance(Switchboard.SOCKETS_PAUSE);
        assertThat(told.subList(1, told.size())).containsExactly(Set.of(socket(1), socket(3)), Set.of(socket(3)));
        books.down(0);
        books.advance(Switchboard.SOCKETS_PAUSE);
        assertThat(told).last().isEqualTo(Set.of());
        assertThat(books.sockets.get(1)).isEmpty();
        assertThat(books.time.pending()).isZero();
    }

    @Test
    void socketsThatComeAndGoAreToldNowAndThen() {
        List<Set<InetSocketAddress>> told = books.sockets.get(0);
        Duration rest = Switchboard.SOCKETS_PAUSE.minus(Switchboard.SOCKETS_DELAY);
        Client first = books.ask(Target.PRIMARY);
        first.session().connected(socket(1));
        books.advance(Switchboard.SOCKETS_DELAY);
        assertThat(told).containsExactly(Set.of(socket(1)));
        first.session().connected(socket(2));
        books.advance(Switchboard.SOCKETS_DELAY);
        first.session().connected(socket(3));
        books.advance(rest.minusNanos(1));
        assertThat(told).hasSize(1);
        books.advance(Duration.ofNanos(1));
        assertThat(told.subList(1, told.size())).containsExactly(Set.of(socket(3)));
        books.advance(Switchboard.SOCKETS_PAUSE);
        first.session().close();
        books.advance(Switchboard.SOCKETS_DELAY);
        assertThat(told).as("told soon after a rest").last().isEqualTo(Set.of());
    }

    @Test
    void aRemovedInstancesObserverIsLeftAlone() {
        Client client = books.ask(Target.PRIMARY);
        client.session().connected(socket(1));
        books.board.remove(0, "it is no longer configured");
        books.add(0);
        books.advance(Duration.ofSeconds(1));
        assertThat(books.sockets.get(0)).isEmpty();
    }

    @Test
    void aSocketsObserverThatThrowsIsCalledAgain() {
        List<Set<InetSocketAddress>> told = new ArrayList<>();
        books.board.add(Books.instance(2), sockets -> {
            told.add(sockets);
            throw new IllegalStateException("expected");
        });
        books.primary(2, 2);
        Client client = books.ask(Target.PRIMARY);
        client.session().connected(socket(1));
        books.advance(Switchboard.SOCKETS_DELAY);
        client.session().close();
        books.advance(Switchboard.SOCKETS_PAUSE);
        assertThat(told).containsExactly(Set.of(socket(1)), Set.of());
        assertThat(books.logged()).filteredOn(line -> line.startsWith("CM9001")).hasSize(2);
    }

    @Test
    void aNumberIsTakenOnce() {
        assertThatThrownBy(() -> books.add(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("instance number 1 is taken by instance 1 (db2:5432) (expected: one that is free)");
        assertThatThrownBy(() -> books.board.heartbeatTimeout(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void viewsShowApplicationsOldestFirst() {
        Client writer = books.ask(Target.PRIMARY);
        books.ask(Target.STANDBY);
        writer.session().connected(socket(1));
        books.advance(Duration.ofSeconds(1));
        books.ask(Target.ANY);
        List<ApplicationStatus> all = books.board.applications();
        assertThat(all).extracting(ApplicationStatus::id).containsExactly(1L, 2L, 3L);
        assertThat(all).extracting(ApplicationStatus::instance).containsExactly(0, 1, 0);
        assertThat(all.get(0).sqlSocket()).isEqualTo(socket(1));
        assertThat(all.get(1).request()).isEqualTo(Books.request(Target.STANDBY));
        assertThat(Duration.between(all.get(0).since(), all.get(2).since())).isEqualTo(Duration.ofSeconds(1));
        assertThatThrownBy(() -> all.remove(0)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> books.board.instances().remove(0)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void viewsShowTheLifeOfAnInstance() {
        books.add(5);
        assertThat(books.status(5).link()).isEqualTo(LinkState.CONNECTING);
        assertThat(books.status(5).attributes()).isNull();
        books.advance(Duration.ofSeconds(5));
        books.standby(5, 1);
        InstanceStatus up = books.status(5);
        assertThat(up.link()).isEqualTo(LinkState.UP);
        assertThat(up.since()).isEqualTo(books.time.instant());
        assertThat(up.identity()).isEqualTo(Books.IDENTITY);
        assertThat(up.lastBeat()).isNull();
        books.advance(Duration.ofSeconds(1));
        books.beat(5, 77, 1).standby(5, 1);
        assertThat(books.status(5).lastBeat()).isEqualTo(books.time.instant());
        assertThat(books.status(5).progress().lsn()).isEqualTo(77);
        assertThat(books.status(5).since()).as("still up").isEqualTo(up.since());
        books.unmonitored(5);
        assertThat(books.status(5).link()).isEqualTo(LinkState.UNMONITORED);
        assertThat(books.status(5).note()).isEqualTo("watchdog gone");
        books.down(5);
        InstanceStatus down = books.status(5);
        assertThat(down.link()).isEqualTo(LinkState.DOWN);
        assertThat(down.verdict()).isEqualTo(books.verdict(VerdictReason.TIMED_OUT));
        assertThat(down.note()).isEmpty();
        assertThat(down.attributes()).isNotNull();
        books.advance(Duration.ofSeconds(1));
        books.board.down(5, books.verdict(VerdictReason.REFUSED));
        assertThat(books.status(5).since()).as("still down").isEqualTo(down.since());
        assertThat(books.board.instances())
                .extracting(status -> status.instance().number())
                .containsExactly(0, 1, 5);
    }

    static InetSocketAddress socket(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
