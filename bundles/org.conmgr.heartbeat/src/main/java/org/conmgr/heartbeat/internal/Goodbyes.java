package org.conmgr.heartbeat.internal;

import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits, within a bound, for links to have said Goodbye. */
final class Goodbyes {
    private static final long MILLIS = 1000;

    private Goodbyes() {}

    /**
     * Not on an event loop.
     *
     * @return false when some have not: those peers will see the connection end instead
     */
    static boolean await(List<? extends Future<?>> leaving) {
        CountDownLatch left = new CountDownLatch(leaving.size());
        leaving.forEach(one -> one.addListener(done -> left.countDown()));
        try {
            return left.await(MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
