package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.direct.protocol.Frame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatcherTest {
    private static final String THREAD = "conmgr-jdbc-watcher of a test";

    private final List<Selector> selectors = new CopyOnWriteArrayList<>();
    private final AtomicInteger unstartable = new AtomicInteger();
    private final Watcher watcher = new Watcher(this::thread, Duration.ofMillis(50), () -> {
        selectors.add(Selector.open());
        return selectors.get(selectors.size() - 1);
    });
    private final Recorder recorder = new Recorder();
    private final List<Watch> watches = new ArrayList<>();
    private ServerSocket server;
    private Socket conmgr;
    private SocketChannel channel;

    private Thread thread(Runnable task) {
        return unstartable.getAndUpdate(left -> Math.max(0, left - 1)) > 0
                ? new Unstartable()
                : Watcher.threads(THREAD).newThread(task);
    }

    /** What a thread is when the system has no more of them. */
    private static final class Unstartable extends Thread {
        @Override
        public synchronized void start() {
            throw new OutOfMemoryError("unable to create native thread: a failure that the test wants");
        }
    }

    private static final class Recorder implements Watch.Listener {
        private final List<String> told = new CopyOnWriteArrayList<>();

        @Override
        public void down(Frame.Down down) {
            told.add("down: " + down.message());
        }

        @Override
        public void lost(String why) {
            told.add("lost: " + why);
        }
    }

    @BeforeEach
    void connect() throws IOException {
        server = new ServerSocket(0);
        channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
        conmgr = server.accept();
    }

    @AfterEach
    void disconnect() throws IOException {
        watches.forEach(Watch::close);
        until("the thread has ended", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals(THREAD)));
        channel.close();
        conmgr.close();
        server.close();
    }

    private Watch watch(SocketChannel which) throws IOException {
        Watch watch = watcher.watch(which, recorder);
        watches.add(watch);
        return watch;
    }

    private static byte[] down(String message) {
        return new Frame.Down(1, "dead", message).encode();
    }

    @Test
    void tellsWhatConmgrTellsHoweverTheBytesArrive() throws IOException {
        watch(channel);
        for (byte one : down("first")) {
            conmgr.getOutputStream().write(one);
        }
        until("told", () -> recorder.told.equals(List.of("down: first")));
        byte[] unknown = {'?', 0, 0, 0, 5, 9};
        byte[] second = down("second");
        byte[] third = down("third");
        byte[] all = new byte[unknown.length + second.length + third.length - 3];
        System.arraycopy(unknown, 0, all, 0, unknown.length);
        System.arraycopy(second, 0, all, unknown.length, second.length);
        System.arraycopy(third, 0, all, unknown.length + second.length, third.length - 3);
        conmgr.getOutputStream().write(all);
        until("told the second", () -> recorder.told.contains("down: second"));
        conmgr.getOutputStream().write(Arrays.copyOfRange(third, third.length - 3, third.length));
        until("told the third", () -> recorder.told.contains("down: third"));
    }

    @Test
    void tellsWhenConmgrIsGone() throws IOException {
        watch(channel);
        conmgr.close();
        until("told", () -> recorder.told.equals(List.of("lost: it closed the connection")));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void tellsTheLastWordsBeforeTheEnd() throws IOException {
        watch(channel);
        conmgr.getOutputStream().write(down("bye"));
        conmgr.close();
        until("told", () -> recorder.told.size() == 2);
        assertThat(recorder.told).containsExactly("down: bye", "lost: it closed the connection");
    }

    @Test
    void tellsWhenConmgrTalksRubbish() throws IOException {
        watch(channel);
        conmgr.getOutputStream().write(new byte[] {'D', 0x7f, 0, 0, 0});
        until("told", () -> recorder.told.size() == 1);
        assertThat(recorder.told.get(0)).startsWith("lost: it sent what cannot be read: a frame of length 2130706432");
    }

    @Test
    void sendsWhatTheNetworkDoesNotTakeAtOnce() throws IOException {
        channel.socket().setSendBufferSize(4096);
        Watch watch = watch(channel);
        byte[] frame = new Frame.Bound("x".repeat(8000), 5).encode();
        int sent = 0;
        // Until the pipe is full: one frame is kept back, those after it are dropped.
        while (sent < 2000) {
            watch.send(new Frame.Bound("x".repeat(8000), 5));
            sent++;
        }
        for (int i = 0; i < 3; i++) {
            assertThat(conmgr.getInputStream().readNBytes(frame.length)).isEqualTo(frame);
        }
        assertThat(recorder.told).isEmpty();
        watch.close();
        // Whole frames only, however many there were.
        assertThat(conmgr.getInputStream().readAllBytes().length % frame.length).isZero();
    }

    @Test
    void conmgrSeesTheEndOfAWatchAtOnceAndNobodyIsTold() throws IOException {
        Watch watch = watch(channel);
        watch.close();
        watch.close();
        conmgr.setSoTimeout(5000);
        assertThat(conmgr.getInputStream().read()).isEqualTo(-1);
        assertThat(recorder.told).isEmpty();
    }

    @Test
    void rings() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch set = new CountDownLatch(1);
        // However slow this thread is, none rings before all are set.
        watcher.alarm(Deadline.afterMillis(1), () -> {
            busy.countDown();
            awaitAll(set);
        });
        assertThat(busy.await(5, TimeUnit.SECONDS)).isTrue();
        Deadline early = Deadline.afterMillis(40);
        Deadline between = Deadline.afterMillis(80);
        Deadline late = Deadline.afterMillis(120);
        CountDownLatch rung = new CountDownLatch(2);
        List<String> order = new CopyOnWriteArrayList<>();
        watcher.alarm(late, () -> {
            order.add("late");
            rung.countDown();
        });
        watcher.alarm(early, () -> {
            order.add("early");
            rung.countDown();
        });
        Watcher.Alarm cancelled = watcher.alarm(between, () -> order.add("cancelled"));
        cancelled.cancel();
        set.countDown();
        assertThat(rung.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(order).containsExactly("early", "late");
    }

    private static void awaitAll(CountDownLatch latch) {
        until("all alarms are set", () -> latch.getCount() == 0);
    }

    @Test
    void oneFailureDoesNotEndTheWatchOfOthers() throws Exception {
        watcher.alarm(Deadline.afterMillis(1), () -> {
            throw new IllegalStateException("a failure that the test wants");
        });
        watches.add(watcher.watch(channel, new Watch.Listener() {
            @Override
            public void down(Frame.Down down) {
                throw new IllegalStateException("another failure that the test wants");
            }

            @Override
            public void lost(String why) {
                recorder.lost(why);
            }
        }));
        conmgr.getOutputStream().write(down("fail"));
        until("told", () -> recorder.told.equals(List.of("lost: its watcher failed")));
        SocketChannel other =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
        try (Socket peer = server.accept()) {
            watch(other);
            peer.getOutputStream().write(down("go on"));
            until("still watched", () -> recorder.told.contains("down: go on"));
        }
    }

    @Test
    void theThreadIsADaemonThatHoldsNobodysClassLoaderAndEndsWithItsWork() throws Exception {
        Thread.currentThread().setContextClassLoader(new ClassLoader("of an application", null) {});
        try {
            Watch watch = watch(channel);
            Thread thread = thread();
            assertThat(thread.isDaemon()).isTrue();
            assertThat(thread.getContextClassLoader()).isNull();
            watch.close();
            thread.join(5000);
            assertThat(thread.isAlive()).isFalse();
        } finally {
            Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
        }
        // And starts again.
        SocketChannel next =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
        try (Socket peer = server.accept()) {
            Watch watch = watch(next);
            peer.getOutputStream().write(down("again"));
            until("told", () -> recorder.told.contains("down: again"));
            watch.close();
        }
    }

    @Test
    void aBrokenSelectorIsReplacedAndThoseItWatchedAreTold() throws Exception {
        watch(channel);
        CountDownLatch rung = new CountDownLatch(1);
        watcher.alarm(Deadline.afterMillis(200), rung::countDown);
        Thread first = thread();
        selectors.get(0).close();
        until("told", () -> recorder.told.size() == 1);
        assertThat(recorder.told.get(0)).startsWith("lost: its watcher failed");
        assertThat(rung.await(5, TimeUnit.SECONDS)).as("alarms still ring").isTrue();
        first.join(5000);
        assertThat(first.isAlive()).isFalse();
    }

    @Test
    void aThreadThatDoesNotStartFailsItsConnectAlone() throws Exception {
        unstartable.set(1);
        assertThatThrownBy(() -> watch(channel)).isInstanceOf(OutOfMemoryError.class);
        SocketChannel next =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
        try (Socket peer = server.accept()) {
            watch(next);
            peer.getOutputStream().write(down("still there"));
            until("told", () -> recorder.told.equals(List.of("down: still there")));
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(selectors.get(0).isOpen()).isFalse();
    }

    @Test
    void theWatchedAreToldAlsoWhenNoThreadCanTakeOver() throws Exception {
        watch(channel);
        CountDownLatch rung = new CountDownLatch(1);
        watcher.alarm(Deadline.afterMillis(600_000), rung::countDown);
        unstartable.set(1);
        selectors.get(0).close();
        until("told", () -> recorder.told.size() == 1);
        assertThat(recorder.told.get(0)).startsWith("lost: its watcher failed");
        assertThat(rung.await(5, TimeUnit.SECONDS))
                .as("nobody would ring later")
                .isTrue();
        CountDownLatch next = new CountDownLatch(1);
        watcher.alarm(Deadline.afterMillis(1), next::countDown);
        assertThat(next.await(5, TimeUnit.SECONDS)).as("the next one works").isTrue();
    }

    private static Thread thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(THREAD))
                .findFirst()
                .orElseThrow();
    }
}
