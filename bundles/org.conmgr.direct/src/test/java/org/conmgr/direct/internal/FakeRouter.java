package org.conmgr.direct.internal;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionObserver;

/** Answers as the test says, at once, and keeps the sessions. */
final class FakeRouter implements Router {
    private final BiConsumer<RouteRequest, SessionObserver> answer;
    private final List<Asked> sessions = new CopyOnWriteArrayList<>();

    FakeRouter(BiConsumer<RouteRequest, SessionObserver> answer) {
        this.answer = answer;
    }

    @Override
    public Session ask(RouteRequest request, SessionObserver observer) {
        Asked session = new Asked(request, observer);
        sessions.add(session);
        answer.accept(request, observer);
        return session;
    }

    /** In the order asked. */
    List<Asked> sessions() {
        return sessions;
    }

    Asked session() {
        return sessions.get(0);
    }

    /** One session, and what became of it. */
    static final class Asked implements Session {
        final RouteRequest request;
        final SessionObserver observer;
        final List<InetSocketAddress> sockets = new CopyOnWriteArrayList<>();
        volatile boolean closed;

        private Asked(RouteRequest request, SessionObserver observer) {
            this.request = request;
            this.observer = observer;
        }

        @Override
        public void connected(InetSocketAddress sqlSocket) {
            sockets.add(sqlSocket);
        }

        @Override
        public void named(String application) {
            throw new UnsupportedOperationException("known from the beginning");
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
