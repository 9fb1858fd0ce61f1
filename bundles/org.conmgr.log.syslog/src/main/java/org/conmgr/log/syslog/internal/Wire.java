package org.conmgr.log.syslog.internal;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The way to a syslog: opened when needed, and again when it was lost. A syslog that is restarted is waited for, since a
 * second or two are no reason to lose a message; once it has been away for longer than the patience, sending fails at
 * once, and is tried again every {@link #RETRY} only.
 *
 * <p>{@link #send} is called by one thread at a time, and blocks; {@link #close} by any.
 */
final class Wire implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final long PAUSE_MS = 50;

    private final String name;
    private final Dialer dialer;
    private final Duration patience;
    private final LongSupplier nanoTime;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Channel channel;
    private @Nullable Outage outage;

    /** @param name where it leads, for messages */
    Wire(String name, Dialer dialer, Duration patience, LongSupplier nanoTime) {
        this.name = name;
        this.dialer = dialer;
        this.patience = patience;
        this.nanoTime = nanoTime;
    }

    /** @throws IOException if it could not be sent; it may have arrived in spite of that */
    void send(byte[] frame) throws IOException {
        if (outage != null && nanoTime.getAsLong() - outage.nextTry < 0) {
            throw outage.reason;
        }
        while (true) {
            try {
                attempt(frame);
                outage = null;
                return;
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                bear(e);
            }
        }
    }

    /** Notes the failure; returns when it is time for another attempt, or throws when there is to be none. */
    private void bear(IOException reason) throws IOException {
        long now = nanoTime.getAsLong();
        long since = outage == null ? now : outage.since;
        boolean over = now - since >= patience.toNanos();
        outage = new Outage(reason, since, over ? now + RETRY.toNanos() : now);
        if (over) {
            throw reason;
        }
        try {
            if (closed.await(PAUSE_MS, TimeUnit.MILLISECONDS)) {
                throw reason;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted: " + reason.getMessage());
            interrupted.initCause(reason);
            throw interrupted;
        }
    }

    private void attempt(byte[] frame) throws IOException {
        Channel open = channel;
        if (open == null || !open.isActive()) {
            open = dial();
        }
        Dialer.await(open.writeAndFlush(Unpooled.wrappedBuffer(frame)), open, name);
    }

    private Channel dial() throws IOException {
        refuseIfClosed();
        Channel dialled = dialer.dial();
        channel = dialled;
        // Closed meanwhile: close() may not have seen it.
        if (closed.getCount() == 0) {
            dialled.close();
        }
        refuseIfClosed();
        return dialled;
    }

    private void refuseIfClosed() throws IOException {
        if (closed.getCount() == 0) {
            throw new IOException("closed");
        }
    }

    @Override
    public void close() {
        closed.countDown();
        Channel open = channel;
        if (open != null) {
            open.close();
        }
    }

    /**
     * @param since when it began
     * @param nextTry when sending is tried again
     */
    private record Outage(IOException reason, long since, long nextTry) {}
}
