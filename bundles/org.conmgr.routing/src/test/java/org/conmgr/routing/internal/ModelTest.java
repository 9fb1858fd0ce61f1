package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random histories against {@link Model}. A failure names its seed: put it into {@code FIRST_SEED} to see it again. */
class ModelTest {
    private static final int FIRST_SEED = 1;
    private static final int HISTORIES = 1000;
    private static final int EVENTS = 150;
    private static final int NUMBERS = 4;
    private static final List<Target> TARGETS = List.of(Target.values());
    private static final List<InstanceState> STATES = List.of(InstanceState.values());

    @Test
    void everyHistoryKeepsThePromises() {
        int events = 0;
        int routed = 0;
        for (int seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            History history = new History(seed);
            try {
                for (int event = 0; event < EVENTS; event++, events++) {
                    history.step();
                    history.check();
                }
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ":\n" + String.join("\n", history.script), e);
            }
            routed += history.routed;
        }
        System.out.println("model: " + HISTORIES + " histories, " + events + " events, " + routed + " sessions routed");
        assertThat(routed).as("enough happened").isGreaterThan(HISTORIES);
    }

    private static final class History {
        final List<String> script = new ArrayList<>();
        final Random random;
        final Books books = new Books();
        final Model model = new Model();
        final TreeMap<Integer, App> live = new TreeMap<>();
        Duration routeWait = Duration.ZERO;
        int apps;

        /** While an application asks again before others have been told what has long been decided. */
        boolean nested;

        int routed;
        int ports;

        History(int seed) {
            random = new Random(seed);
        }

        void step() {
            int number = random.nextInt(NUMBERS);
            model.now = books.time.nanoTime();
            switch (random.nextInt(16)) {
                case 0 -> addOrRemove(number);
                case 1, 2, 3 -> up(number);
                case 4 -> down(number);
                case 5 -> unmonitored(number);
                case 6, 7 -> beat(number);
                case 8 -> settings();
                case 9 -> close();
                case 10 -> connect();
                case 11, 12 -> advance();
                default -> ask();
            }
        }

        void addOrRemove(int number) {
            if (model.facts.containsKey(number) && random.nextInt(4) > 0) {
                return;
            }
            script.add("add or remove " + number);
            if (model.facts.remove(number) != null) {
                model.settle();
                books.board.remove(number, "it is no longer configured");
            } else {
                model.facts.put(number, new Model.Fact(number));
                model.settle();
                books.sockets.remove(number);
                books.add(number);
            }
        }

        void up(int number) {
            Attributes attributes = new Attributes(
                    random.nextInt(4) > 0 ? InstanceState.ACCEPTING : STATES.get(random.nextInt(STATES.size())),
                    random.nextInt(3) == 0 ? Role.PRIMARY : Role.STANDBY,
                    random.nextInt(4) == 0,
                    random.nextInt(4));
            long identifier = random.nextInt(12) == 0 ? random.nextInt(3) : Books.IDENTITY.systemIdentifier();
            script.add("up " + number + " " + attributes + " of " + identifier);
            Model.Fact fact = model.facts.get(number);
            if (fact != null && !attributes.state().alive()) {
                fact.link = LinkState.DOWN;
                fact.confirmed = false;
            } else if (fact != null) {
                if (fact.link != LinkState.UP) {
                    fact.lsn = -1;
                    fact.lag = -1;
                }
                fact.timeline = attributes.timeline() == 0 && fact.identifier == identifier
                        ? fact.timeline
                        : attributes.timeline();
                fact.link = LinkState.UP;
                fact.confirmed = true;
                fact.state = attributes.state();
                fact.role = attributes.role();
                fact.readOnly = attributes.defaultTransactionReadOnly();
                fact.identifier = identifier;
                fact.heardAt = model.now;
            }
            model.settle();
            books.board.up(number, new Identity(identifier, 170004), attributes);
        }

        void down(int number) {
            script.add("down " + number);
            Model.Fact fact = model.facts.get(number);
            if (fact != null) {
                fact.link = LinkState.DOWN;
                fact.confirmed = false;
            }
            model.settle();
            books.down(number);
        }

        void unmonitored(int number) {
            script.add("unmonitored " + number);
            Model.Fact fact = model.facts.get(number);
            if (fact != null) {
                fact.link = LinkState.UNMONITORED;
            }
            model.settle();
            books.unmonitored(number);
        }

        void beat(int number) {
            long lsn = random.nextInt(100);
            long lag = random.nextInt(4) * 500L;
            script.add("beat " + number + " lsn " + lsn + " lag " + lag);
            Model.Fact fact = model.facts.get(number);
            if (fact != null && fact.link == LinkState.UP) {
                fact.lsn = lsn;
                fact.lag = lag;
                fact.heardAt = model.now;
            }
            books.beat(number, lsn, lag);
        }

        void settings() {
            routeWait = Duration.ofSeconds(random.nextInt(3));
            model.maxLag = random.nextInt(2) * 1000L;
            String policy =
                    List.of("fewest-connections", "round-robin", "random").get(random.nextInt(3));
            script.add("settings " + policy + " wait " + routeWait + " lag " + model.maxLag);
            books.settings(policy, routeWait, Duration.ofMillis(model.maxLag));
        }

        void ask() {
            Target target = TARGETS.get(random.nextInt(TARGETS.size()));
            long minLsn = random.nextInt(4) == 0 ? 1 + random.nextInt(100) : 0;
            App app = new App(++apps, target, minLsn);
            script.add("ask " + app.number + " " + target.word() + " min_lsn " + minLsn);
            live.put(app.number, app);
            app.deadline = model.now + routeWait.toNanos();
            List<Integer> suitable = model.suitable(target, minLsn);
            books.ask(app.request, app);
            if (suitable.isEmpty()) {
                assertThat(app.told).isEqualTo(routeWait.isZero() ? List.of("refused") : List.of());
            } else {
                assertThat(app.told).first().asString().startsWith("routed ");
            }
        }

        void close() {
            if (!live.isEmpty()) {
                App app = any();
                script.add("close " + app.number);
                app.closed = true;
                live.remove(app.number);
                app.session().close();
            }
        }

        void connect() {
            if (!live.isEmpty()) {
                App app = any();
                InetSocketAddress socket = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1 + ports++);
                script.add("connected " + app.number + " " + socket);
                app.socket = app.instance < 0 ? null : socket;
                app.session().connected(socket);
            }
        }

        void advance() {
            Duration span = Duration.ofMillis(random.nextInt(3) * 700L);
            script.add("advance " + span);
            books.advance(span);
            model.now = books.time.nanoTime();
            if (span.isZero()) {
                return;
            }
            for (int number : model.facts.keySet()) {
                Set<InetSocketAddress> expected = new HashSet<>();
                live.values().stream()
                        .filter(app -> app.instance == number && app.socket != null)
                        .forEach(app -> expected.add(app.socket));
                List<Set<InetSocketAddress>> told = Objects.requireNonNull(books.sockets.get(number));
                assertThat(told.isEmpty() ? Set.of() : told.get(told.size() - 1))
                        .isEqualTo(expected);
            }
        }

        App any() {
            List<App> all = List.copyOf(live.values());
            return all.get(random.nextInt(all.size()));
        }

        /** What must hold between any two events. Plain comparisons: it runs some hundred thousand times. */
        void check() {
            int[] counts = new int[NUMBERS];
            List<ApplicationStatus> shown = books.board.applications();
            require(shown.size() == live.size(), "as many applications as there are", shown);
            Iterator<ApplicationStatus> next = shown.iterator();
            for (App app : live.values()) {
                require(next.next().instance() == app.instance, "oldest first, where they are", shown);
                if (app.instance >= 0) {
                    require(model.keeps(app.target, app.instance), "may be there", app);
                    counts[app.instance]++;
                } else {
                    require(model.suitable(app.target, app.minLsn).isEmpty(), "need not wait", app);
                    require(app.deadline > model.now, "waits too long", app);
                }
            }
            for (InstanceStatus status : books.board.instances()) {
                int number = status.instance().number();
                require(status.link() == model.fact(number).link, "link", status);
                require(status.applicationConnections() == counts[number], "count", status);
            }
            List<LogMessage> failures = books.log.messages(Message.SUPERVISED_FAILURE);
            require(failures.isEmpty(), "failures", failures);
        }

        private static void require(boolean held, String what, Object about) {
            if (!held) {
                throw new AssertionError(what + ": " + about);
            }
        }

        /** Checks every call at the moment it comes. */
        private final class App extends Client {
            final int number;
            final Target target;
            final long minLsn;
            final RouteRequest request;
            long deadline;
            int instance = -1;

            @Nullable
            InetSocketAddress socket;

            boolean closed;

            App(int number, Target target, long minLsn) {
                this.number = number;
                this.target = target;
                this.minLsn = minLsn;
                this.request = new RouteRequest(target, "app " + number, number, "direct", minLsn);
            }

            @Override
            public void routed(Route to) {
                super.routed(to);
                model.now = books.time.nanoTime();
                assertThat(told).as("first and only answer").hasSize(1);
                assertThat(closed).isFalse();
                instance = to.instance().number();
                assertThat(model.suitable(target, minLsn)).contains(instance);
                assertThat(to.monitored()).isEqualTo(model.fact(instance).link == LinkState.UP);
                assertThat(to.role()).isEqualTo(model.fact(instance).role);
                goesOnAsItWouldBeSent(to);
                if (!nested) {
                    live.headMap(number).values().forEach(this::hadItsTurn);
                }
                routed++;
                if (number % 7 == 0 && session != null) {
                    leave();
                }
            }

            /** A driver that goes on by itself comes to none that it would not be sent to. */
            private void goesOnAsItWouldBeSent(Route to) {
                List<Integer> left = new ArrayList<>(List.of(instance));
                to.others().forEach(other -> left.add(other.number()));
                Set<Integer> failed = new HashSet<>();
                Optional<Integer> next = model.taken(target, left);
                while (next.isPresent()) {
                    int taken = next.get();
                    require(model.suitable(target, minLsn, failed).contains(taken), "taken of " + left, this);
                    failed.add(taken);
                    left.remove((Integer) taken);
                    next = model.taken(target, left);
                }
            }

            @Override
            public void refused(Refusal why) {
                super.refused(why);
                model.now = books.time.nanoTime();
                assertThat(told).as("first and only answer").hasSize(1);
                assertThat(closed).isFalse();
                assertThat(model.suitable(target, minLsn)).isEmpty();
                assertThat(model.now).isEqualTo(deadline);
                live.remove(number);
            }

            @Override
            public void ended(SessionEnd how) {
                super.ended(how);
                assertThat(told).as("the answer, then the end").hasSize(2);
                assertThat(closed).isFalse();
                assertThat(how.instance().number()).isEqualTo(instance);
                Model.Fact fact = model.facts.get(instance);
                assertThat(how.cause())
                        .isEqualTo(
                                fact == null
                                        ? SessionEnd.Cause.REMOVED
                                        : fact.link == LinkState.DOWN
                                                ? SessionEnd.Cause.DEAD
                                                : SessionEnd.Cause.FENCED);
                assertThat(model.keeps(target, instance)).isFalse();
                live.remove(number);
                if (number % 5 == 0) {
                    nested = true;
                    ask();
                    nested = false;
                }
            }

            @Override
            public String toString() {
                return request + " on " + instance;
            }

            private void hadItsTurn(App earlier) {
                assertThat(earlier.instance >= 0 || earlier.target != target || earlier.minLsn > minLsn)
                        .as("first come, first served: %s before %s", earlier.request, request)
                        .isTrue();
            }

            private void leave() {
                closed = true;
                live.remove(number);
                session().close();
            }
        }
    }
}
