package org.conmgr.routing.internal;

import static org.osgi.service.component.annotations.ReferenceCardinality.MULTIPLE;
import static org.osgi.service.component.annotations.ReferenceCardinality.OPTIONAL;
import static org.osgi.service.component.annotations.ReferencePolicy.DYNAMIC;
import static org.osgi.service.component.annotations.ReferencePolicyOption.GREEDY;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.api.routing.Target;
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
        service = {InstanceRegistry.class, Router.class, RegistryView.class})
public final class Switchboard implements InstanceRegistry, Router, RegistryView, AutoCloseable {
    /** How long changes of an instance's set of SQL sockets are gathered. */
    static final Duration SOCKETS_DELAY = Duration.ofMillis(10);

    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Clock clock;

    private final Object lock = new Object();
    private final SortedMap<Integer, BookedInstance> instances = new TreeMap<>();
    private final Set<BookedSession> sessions = new LinkedHashSet<>();
    private final Set<BookedSession> waiting = new LinkedHashSet<>();
    private final Primacy primacy = new Primacy();
    private final Balancing balancing = new Balancing();
    private RoutingSettings settings = RoutingSettings.DEFAULT;
    private long maxFactsAge;
    private long sessionIds;
    private long choices;
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
    }

    /** For tests: what the framework would inject. */
    Switchboard with(MessageLog log, List<BalancePolicy> balancePolicies) {
        messageLog = log;
        policies = balancePolicies;
        return this;
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

    @Reference(cardinality = OPTIONAL, policy = DYNAMIC, policyOption = GREEDY)
    void bindSettings(RoutingSettingsSource source) {
        source.settings().ifPresent(this::settings);
    }

    /** What was in force stays so until the next settings come. */
    void unbindSettings(RoutingSettingsSource source) {}

    void settings(RoutingSettings now) {
        change(after -> {
            settings = now;
            serveWaiting(after);
        });
    }

    /** Ends the waits, then the sessions, for nobody would tell them any more. */
    @Override
    @Deactivate
    public void close() {
        change(after -> {
            stopped = true;
            for (BookedSession session : List.copyOf(waiting)) {
                settle(session, RefusalText.stopping(look(session.request)), after);
            }
            for (BookedInstance instance : instances.values()) {
                end(instance, session -> true, SessionEnd.Cause.REMOVED, "conmgr is stopping", after);
            }
        });
        timer.shutdownNow();
    }

    // ---- InstanceRegistry ----

    @Override
    public void heartbeatTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("heartbeat_timeout: " + timeout + " (expected: not negative)");
        }
        change(after -> {
            maxFactsAge = TimeUnit.NANOSECONDS.convert(timeout);
            serveWaiting(after);
        });
    }

    @Override
    public void add(ConfiguredInstance configured, SessionsObserver observer) {
        synchronized (lock) {
            BookedInstance instance = new BookedInstance(configured, observer, clock.instant());
            BookedInstance there = instances.putIfAbsent(configured.number(), instance);
            if (there != null) {
                throw new IllegalStateException("instance number " + configured.number() + " is taken by "
                        + there.configured + " (expected: one that is free)");
            }
        }
    }

    @Override
    public void remove(int number) {
        change(after -> {
            BookedInstance instance = instances.remove(number);
            if (instance != null) {
                end(instance, session -> true, SessionEnd.Cause.REMOVED, "it is no longer configured", after);
                review(after);
            }
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
            instance.up(identity, attributes, clock.instant(), nanoTime.getAsLong());
            review(after);
        });
    }

    @Override
    public void beat(int number, Instant at, Progress progress) {
        change(number, (instance, after) -> {
            instance.beat(at, progress, nanoTime.getAsLong());
            serveWaiting(after);
        });
    }

    @Override
    public void unmonitored(int number, String why) {
        change(number, (instance, after) -> {
            instance.unmonitored(why, clock.instant());
            review(after);
        });
    }

    @Override
    public void down(int number, Verdict verdict) {
        down(number, verdict, null);
    }

    private void down(int number, Verdict verdict, @Nullable Attributes attributes) {
        change(number, (instance, after) -> {
            instance.down(verdict, attributes, clock.instant());
            end(instance, session -> true, SessionEnd.Cause.DEAD, verdict.toString(), after);
            review(after);
        });
    }

    // ---- Router ----

    @Override
    public Session ask(RouteRequest request, SessionObserver observer) {
        Aftermath after = new Aftermath();
        BookedSession session;
        synchronized (lock) {
            Instant now = clock.instant();
            ApplicationStatus status = new ApplicationStatus(++sessionIds, request, -1, now, null);
            session = new BookedSession(this, request, observer, status);
            Look look = look(request);
            BookedInstance chosen = stopped ? null : choose(look, after);
            if (chosen != null) {
                sessions.add(session);
                bind(session, chosen, look);
            } else if (stopped) {
                session.answer(RefusalText.stopping(look));
            } else if (settings.routeWait().isZero()) {
                session.answer(RefusalText.of(look, instances.values(), now));
            } else {
                sessions.add(session);
                await(session);
            }
        }
        session.deliverFirst();
        after.run(this::log);
        return session;
    }

    private void await(BookedSession session) {
        waiting.add(session);
        session.deadline = timer.schedule(
                supervised("the end of a wait", () -> giveUp(session)),
                settings.routeWait().toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void giveUp(BookedSession session) {
        change(after -> {
            if (waiting.contains(session)) {
                settle(session, RefusalText.of(look(session.request), instances.values(), clock.instant()), after);
            }
        });
    }

    /** Takes a session that waits out of the books, refused. */
    private void settle(BookedSession session, RouteAnswer refusal, Aftermath after) {
        stopWaiting(session);
        sessions.remove(session);
        session.answer(refusal);
        after.tell(session);
    }

    private void stopWaiting(BookedSession session) {
        waiting.remove(session);
        if (session.deadline != null) {
            session.deadline.cancel(false);
            session.deadline = null;
        }
    }

    void connected(BookedSession session, InetSocketAddress sqlSocket) {
        synchronized (lock) {
            BookedInstance instance = session.instance;
            if (instance != null && !sqlSocket.equals(session.status.sqlSocket())) {
                restate(session, instance, session.status.since(), sqlSocket);
                socketsChanged(instance);
            }
        }
    }

    void closed(BookedSession session) {
        synchronized (lock) {
            stopWaiting(session);
            unbind(session);
        }
    }

    // ---- RegistryView ----

    @Override
    public List<InstanceStatus> instances() {
        synchronized (lock) {
            return instances.values().stream().map(BookedInstance::status).toList();
        }
    }

    @Override
    public List<ApplicationStatus> applications() {
        synchronized (lock) {
            List<ApplicationStatus> all = new ArrayList<>(sessions.size());
            for (BookedSession session : sessions) {
                all.add(session.status);
            }
            return List.copyOf(all);
        }
    }

    @Override
    public RouteAnswer preview(RouteRequest request) {
        Aftermath after = new Aftermath();
        RouteAnswer answer;
        synchronized (lock) {
            Look look = look(request);
            BookedInstance chosen = choose(look, after);
            answer = chosen == null ? RefusalText.of(look, instances.values(), clock.instant()) : route(look, chosen);
        }
        after.run(this::log);
        return answer;
    }

    // ---- under the lock ----

    /** After any change of what is known of an instance. */
    private void review(Aftermath after) {
        primacy.judge(instances.values(), after::log);
        for (BookedInstance instance : instances.values()) {
            fence(instance, after);
        }
        serveWaiting(after);
    }

    private void fence(BookedInstance instance, Aftermath after) {
        Set<Target> lost = EnumSet.noneOf(Target.class);
        for (Target target : Target.values()) {
            if (!instance.keeps(target)) {
                lost.add(target);
            }
        }
        if (!lost.isEmpty()) {
            Predicate<BookedSession> goes = session -> lost.contains(session.request.target());
            end(instance, goes, SessionEnd.Cause.FENCED, instance.fenceReason(), after);
        }
    }

    private void end(
            BookedInstance instance,
            Predicate<BookedSession> which,
            SessionEnd.Cause cause,
            String reason,
            Aftermath after) {
        int count = 0;
        for (BookedSession session : List.copyOf(instance.sessions)) {
            if (which.test(session)) {
                unbind(session);
                session.end(new SessionEnd(instance.configured, cause, reason));
                after.tell(session);
                count++;
            }
        }
        if (count > 0) {
            after.log(LogMessage.of(Message.SESSIONS_ENDED, count, instance.configured, reason));
        }
    }

    private void unbind(BookedSession session) {
        sessions.remove(session);
        BookedInstance instance = session.instance;
        if (instance != null) {
            session.instance = null;
            instance.sessions.remove(session);
            if (session.status.sqlSocket() != null) {
                socketsChanged(instance);
            }
        }
    }

    private void serveWaiting(Aftermath after) {
        Set<Target> hopeless = EnumSet.noneOf(Target.class);
        for (Iterator<BookedSession> each = waiting.iterator(); each.hasNext(); ) {
            BookedSession session = each.next();
            Target target = session.request.target();
            if (hopeless.contains(target)) {
                continue;
            }
            Look look = look(session.request);
            BookedInstance chosen = choose(look, after);
            if (chosen != null) {
                each.remove();
                stopWaiting(session);
                bind(session, chosen, look);
                after.tell(session);
            } else if (session.request.minLsn() <= 0) {
                hopeless.add(target);
            }
        }
    }

    private Look look(RouteRequest request) {
        return new Look(request, settings.maxLag().toMillis(), maxFactsAge, nanoTime.getAsLong());
    }

    private @Nullable BookedInstance choose(Look look, Aftermath after) {
        List<BookedInstance> best = Choice.best(look, instances.values());
        return best.isEmpty() ? null : balancing.choose(best, policies, settings.balancePolicy(), after::log);
    }

    private void bind(BookedSession session, BookedInstance instance, Look look) {
        session.instance = instance;
        instance.sessions.add(session);
        instance.lastChosen = ++choices;
        restate(session, instance, clock.instant(), null);
        session.answer(route(look, instance));
    }

    private static void restate(
            BookedSession session, BookedInstance instance, Instant since, @Nullable InetSocketAddress sqlSocket) {
        session.status = new ApplicationStatus(
                session.status.id(), session.request, instance.configured.number(), since, sqlSocket);
    }

    private Route route(Look look, BookedInstance instance) {
        return new Route(
                instance.configured,
                instance.candidate().attributes().role(),
                instance.link() == LinkState.UP,
                Choice.others(look, instances.values(), instance));
    }

    private void socketsChanged(BookedInstance instance) {
        if (!instance.socketsDue && !stopped) {
            instance.socketsDue = true;
            timer.schedule(
                    supervised("the observer of the sessions of " + instance.configured, () -> tellSockets(instance)),
                    SOCKETS_DELAY.toMillis(),
                    TimeUnit.MILLISECONDS);
        }
    }

    private void tellSockets(BookedInstance instance) {
        Set<InetSocketAddress> sockets = new HashSet<>();
        synchronized (lock) {
            instance.socketsDue = false;
            if (instances.get(instance.configured.number()) != instance) {
                return;
            }
            for (BookedSession session : instance.sessions) {
                InetSocketAddress socket = session.status.sqlSocket();
                if (socket != null) {
                    sockets.add(socket);
                }
            }
        }
        instance.observer.sessions(Set.copyOf(sockets));
    }

    // ---- locking, supervision, log ----

    private interface InstanceChange {
        void make(BookedInstance instance, Aftermath after);
    }

    private void change(int number, InstanceChange change) {
        change(after -> {
            BookedInstance instance = instances.get(number);
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
