package org.conmgr.routing.internal;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.jspecify.annotations.Nullable;

/**
 * An application connection in the books. What it is bound to is guarded by the lock of {@link Switchboard}; what it
 * has to be told is written under that lock and told without it.
 *
 * <p>At most one thread tells at a time: who finds another one at it leaves its news to that one. The thread that asks
 * has the first turn from the beginning, so that the answer is told before {@code ask} returns, whatever happens to the
 * instance at the same moment.
 */
final class BookedSession implements Session {
    /** What it was routed by. */
    final RouteRequest request;

    /** Replaced under the lock, read anywhere. */
    volatile ApplicationStatus status;

    /** The instance it is bound to; null while it waits and when it is over. */
    @Nullable
    BookedInstance instance;

    /** Ends the wait; null when it does not wait. */
    @Nullable
    Future<?> deadline;

    private final Switchboard switchboard;
    private final SessionObserver observer;

    private volatile boolean closed;

    /** What it has to be told, in the order in which it was decided. */
    private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();

    /** News that nobody has looked at yet, at least 1 while a thread is telling. */
    private final AtomicInteger untold = new AtomicInteger(1);

    BookedSession(Switchboard switchboard, long id, RouteRequest request, SessionObserver observer, Instant now) {
        this.switchboard = switchboard;
        this.request = request;
        this.observer = observer;
        this.status = new ApplicationStatus(id, request, -1, now, null);
    }

    void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    void answer(RouteAnswer answer) {
        news.add(() -> {
            if (answer instanceof Route route) {
                observer.routed(route);
            } else {
                observer.refused((Refusal) answer);
            }
        });
    }

    void end(SessionEnd end) {
        news.add(() -> observer.ended(end));
    }

    /** The first turn, by the thread that made it. */
    void deliverFirst() {
        int seen = 1;
        do {
            for (Runnable call = news.poll(); call != null; call = news.poll()) {
                tell(call);
            }
            seen = untold.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Tells what is new, or leaves it to the thread that is at it. */
    void deliver() {
        if (untold.getAndIncrement() == 0) {
            deliverFirst();
        }
    }

    private void tell(Runnable call) {
        if (closed) {
            return;
        }
        try {
            call.run();
        } catch (Throwable e) {
            switchboard.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the observer of " + this, e)
                    .withCause(e));
        }
    }

    @Override
    public void connected(InetSocketAddress sqlSocket) {
        switchboard.connected(this, sqlSocket);
    }

    @Override
    public void named(String application) {
        switchboard.named(this, application);
    }

    @Override
    public void close() {
        closed = true;
        switchboard.closed(this);
    }

    /** For messages: {@code application connection 17 (psql)}. */
    @Override
    public String toString() {
        String application = status.request().application();
        return "application connection " + status.id() + (application.isEmpty() ? "" : " (" + application + ")");
    }
}
