package org.conmgr.routing.internal;

import static org.osgi.service.component.annotations.ReferenceCardinality.MULTIPLE;
import static org.osgi.service.component.annotations.ReferenceCardinality.OPTIONAL;
import static org.osgi.service.component.annotations.ReferencePolicy.DYNAMIC;
import static org.osgi.service.component.annotations.ReferencePolicyOption.GREEDY;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.Admission;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Has the books: which instances there are, what is known of them, and which application connection is bound to which.
 * One lock guards them; it is held for moments only and never while an observer or the log is called. Everything this
 * object refers to comes and goes without it: a new log, a new policy or an edited setting ends no connection.
 */
@Component(
        immediate = true, // the books must outlive the comings and goings of those who use them
        service = {InstanceRegistry.class, Router.class, RegistryView.class, Admission.class})
public final class Switchboard implements InstanceRegistry, Router, RegistryView, Admission, AutoCloseable {
    /** How long changes of an instance's set of SQL sockets are gathered. */
    static final Duration SOCKETS_DELAY = Duration.ofMillis(10);

    /** The least time from telling them to telling them again, so that connections which come and go do not wake others each. */
    static final Duration SOCKETS_PAUSE = Duration.ofMillis(50);

    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Clock clock;

    private final Object lock = new Object();
    private final Ledger ledger;
    private long sessionIds;
    private boolean refusing;
    private boolean roundDue;
    private boolean stopped;

    // Dynamic, so not final: replacing what they refer to must not replace the books.
    @Reference(cardinality = OPTIONAL, policy = DYNAMIC, policyOption = GREEDY)
    private volatile @Nullable MessageLog messageLog;

    @Reference(cardinality = MULTIPLE, policy = DYNAMIC, policyOption = GREEDY)
    private volatile List<BalancePolicy> policies = List.of();

    @Activate
    public Switchboard() {
        this(timerThread(), System::nanoTime, Clock.systemUTC());
    }

    /** @param timer ends waits and gathers changes; shut down by {@link #close} */
    Switchboard(ScheduledExecutorService timer, LongSupplier nanoTime, Clock clock) {
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.ledger = new Ledger(nanoTime, clock, () -> policies, this::socketsChanged, this::roundDue);
    }

