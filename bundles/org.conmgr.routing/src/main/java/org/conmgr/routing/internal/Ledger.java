package org.conmgr.routing.internal;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.Target;
import org.jspecify.annotations.Nullable;

/**
 * The books themselves: the entries and what one entry's change does to the others. Guarded by the lock of {@link
 * Switchboard}; calls nobody but the balance policy, and leaves what is to be told in an {@link Aftermath}.
 */
final class Ledger {
    final SortedMap<Integer, BookedInstance> instances = new TreeMap<>();

    /** Those that are bound or wait, oldest first. */
    final Set<BookedSession> sessions = new LinkedHashSet<>();

    private final Set<BookedSession> waiting = new LinkedHashSet<>();
    private final LongSupplier nanoTime;
    private final Clock clock;
    private final Supplier<List<BalancePolicy>> policies;
    private final Consumer<BookedInstance> socketsChanged;
    private final Runnable roundDue;

    /** What those ask for that have been left waiting only for the sake of the pace. */
    private final Set<Target> paced = EnumSet.noneOf(Target.class);

    private final Primacy primacy = new Primacy();
    private final Balancing balancing = new Balancing();
    private RoutingSettings settings = RoutingSettings.DEFAULT;
    private long maxFactsAge;
    private long choices;

    /**
     * Empty.
     *
     * @param policies those there are now
     * @param socketsChanged takes an instance whose set of known SQL sockets has changed
     * @param roundDue told when {@link #serveWaiting} is to be called again after {@link Pace#ROUND}
     */
    Ledger(
            LongSupplier nanoTime,
            Clock clock,
            Supplier<List<BalancePolicy>> policies,
            Consumer<BookedInstance> socketsChanged,
            Runnable roundDue) {
        this.nanoTime = nanoTime;
        this.clock = clock;
        this.policies = policies;
        this.socketsChanged = socketsChanged;
        this.roundDue = roundDue;
    }

    RoutingSettings settings() {
        return settings;
    }

    void settings(RoutingSettings now) {
        settings = now;
    }

    /** @param nanos what {@link Look#maxFactsAge} is from now on */
    void maxFactsAge(long nanos) {
        maxFactsAge = nanos;
    }

    Look look(RouteRequest request) {
        return new Look(request, settings.maxLag().toMillis(), maxFactsAge, nanoTime.getAsLong());
    }

    @Nullable
    BookedInstance choose(Look look, Aftermath after) {
        List<BookedInstance> best = Choice.best(look, instances.values());
        if (best.isEmpty()) {
            return null;
        }
        for (BookedInstance instance : best) {
            if (instance.configured.number() == look.request().prefer()) {
                return instance;
            }
        }
        return balancing.choose(best, policies.get(), settings.balancePolicy(), after::log);
    }

    Route route(Look look, BookedInstance instance) {
        return new Route(
                instance.configured,
                instance.candidate().attributes().role(),
                instance.link() == LinkState.UP,
                Choice.others(look, instances.values(), instance));
    }

    Refusal refusal(Look look) {
        return RefusalText.of(look, instances.values(), clock.instant());
    }

    /** Why one that is connected already must go instead of being bound; null when it asks for something else. */
    @Nullable
    SessionEnd over(RouteRequest request) {
        for (BookedInstance instance : instances.values()) {
            if (instance.configured.address().equals(request.instance())) {
                Verdict death = instance.death();
                if (death != null) {
                    return new SessionEnd(instance.configured, SessionEnd.Cause.DEAD, death.toString());
                }
                if (!instance.keeps(request.target())) {
                    return new SessionEnd(instance.configured, SessionEnd.Cause.FENCED, instance.fenceReason());
                }
            }
        }
        return null;
    }

    void bind(BookedSession session, BookedInstance instance, Look look) {
        sessions.add(session);
        session.instance = instance;
        instance.sessions.add(session);
        instance.lastChosen = ++choices;
        restate(session, instance, clock.instant(), null);
        session.answer(route(look, instance));
    }

    void await(BookedSession session) {
        sessions.add(session);
        waiting.add(session);
    }

    /** Those that wait, in the order in which they asked. */
    Collection<BookedSession> waiting() {
        return List.copyOf(waiting);
    }

    /** Whether others that want the same wait for their turn, so that one more must not overtake them. */
    boolean mustQueue(RouteRequest request) {
        return request.instance().isEmpty() && paced.contains(request.target());
    }

