package org.conmgr.routing.internal;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.jspecify.annotations.Nullable;

/** An application connection that writes down what it is told. */
class Client implements SessionObserver {
    /** {@code routed 0}, {@code refused}, {@code ended 0 DEAD}. */
    final List<String> told = new CopyOnWriteArrayList<>();

    volatile @Nullable Session session;
    volatile @Nullable Route route;
    volatile @Nullable Refusal refusal;
    volatile @Nullable SessionEnd end;

    @Override
    public void routed(Route to) {
        route = to;
        told.add("routed " + to.instance().number());
    }

    @Override
    public void refused(Refusal why) {
        refusal = why;
        told.add("refused");
    }

    @Override
    public void ended(SessionEnd how) {
        end = how;
        told.add("ended " + how.instance().number() + " " + how.cause());
    }

    Session session() {
        return Objects.requireNonNull(session, "not asked yet");
    }

    Route route() {
        return Objects.requireNonNull(route, () -> "not routed: " + told);
    }

    Refusal refusal() {
        return Objects.requireNonNull(refusal, () -> "not refused: " + told);
    }

    SessionEnd end() {
        return Objects.requireNonNull(end, () -> "not ended: " + told);
    }
}
