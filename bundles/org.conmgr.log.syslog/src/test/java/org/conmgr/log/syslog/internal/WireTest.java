package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.VirtualTime;
import org.junit.jupiter.api.Test;

class WireTest {
    private static final byte[] FRAME = "frame".getBytes(StandardCharsets.UTF_8);

    private final VirtualTime time = new VirtualTime();
    private final Exchange exchange = new Exchange();

    private Wire wire(Duration patience) {
        return new Wire("exchange", exchange, patience, time::nanoTime);
    }

    @Test
    void dialsOnceForManyFrames() throws IOException {
        Wire wire = wire(Duration.ZERO);
        wire.send(FRAME);
        wire.send(FRAME);

        assertThat(exchange.dialled).hasSize(1);
        assertThat(exchange.sent()).isEqualTo("frameframe");
    }

    @Test
    void dialsAgainWhenTheChannelWasClosed() throws IOException {
        Wire wire = wire(Duration.ZERO);
        wire.send(FRAME);
        exchange.dialled.get(0).close();
        wire.send(FRAME);

        assertThat(exchange.dialled).hasSize(2);
        assertThat(exchange.sent()).isEqualTo("frameframe");
    }

    @Test
    void waitsForASyslogThatIsRestarted() throws Exception {
        Wire wire = wire(Duration.ofSeconds(5));
        exchange.down = true;
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                wire.send(FRAME);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        Await.until("it was tried more than once", () -> exchange.attempts.get() > 1);
        exchange.down = false;

        sending.get(10, TimeUnit.SECONDS);
        assertThat(exchange.sent()).isEqualTo("frame");
    }

    @Test
    void isPatientOnceInAnOutageAndThenTriesEverySecond() throws IOException {
        Wire wire = wire(Duration.ZERO);
        exchange.down = true;
        assertThatThrownBy(() -> wire.send(FRAME)).hasMessage("nobody answers");
        assertThatThrownBy(() -> wire.send(FRAME)).hasMessage("nobody answers");
        time.advance(Duration.ofMillis(999));
        assertThatThrownBy(() -> wire.send(FRAME)).hasMessage("nobody answers");
        assertThat(exchange.attempts).hasValue(1);

        time.advance(Duration.ofMillis(1));
        assertThatThrownBy(() -> wire.send(FRAME)).hasMessage("nobody answers");
        assertThat(exchange.attempts).hasValue(2);

        exchange.down = false;
        time.advance(Duration.ofSeconds(1));
        wire.send(FRAME);
        assertThat(exchange.sent()).isEqualTo("frame");
    }

    @Test
    void anInterruptEndsTheWait() {
        exchange.down = true;
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> wire(Duration.ofSeconds(5)).send(FRAME))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("interrupted: nobody answers");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void closeEndsTheWait() throws Exception {
        Wire wire = wire(Duration.ofSeconds(5));
        exchange.down = true;
        CompletableFuture<Throwable> sending = CompletableFuture.supplyAsync(() -> {
            try {
                wire.send(FRAME);
                return new AssertionError("sent");
            } catch (IOException e) {
                return e;
            }
        });
        Await.until("it was tried", () -> exchange.attempts.get() > 0);
        wire.close();

        assertThat(sending.get(10, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> wire.send(FRAME)).hasMessage("closed");
    }

    /** Channels in memory. */
    private static final class Exchange implements Dialer {
        private final List<EmbeddedChannel> dialled = new ArrayList<>();
        private volatile boolean down;
        private final AtomicInteger attempts = new AtomicInteger();

        @Override
        public Channel dial() throws IOException {
            attempts.incrementAndGet();
            if (down) {
                throw new IOException("nobody answers");
            }
            EmbeddedChannel channel = new EmbeddedChannel();
            dialled.add(channel);
            return channel;
        }

        String sent() {
            StringBuilder sent = new StringBuilder();
            for (EmbeddedChannel channel : dialled) {
                for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
                    sent.append(frame.toString(StandardCharsets.UTF_8));
                    frame.release();
                }
            }
            return sent.toString();
        }
    }
}