    /** The end of a wait: it is sent wherever it can be, whatever the pace, else refused. */
    void giveUp(BookedSession session, Aftermath after) {
        if (waiting.contains(session)) {
            Look look = look(session.request);
            BookedInstance chosen = choose(look, after);
            if (chosen == null) {
                refuse(session, refusal(look), after);
            } else {
                stopWaiting(session);
                bind(session, chosen, look);
                after.tell(session);
            }
        }
    }

    /** Answers one that waits, and takes it out; does nothing when it waits no more. */
    void refuse(BookedSession session, Refusal refusal, Aftermath after) {
        if (stopWaiting(session)) {
            sessions.remove(session);
            session.answer(refusal);
            after.tell(session);
        }
    }

    void connected(BookedSession session, InetSocketAddress sqlSocket) {
        BookedInstance instance = session.instance;
        if (instance != null && !sqlSocket.equals(session.status.sqlSocket())) {
            restate(session, instance, session.status.since(), sqlSocket);
            socketsChanged.accept(instance);
        }
    }

    /** Takes a session out, whatever it was doing. */
    void leave(BookedSession session) {
        stopWaiting(session);
        sessions.remove(session);
        BookedInstance instance = session.instance;
        if (instance != null) {
            session.instance = null;
            instance.sessions.remove(session);
            if (session.status.sqlSocket() != null) {
                socketsChanged.accept(instance);
            }
        }
    }

    /** Ends every session bound to an instance. */
    void endAll(BookedInstance instance, SessionEnd.Cause cause, String reason, Aftermath after) {
        end(instance, session -> true, cause, reason, after);
    }

    /** After any change of what is known of an instance. */
    void review(Aftermath after) {
        primacy.judge(instances.values(), after::log);
        for (BookedInstance instance : instances.values()) {
            fence(instance, after);
        }
        serveWaiting(after);
    }

    /** Binds those that wait and need wait no longer, in the order in which they asked, as fast as the pace allows. */
    void serveWaiting(Aftermath after) {
        paced.clear();
        instances.values().forEach(instance -> instance.pace.begin());
        long now = nanoTime.getAsLong();
        Set<Target> hopeless = EnumSet.noneOf(Target.class);
        for (Iterator<BookedSession> each = waiting.iterator(); each.hasNext(); ) {
            BookedSession session = each.next();
            Target target = session.request.target();
            boolean connected = !session.request.instance().isEmpty(); // Whatever becomes of it says nothing of others.
            if (!connected && hopeless.contains(target)) {
                continue;
            }
            Look look = look(session.request);
            BookedInstance chosen = choose(look, after);
            if (!connected && chosen != null && !chosen.pace.take(now, settings.routePace(), waiting.size())) {
                paced.add(target);
                hopeless.add(target);
            } else if (chosen != null) {
                each.remove();
                session.cancelDeadline();
                bind(session, chosen, look);
                after.tell(session);
            } else if (!connected
                    && session.request.minLsn() <= 0
                    && session.request.avoid().isEmpty()) {
                hopeless.add(target);
            }
        }
        instances.values().forEach(instance -> instance.pace.end());
        if (!paced.isEmpty()) {
            roundDue.run();
        }
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
        SessionEnd end = new SessionEnd(instance.configured, cause, reason);
        int count = 0;
        for (BookedSession session : List.copyOf(instance.sessions)) {
            if (which.test(session)) {
                leave(session);
                session.end(end);
                after.tell(session);
                count++;
            }
        }
        if (count > 0) {
            after.log(LogMessage.of(Message.SESSIONS_ENDED, count, instance.configured, reason));
        }
    }

    private boolean stopWaiting(BookedSession session) {
        session.cancelDeadline();
        return waiting.remove(session);
    }

    void named(BookedSession session, String application) {
        ApplicationStatus now = session.status;
        session.status = new ApplicationStatus(
                now.id(), now.request().named(application), now.instance(), now.since(), now.sqlSocket());
    }

    private static void restate(
            BookedSession session, BookedInstance instance, Instant since, @Nullable InetSocketAddress sqlSocket) {
        session.status = new ApplicationStatus(
                session.status.id(), session.status.request(), instance.configured.number(), since, sqlSocket);
    }
}