    private static ScheduledExecutorService timerThread() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "conmgr-routing");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** What the framework injects. */
    Switchboard with(MessageLog log, List<BalancePolicy> balancePolicies) {
        messageLog = log;
        policies = balancePolicies;
        return this;
    }

    @Reference(cardinality = OPTIONAL, policy = DYNAMIC, policyOption = GREEDY)
    void bindSettings(RoutingSettingsSource source) {
        source.settings().ifPresent(this::settings);
    }

    /** What was in force stays so until the next settings come. */
    void unbindSettings(RoutingSettingsSource source) {}

    void settings(RoutingSettings now) {
        change(after -> {
            ledger.settings(now);
            ledger.serveWaiting(after);
        });
    }

    /** Refuses those that wait and ends the others' sessions, for nobody would tell them any more. Idempotent. */
    @Override
    @Deactivate
    public void close() {
        end();
        synchronized (lock) {
            stopped = true;
        }
        timer.shutdownNow();
    }

    // ---- Admission ----

    @Override
    public void refuse() {
        change(this::refuse);
    }

    @Override
    public void end() {
        change(after -> {
            refuse(after);
            for (BookedInstance instance : ledger.instances.values()) {
                ledger.endAll(instance, SessionEnd.Cause.REMOVED, "conmgr is stopping", after);
            }
        });
    }

    private void refuse(Aftermath after) {
        refusing = true;
        for (BookedSession session : ledger.waiting()) {
            ledger.refuse(session, RefusalText.stopping(session.request), after);
        }
    }

    // ---- InstanceRegistry ----

    @Override
    public void heartbeatTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("heartbeat_timeout: " + timeout + " (expected: not negative)");
        }
        change(after -> {
            ledger.maxFactsAge(TimeUnit.NANOSECONDS.convert(timeout));
            ledger.serveWaiting(after);
        });
    }

    @Override
    public void add(ConfiguredInstance configured, SessionsObserver observer) {
        synchronized (lock) {
            BookedInstance instance = new BookedInstance(configured, observer, clock.instant());
            instance.socketsNotBefore = nanoTime.getAsLong();
            BookedInstance there = ledger.instances.putIfAbsent(configured.number(), instance);
            if (there != null) {
                throw new IllegalStateException("instance number " + configured.number() + " is taken by "
                        + there.configured + " (expected: one that is free)");
            }
        }
    }

    @Override
    public void remove(int number, String why) {
        change(number, (instance, after) -> {
            ledger.instances.remove(number);
            ledger.endAll(instance, SessionEnd.Cause.REMOVED, why, after);
            ledger.review(after);
        });
    }

    @Override
    public void up(int number, Identity identity, Attributes attributes) {
        if (!attributes.state().alive()) {
            VerdictReason reason = attributes.state() == InstanceState.STOPPED
                    ? VerdictReason.INSTANCE_STOPPED
                    : VerdictReason.INSTANCE_UNREACHABLE;
            down(number, new Verdict(reason, "", clock.instant()), attributes);
            return;
        }
        change(number, (instance, after) -> {
            if (instance.up(identity, attributes, clock.instant(), nanoTime.getAsLong(), ledger.settings())) {
                held(instance, after);
            }
            ledger.review(after);
        });
    }

    @Override
    public void beat(int number, Instant at, Progress progress) {
        change(number, (instance, after) -> {
            instance.beat(at, progress, nanoTime.getAsLong());
            ledger.serveWaiting(after);
        });
    }

    @Override
    public void unmonitored(int number, String why, Duration grace) {
        change(number, (instance, after) -> {
            long reliedUntil = nanoTime.getAsLong() + TimeUnit.NANOSECONDS.convert(grace);
            instance.unmonitored(why, clock.instant(), reliedUntil);
            ledger.review(after);
        });
    }

    @Override
    public void down(int number, Verdict verdict) {
        down(number, verdict, null);
    }

    private void down(int number, Verdict verdict, @Nullable Attributes attributes) {
        change(number, (instance, after) -> {
            instance.down(verdict, attributes, clock.instant(), nanoTime.getAsLong(), ledger.settings());
            ledger.endAll(instance, SessionEnd.Cause.DEAD, verdict.toString(), after);
            ledger.review(after);
        });
    }

    private void held(BookedInstance instance, Aftermath after) {
        Instant end = instance.heldUntil();
        if (end != null) {
            after.log(LogMessage.of(
                    Message.HELD_DOWN, instance.configured, end.truncatedTo(ChronoUnit.MILLIS), instance.flaps()));
            Runnable release = supervised("the release of " + instance.configured, () -> release(instance, end));
            timer.schedule(release, Duration.between(clock.instant(), end).toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Nobody has waited for it: one that is held down is used where no other will do. */
    private void release(BookedInstance instance, Instant end) {
        change(after -> {
            if (ledger.instances.get(instance.configured.number()) == instance && instance.release(end)) {
                after.log(LogMessage.of(Message.RELEASED, instance.configured));
            }
        });
    }

    private void roundDue() {
        if (!roundDue && !stopped) {
            roundDue = true;
            timer.schedule(
                    supervised(
                            "the next of those that wait",
                            () -> change(after -> {
                                roundDue = false;
                                ledger.serveWaiting(after);
                            })),
                    Pace.ROUND,
                    TimeUnit.NANOSECONDS);
        }
    }

    // ---- Router ----

    @Override
    public Session ask(RouteRequest request, SessionObserver observer) {
        Aftermath after = new Aftermath();
        BookedSession session;
        synchronized (lock) {
            session = new BookedSession(this, ++sessionIds, request, observer, clock.instant());
            if (refusing) {
                session.answer(RefusalText.stopping(request));
            } else {
                answerOrAwait(session, after);
            }
        }
        session.deliverFirst();
        after.run(this::log);
        return session;
    }

    private void answerOrAwait(BookedSession session, Aftermath after) {
        Look look = ledger.look(session.request);
        BookedInstance chosen = ledger.choose(look, after);
        SessionEnd over = chosen == null ? ledger.over(session.request) : null;
        Duration wait = ledger.settings().routeWait();
        if (over != null) {
            session.end(over);
        } else if (chosen != null && (wait.isZero() || !ledger.mustQueue(session.request))) {
            ledger.bind(session, chosen, look);
        } else if (wait.isZero()) {
            session.answer(ledger.refusal(look));
        } else {
            ledger.await(session);
            Runnable giveUp = supervised("the end of a wait", () -> giveUp(session));
            session.deadline = timer.schedule(giveUp, wait.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void giveUp(BookedSession session) {
        change(after -> ledger.giveUp(session, after));
    }

    void connected(BookedSession session, InetSocketAddress sqlSocket) {
        synchronized (lock) {
            ledger.connected(session, sqlSocket);
        }
    }

    void named(BookedSession session, String application) {
        synchronized (lock) {
            ledger.named(session, application);
        }
    }

    void closed(BookedSession session) {
        synchronized (lock) {
            ledger.leave(session);
        }
    }

    // ---- RegistryView ----

    @Override
    public List<InstanceStatus> instances() {
        synchronized (lock) {
            return ledger.instances.values().stream()
                    .map(BookedInstance::status)
                    .toList();
        }
    }

    @Override
    public List<ApplicationStatus> applications() {
        synchronized (lock) {
            return ledger.sessions.stream().map(session -> session.status).toList();
        }
    }

    @Override
    public RouteAnswer preview(RouteRequest request) {
        Aftermath after = new Aftermath();
        RouteAnswer answer;
        synchronized (lock) {
            Look look = ledger.look(request);
            BookedInstance chosen = ledger.choose(look, after);
            answer = chosen == null ? ledger.refusal(look) : ledger.route(look, chosen);
        }
        after.run(this::log);
        return answer;
    }

    // ---- SQL sockets ----

    private void socketsChanged(BookedInstance instance) {
        if (!instance.socketsDue && !stopped) {
            instance.socketsDue = true;
            String what = "the observer of the sessions of " + instance.configured;
            long pause = instance.socketsNotBefore - nanoTime.getAsLong();
            timer.schedule(
                    supervised(what, () -> tellSockets(instance)),
                    Math.max(pause, SOCKETS_DELAY.toNanos()),
                    TimeUnit.NANOSECONDS);
        }
    }

    private void tellSockets(BookedInstance instance) {
        Set<InetSocketAddress> sockets;
        synchronized (lock) {
            instance.socketsDue = false;
            instance.socketsNotBefore = nanoTime.getAsLong() + SOCKETS_PAUSE.toNanos();
            if (ledger.instances.get(instance.configured.number()) != instance) {
                return;
            }
            sockets = instance.sqlSockets();
        }
        instance.observer.sessions(sockets);
    }

    // ---- locking, supervision, log ----

    private interface InstanceChange {
        void make(BookedInstance instance, Aftermath after);
    }

    private void change(int number, InstanceChange change) {
        change(after -> {
            BookedInstance instance = ledger.instances.get(number);
            if (instance != null) {
                change.make(instance, after);
            }
        });
    }

    private void change(Consumer<Aftermath> change) {
        Aftermath after = new Aftermath();
        synchronized (lock) {
            change.accept(after);
        }
        after.run(this::log);
    }

    private Runnable supervised(String what, Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                log(LogMessage.of(Message.SUPERVISED_FAILURE, what, e).withCause(e));
            }
        };
    }

    void log(LogMessage message) {
        MessageLog log = messageLog;
        if (log != null) {
            log.log(message);
        }
    }
}
