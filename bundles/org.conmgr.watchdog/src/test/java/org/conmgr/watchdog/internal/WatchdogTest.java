package org.conmgr.watchdog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminated;
import org.conmgr.api.watchdog.Termination;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.api.watchdog.WatchdogView;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.LinkStatus;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a watchdog decides, between scripted neighbours; the neighbours themselves are tested on the real thing. */
@NullUnmarked
class WatchdogTest {
    private static final Identity IDENTITY = new Identity(7, 170004);
    private static final Attributes PRIMARY = new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1);
    private static final InetSocketAddress SESSION = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    private final RecordingLog log = new RecordingLog();
    private final ScriptedChecker checker = new ScriptedChecker();
    private final RecordingTerminator terminator = new RecordingTerminator();
    private final RecordingPublisher publisher = new RecordingPublisher();
    private final RecordingAcceptor acceptor = new RecordingAcceptor();
    private final List<Watchdog> started = new ArrayList<>();

    @AfterEach
    void close() {
        started.forEach(Watchdog::close);
    }

    private Watchdog start(Map<String, String> settings) {
        Watchdog watchdog = new Watchdog(settings(settings), acceptor, checker, terminator, publisher, log);
        started.add(watchdog);
        watchdog.start();
        Await.until("listening", () -> acceptor.endpoint.open);
        return watchdog;
    }

    private static WatchdogSettings settings(Map<String, String> settings) {
        return WatchdogSettings.of("pg1", Configs.of(WatchdogConfig.class, settings));
    }

    private static Observation.Seen seen(Attributes attributes) {
        return new Observation.Seen(IDENTITY, attributes, Progress.UNKNOWN, 100);
    }

    private static Loss loss(VerdictReason reason, boolean awaited, boolean hostAlive) {
        return loss("192.0.2.7", reason, awaited, hostAlive);
    }

    private static Loss loss(String address, VerdictReason reason, boolean awaited, boolean hostAlive) {
        return loss(peer(address), reason, awaited, hostAlive);
    }

    private static Loss loss(Peer peer, VerdictReason reason, boolean awaited, boolean hostAlive) {
        return new Loss(peer, new Verdict(reason, "", Instant.EPOCH), awaited, Set.of(SESSION), hostAlive);
    }

    private static Peer peer(String address) {
        return peer(new UUID(1, 2), address);
    }

    /** Another conmgr of the same host. */
    private static Peer other(String address) {
        return peer(new UUID(3, 4), address);
    }

    private static Peer peer(UUID id, String address) {
        try {
            return new Peer(
                    id,
                    "c1",
                    new InetSocketAddress(InetAddress.getByName(address), 40000),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2));
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void publishesWhatTheCheckerSeesAndOnlyChanges() {
        start(Map.of("check_attr_interval", "1"));
        checker.answers.add(seen(PRIMARY));
        checker.answers.add(seen(PRIMARY));
        checker.answers.add(seen(PRIMARY));
        checker.answers.add(seen(new Attributes(InstanceState.ACCEPTING, Role.STANDBY, false, 2)));
        checker.answers.add(new Observation.Lost(InstanceState.STOPPED, "refused", false));
        checker.answers.add(new Observation.Lost(InstanceState.STOPPED, "refused", false));
        checker.answers.add(seen(PRIMARY));
        Await.until("all is published", () -> acceptor.endpoint.published.size() >= 5);
        assertThat(acceptor.endpoint.published)
                .containsExactly(
                        "standby, unreachable, timeline 0 its watchdog has not reached it yet",
                        "primary, timeline 1 ",
                        "standby, timeline 2 ",
                        "standby, stopped, timeline 2 refused",
                        "primary, timeline 1 ");
        assertThat(log.messages(Message.INSTANCE_LOST)).hasSize(1);
        assertThat(acceptor.endpoint.limit).isEqualTo(100);
    }

    @Test
    void anUnansweredCheckMakesTheInstanceUnresponsiveUntilItAnswers() {
        start(Map.of("check_attr_interval", "1", "check_timeout", "100"));
        checker.answers.add(seen(PRIMARY));
        Await.until(
                "unresponsive",
                () -> acceptor.endpoint.published.contains(
                        "primary, unresponsive, timeline 1 no answer to a check within 100ms"));
        checker.answers.add(seen(PRIMARY));
        Await.until("back", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
    }

    @Test
    void aLoginThatHangsIsNoNewsOfALostInstance() {
        start(Map.of("check_attr_interval", "1", "check_timeout", "50"));
        checker.answers.add(seen(PRIMARY));
        Await.until("unresponsive", () -> log.messages(Message.INSTANCE_LOST).size() == 1);
        checker.answers.add(new Observation.Lost(InstanceState.UNREACHABLE, "no login", false));
        Await.until("lost", () -> acceptor.endpoint.last().equals("primary, unreachable, timeline 1 no login"));
        long lost = System.nanoTime();
        Await.until(
                "the next has hung for long",
                () -> System.nanoTime() - lost > Duration.ofMillis(500).toNanos());
        checker.answers.add(new Observation.Lost(InstanceState.UNREACHABLE, "no login", false));
        Await.until("it is over", checker.answers::isEmpty);
        assertThat(acceptor.endpoint.last()).isEqualTo("primary, unreachable, timeline 1 no login");
        assertThat(log.messages(Message.INSTANCE_LOST)).hasSize(2);
        checker.answers.add(seen(PRIMARY));
        Await.until(
                "back",
                () -> acceptor.endpoint.published.stream()
                                .filter("primary, timeline 1 "::equals)
                                .count()
                        == 2);
    }

    @Test
    void anInstanceThatTakesNoNewConnectionsIsDegradedUntilItDoes() {
        start(Map.of("check_attr_interval", "1", "connect_check_interval", "20"));
        checker.answers.add(seen(PRIMARY));
        Await.until("seen", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
        checker.refusal = "too many clients";
        Await.until(
                "degraded", () -> acceptor.endpoint.last().equals("primary, degraded, timeline 1 too many clients"));
        checker.answers.add(seen(PRIMARY));
        checker.answers.add(seen(new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, true, 1)));
        Await.until(
                "it stays so, whatever else is seen",
                () -> acceptor.endpoint.last().equals("primary, read-only, degraded, timeline 1 too many clients"));
        assertThat(log.texts(Message.INSTANCE_DEGRADED))
                .containsExactly("watchdog \"pg1\": its instance takes no new connections: too many clients");
        checker.refusal = "";
        Await.until("over", () -> acceptor.endpoint.last().equals("primary, read-only, timeline 1 "));
    }

    @Test
    void anInstanceWithoutAFreeSlotIsDegradedWithoutTakingOne() {
        start(Map.of("check_attr_interval", "1", "connect_check_interval", "20"));
        checker.answers.add(new Observation.Seen(IDENTITY, PRIMARY, new Progress(1, 0, 0), 100));
        Await.until("degraded", () -> acceptor.endpoint
                .last()
                .equals("primary, degraded, timeline 1 no connection slot is free for ordinary roles"));
        checker.answers.add(new Observation.Seen(IDENTITY, PRIMARY, new Progress(1, 0, 3), 100));
        Await.until("over", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
    }

    @Test
    void whatThisHostLacksTellsNothingOfTheInstance() {
        start(Map.of("check_attr_interval", "1", "connect_check_interval", "20"));
        checker.answers.add(seen(PRIMARY));
        Await.until("seen", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
        checker.lack = "no file descriptor";
        Await.until("it was not asked for a while", () -> checker.unasked.get() >= 5 && checker.unknocked.get() >= 5);
        assertThat(log.texts(Message.INSTANCE_NOT_ASKED))
                .containsExactly("watchdog \"pg1\" could not ask its instance: no file descriptor");
        assertThat(acceptor.endpoint.last()).isEqualTo("primary, timeline 1 ");
        checker.lack = "";
        checker.answers.add(seen(new Attributes(InstanceState.ACCEPTING, Role.STANDBY, false, 1)));
        Await.until("asked again", () -> acceptor.endpoint.last().equals("standby, timeline 1 "));
        assertThat(log.messages(Message.INSTANCE_LOST)).isEmpty();
        assertThat(log.messages(Message.INSTANCE_DEGRADED)).isEmpty();
    }

    @Test
    void aCheckerThatThrowsIsReportedAndTriedAgain() {
        start(Map.of());
        checker.fail = true;
        checker.answers.add(seen(PRIMARY));
        Await.until("reported", () -> !log.messages(Message.SUPERVISED_FAILURE).isEmpty());
        checker.fail = false;
        checker.answers.add(seen(PRIMARY));
        Await.until("published", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
    }

    @ParameterizedTest
    @CsvSource({
        "TIMED_OUT, false, Address[client=/192.0.2.7",
        "CLOSED_BY_PEER, false, Address[client=/192.0.2.7",
        "SHUT_DOWN_BY_PEER, false, Address[client=/192.0.2.7",
        "PROTOCOL_ERROR, false, Address[client=/192.0.2.7",
        "TIMED_OUT, true, Sessions[clients=[localhost/127.0.0.1:4711]",
        "CLOSED_BY_PEER, true, Sessions[clients=[localhost/127.0.0.1:4711]"
    })
    void endsTheBackendsOfALostClient(VerdictReason reason, boolean hostAlive, String expected) {
        start(Map.of());
        acceptor.observer.lost(loss(reason, false, hostAlive));
        Await.until("ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders.get(0).toString()).startsWith(expected);
        Await.until("one LOG line with the count", () -> log.texts(Message.BACKENDS_TERMINATED).stream()
                .anyMatch(text -> text.startsWith("terminated 3 backends of")));
    }

    /** What is demanded of links has changed: the conmgr lives. */
    @Test
    void aConmgrThatMayNotHaveALinkAnyMoreKeepsItsBackends() {
        start(Map.of());
        acceptor.observer.lost(loss(VerdictReason.UNAUTHENTICATED, false, false));
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, true));
        Await.until("the second one's are ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders).singleElement().isInstanceOf(Termination.Sessions.class);
    }

    @Test
    void endsOnlyRegisteredSessionsWhenToldSo() {
        start(Map.of("terminate_scope", "sessions"));
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, false));
        Await.until("ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders.get(0))
                .isInstanceOfSatisfying(Termination.Sessions.class, sessions -> assertThat(sessions.clients())
                        .containsExactly(SESSION));
    }

    @Test
    void endsNothingOnOccasionsThatAreNotListed() {
        start(Map.of("terminate_on", "timed_out"));
        acceptor.observer.lost(loss(VerdictReason.SHUT_DOWN_BY_PEER, false, false));
        acceptor.observer.lost(loss(VerdictReason.CLOSED_BY_PEER, false, false));
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, false));
        Await.until("the last is ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders).hasSize(1);
    }

    @Test
    void aConmgrThatRestartsHasItsGrace() {
        start(Map.of("restart_grace", "1"));
        CountDownLatch back = new CountDownLatch(1);
        // No order is begun before this one is done: however slow the host, the conmgr is back in time.
        terminator.during = () -> Await.until("it is back", () -> back.getCount() == 0);
        acceptor.observer.lost(loss(other("192.0.2.9"), VerdictReason.TIMED_OUT, false, false));
        Await.until("an order is under way", () -> terminator.orders.size() == 1);
        acceptor.observer.lost(loss("192.0.2.7", VerdictReason.SHUT_DOWN_BY_PEER, true, false));
        acceptor.observer.established(peer("192.0.2.7"));
        acceptor.observer.lost(loss(other("192.0.2.8"), VerdictReason.SHUT_DOWN_BY_PEER, true, false));
        back.countDown();
        Await.until("the one that did not come back is ended", () -> terminator.orders.size() == 2);
        assertThat(terminator.orders)
                .extracting(order -> ((Termination.Address) order).client().getHostAddress())
                .containsExactly("192.0.2.9", "192.0.2.8");
    }

    @Test
    void oneThatRestartsAndIsNotBackLosesItsSessionsWhileItsHostLives() {
        start(Map.of("restart_grace", "50"));
        acceptor.endpoint.links.add(status(other("192.0.2.7")));
        long before = System.nanoTime();
        acceptor.observer.lost(loss("192.0.2.7", VerdictReason.SHUT_DOWN_BY_PEER, true, true));
        long after = System.nanoTime();
        acceptor.observer.established(other("192.0.2.7"));
        Await.until("they are ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders).singleElement().isInstanceOfSatisfying(Termination.Sessions.class, sessions -> {
            assertThat(sessions.clients()).containsExactly(SESSION);
            assertThat(sessions.before() - before).isBetween(0L, after - before);
        });
    }

    /** Nobody has a link from there any more, which is no evidence against the host. */
    @Test
    void oneThatWatchesTheInstanceNoMoreLosesWhatItHadRegisteredAndHasNotEndedItself() {
        start(Map.of("restart_grace", "1"));
        acceptor.observer.lost(loss("192.0.2.7", VerdictReason.SHUT_DOWN_BY_PEER, true, true));
        Await.until("ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders)
                .singleElement()
                .isInstanceOfSatisfying(Termination.Sessions.class, sessions -> assertThat(sessions.clients())
                        .containsExactly(SESSION));
    }

    @Test
    void anOrderThatFailsIsTriedAgainAndSparesAClientThatIsBack() {
        start(Map.of());
        terminator.failures = 1;
        terminator.during = () -> acceptor.endpoint.links.add(status(peer("192.0.2.7")));
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, false));
        Await.until("reported", () -> !log.messages(Message.TERMINATION_FAILED).isEmpty());
        Await.until("tried again", () -> terminator.orders.size() == 2);
        assertThat(terminator.orders.get(0)).isInstanceOf(Termination.Address.class);
        assertThat(terminator.orders.get(1)).isInstanceOf(Termination.Sessions.class);
    }

    @Test
    void anOrderEndsNobodyWhoBeganAfterTheLossHoweverOftenItIsTried() {
        start(Map.of());
        terminator.failures = 1;
        long before = System.nanoTime();
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, false));
        long after = System.nanoTime();
        Await.until("tried again", () -> terminator.orders.size() == 2);
        assertThat(terminator.orders).allSatisfy(order -> assertThat(((Termination.Address) order).before() - before)
                .isBetween(0L, after - before));
    }

    /** Its host may have died while it was awaited. */
    @Test
    void oneThatWasAwaitedInVainLosesAllThatBeganMeanwhile() {
        start(Map.of("restart_grace", "50"));
        long before = System.nanoTime();
        acceptor.observer.lost(loss(VerdictReason.SHUT_DOWN_BY_PEER, true, false));
        Await.until("ended", () -> !terminator.orders.isEmpty());
        assertThat(terminator.orders)
                .singleElement()
                .isInstanceOfSatisfying(Termination.Address.class, all -> assertThat(all.before() - before)
                        .isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos()));
    }

    @Test
    void anOrderThatFailsForLongIsGivenUp() {
        terminator.failures = Integer.MAX_VALUE;
        try (Terminations terminations =
                new Terminations(settings(Map.of()), terminator, host -> false, log, Duration.ofMillis(1500))) {
            terminations.lost(loss(VerdictReason.TIMED_OUT, false, false));
            Await.until(
                    "given up", () -> log.messages(Message.TERMINATION_FAILED).size() == 2);
        }
        assertThat(terminator.orders).hasSizeBetween(2, 3);
    }

    @Test
    void anOrderThatHasToWaitSparesAClientThatIsBackMeanwhile() {
        start(Map.of());
        CountDownLatch back = new CountDownLatch(1);
        terminator.during = () -> Await.until("the other is back", () -> back.getCount() == 0);
        acceptor.observer.lost(loss("192.0.2.8", VerdictReason.TIMED_OUT, false, false));
        Await.until("the first is under way", () -> terminator.orders.size() == 1);
        acceptor.observer.lost(loss("192.0.2.7", VerdictReason.TIMED_OUT, false, false));
        acceptor.endpoint.links.add(status(peer("192.0.2.7")));
        back.countDown();
        Await.until("the second is done", () -> terminator.orders.size() == 2);
        assertThat(terminator.orders.get(0).toString()).startsWith("Address[client=/192.0.2.8");
        assertThat(terminator.orders.get(1).toString()).startsWith("Sessions[clients=[" + SESSION + "]");
    }

    /** As when its configuration is edited; closing waits for the links' Goodbyes. */
    @Test
    void anOrderThatIsTriedAgainWhileTheWatchdogClosesSparesAClientThatIsBack() {
        Watchdog watchdog = start(Map.of());
        terminator.failures = 1;
        CountDownLatch closing = new CountDownLatch(1);
        acceptor.endpoint.duringClose = () -> {
            closing.countDown();
            Await.until("tried again", () -> terminator.orders.size() == 2);
        };
        terminator.during = () -> {
            if (terminator.orders.size() == 1) {
                acceptor.endpoint.links.add(status(peer("192.0.2.7")));
                new Thread(watchdog::close, "closes the watchdog").start();
                Await.until("the watchdog closes", () -> closing.getCount() == 0);
            }
        };
        acceptor.observer.lost(loss(VerdictReason.TIMED_OUT, false, false));
        Await.until("tried again", () -> terminator.orders.size() == 2);
        assertThat(terminator.orders.get(0)).isInstanceOf(Termination.Address.class);
        assertThat(terminator.orders.get(1)).isInstanceOf(Termination.Sessions.class);
    }

    @Test
    void keepsTheViewWhileTheInstanceIsThereAndEmptiesItAtTheEnd() {
        Watchdog watchdog = start(Map.of("check_attr_interval", "1"));
        acceptor.endpoint.links.add(status(peer("192.0.2.7")));
        checker.answers.add(seen(PRIMARY));
        Await.until("published", () -> publisher.published.contains(List.of("192.0.2.7")));
        acceptor.endpoint.links.add(status(peer("192.0.2.8")));
        acceptor.observer.established(peer("192.0.2.8"));
        Await.until("again", () -> publisher.published.contains(List.of("192.0.2.7", "192.0.2.8")));
        publisher.published.clear();
        Await.until("and again, with no news", () -> !publisher.published.isEmpty());
        watchdog.close();
        assertThat(publisher.published).last().isEqualTo(List.of());
        assertThat(publisher.closed).isTrue();
    }

    @Test
    void saysOnceThatTheViewCannotBeKept() {
        start(Map.of("check_attr_interval", "1"));
        publisher.failure = "no way";
        checker.answers.add(seen(PRIMARY));
        Await.until("said", () -> !log.messages(Message.VIEW_NOT_KEPT).isEmpty());
        checker.answers.add(new Observation.Lost(InstanceState.STOPPED, "refused", false));
        checker.answers.add(seen(PRIMARY));
        Await.until("tried again as soon as the instance is back", () -> publisher.tries.get() >= 2);
        assertThat(log.texts(Message.VIEW_NOT_KEPT))
                .containsExactly("watchdog \"pg1\" cannot keep pgx_stat_watchdog: no way");
    }

    @Test
    void leavesTheViewAloneWhenItIsOff() {
        Watchdog watchdog = start(Map.of("stat_view", "off", "check_attr_interval", "1"));
        checker.answers.add(seen(PRIMARY));
        Await.until("seen", () -> acceptor.endpoint.last().equals("primary, timeline 1 "));
        watchdog.close();
        assertThat(publisher.tries).hasValue(0);
    }

    @Test
    void aPortThatIsTakenIsTriedUntilItIsFree() {
        acceptor.refusals = 1;
        start(Map.of("port", "27545"));
        assertThat(log.texts(Message.WATCHDOG_CANNOT_LISTEN))
                .singleElement()
                .asString()
                .contains("pg1")
                .contains("taken");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "port | 70000 | port: 70000 (expected: an integer from 1 to 65535)",
                "check_attr_interval | 0 | check_attr_interval: 0 (expected: a time >= 1ms: a whole number with ms, s, min, h or d; a bare number is in"
                        + " milliseconds)",
                "terminate_scope | world | terminate_scope: world (expected: one of",
                "terminate_on | never | terminate_on: never (expected: one of",
                "url | jdbc:mysql://h/db | url: jdbc:mysql://h/db (expected: jdbc:postgresql://host:port/database)",
                "listen_addresses | no-such-host.invalid | listen_addresses: no-such-host.invalid (expected: an address",
                "max_heartbeat_connections | 0 | max_heartbeat_connections: 0 (expected: an integer >= 1)"
            })
    void aSettingThatDoesNotFitIsNamed(String key, String value, String text) {
        assertThatThrownBy(() -> settings(Map.of(key, value)))
                .isInstanceOf(InvalidSetting.class)
                .hasMessageContaining(text);
    }

    private static LinkStatus status(Peer peer) {
        return new LinkStatus(peer, Instant.EPOCH, Instant.EPOCH, 1, 0, null, 0, 0);
    }

    private static final class ScriptedChecker implements AttributeChecker, AttributeChecker.Connection {
        final BlockingQueue<Observation> answers = new LinkedBlockingQueue<>();
        final AtomicInteger unasked = new AtomicInteger();
        final AtomicInteger unknocked = new AtomicInteger();
        volatile boolean fail;
        volatile String lack = "";
        volatile String refusal = "";
        volatile boolean closed;

        @Override
        public AttributeChecker.Connection open(InstanceAccess access) {
            return this;
        }

        @Override
        public Observation check() throws NotAsked {
            try {
                Observation answer = null;
                while (answer == null && !closed) {
                    lacks(unasked);
                    answer = answers.poll(10, TimeUnit.MILLISECONDS);
                }
                if (fail) {
                    throw new IllegalStateException("broken checker");
                }
                return answer == null ? new Observation.Lost(InstanceState.UNREACHABLE, "closed", false) : answer;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new Observation.Lost(InstanceState.UNREACHABLE, "closed", false);
            }
        }

        @Override
        public void idle(Duration interval) {}

        @Override
        public String knock() throws NotAsked {
            lacks(unknocked);
            return refusal;
        }

        private void lacks(AtomicInteger counted) throws NotAsked {
            String what = lack;
            if (!what.isEmpty()) {
                counted.incrementAndGet();
                throw new NotAsked(what, new IOException(what));
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class RecordingTerminator implements Terminator, Terminator.Connection {
        final List<Termination> orders = new CopyOnWriteArrayList<>();
        volatile int failures;

        /** Done on the terminator's thread with each order. */
        volatile Runnable during = () -> {};

        @Override
        public Terminator.Connection open(InstanceAccess access) {
            return this;
        }

        @Override
        public void connect() {}

        @Override
        public Terminated terminate(Termination termination) throws IOException {
            orders.add(termination);
            during.run();
            if (orders.size() <= failures) {
                throw new IOException("not now");
            }
            return new Terminated(3, 0);
        }

        @Override
        public void close() {}
    }

    private static final class RecordingPublisher implements LinkPublisher, LinkPublisher.Connection {
        final List<List<String>> published = new CopyOnWriteArrayList<>();
        volatile String failure = "";
        final AtomicInteger tries = new AtomicInteger();
        volatile boolean closed;

        @Override
        public LinkPublisher.Connection open(String watchdog, InstanceAccess access, Way way) {
            assertThat(way).isEqualTo(Way.AUTO);
            return this;
        }

        @Override
        public void publish(List<WatchdogView.Link> links) throws IOException {
            tries.incrementAndGet();
            if (!failure.isEmpty()) {
                throw new IOException(failure);
            }
            published.add(
                    links.stream().map(link -> link.address().getHostAddress()).toList());
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class RecordingAcceptor implements HeartbeatAcceptor {
        final RecordingEndpoint endpoint = new RecordingEndpoint();
        volatile Observer observer;
        int refusals;

        @Override
        public Endpoint open(String name, List<InetSocketAddress> addresses, Admission admission, Observer told)
                throws IOException {
            if (refusals-- > 0) {
                throw new IOException("taken");
            }
            observer = told;
            endpoint.open = true;
            return endpoint;
        }
    }

    private static final class RecordingEndpoint implements HeartbeatAcceptor.Endpoint {
        final List<String> published = new CopyOnWriteArrayList<>();
        final List<LinkStatus> links = new CopyOnWriteArrayList<>();
        volatile boolean open;
        volatile int limit;
        volatile Runnable duringClose = () -> {};

        String last() {
            return published.isEmpty() ? "" : published.get(published.size() - 1);
        }

        @Override
        public List<InetSocketAddress> addresses() {
            return List.of(new InetSocketAddress(27545));
        }

        @Override
        public void publish(Identity identity, Attributes attributes, String why) {
            published.add(attributes + " " + why);
        }

        @Override
        public void progress(Progress progress) {}

        @Override
        public void limit(int maxLinks) {
            limit = maxLinks;
        }

        @Override
        public List<LinkStatus> links() {
            return links;
        }

        @Override
        public boolean beats(InetAddress host) {
            return links.stream()
                    .anyMatch(link -> link.peer().address().getAddress().equals(host));
        }

        @Override
        public void close(Departure departure) {
            duringClose.run();
            open = false;
        }
    }
}
