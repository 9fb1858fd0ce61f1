package org.conmgr.netty.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.netty.Resolver;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names, some of which a name server does not tell. */
class ThreadPerNameResolverTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final CountDownLatch answered = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver(this::lookUp);

    @AfterEach
    void close() {
        answered.countDown();
        resolver.close();
    }

    private InetAddress[] lookUp(String name) throws UnknownHostException {
        synchronized (threads) {
            threads.add(Thread.currentThread());
        }
        asked.incrementAndGet();
        if (name.startsWith("broken")) {
            throw new LinkageError(name);
        }
        if (name.startsWith("unknown")) {
            throw new UnknownHostException(name + ": said in another way each time");
        }
        boolean interrupted = false;
        while (name.startsWith("slow")) {
            try {
                answered.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true; // The system's own lookup hears of none.
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return new InetAddress[] {NetUtil.LOCALHOST4};
    }

    private static List<InetAddress> await(CompletableFuture<List<InetAddress>> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }

    private static void fails(CompletableFuture<List<InetAddress>> answer, String text) {
        assertThat(answer)
                .failsWithin(20, TimeUnit.SECONDS)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(UnknownHostException.class)
                .withMessage(text);
    }

    @Test
    void aNameIsAskedForOnceAtATimeAndHoldsUpNoOther() throws Exception {
        List<CompletableFuture<List<InetAddress>>> slow = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            slow.add(resolver.resolve("slow" + i % 6, LONG));
        }
        assertThat(await(resolver.resolve("fast", LONG))).containsExactly(NetUtil.LOCALHOST4);
        Await.until("each is asked for", () -> asked.get() == 7);
        assertThat(slow).noneMatch(CompletableFuture::isDone);
        answered.countDown();
        for (CompletableFuture<List<InetAddress>> one : slow) {
            assertThat(await(one)).containsExactly(NetUtil.LOCALHOST4);
        }
        assertThat(await(resolver.resolve("slow0", LONG))).hasSize(1);
        assertThat(asked).as("what is over is forgotten").hasValue(8);
        synchronized (threads) {
            assertThat(threads).allMatch(Thread::isDaemon).allMatch(one -> one.getName()
                    .startsWith("conmgr-resolver-"));
        }
    }

    @Test
    void nobodyWaitsLongerThanHeWants() throws Exception {
        CompletableFuture<List<InetAddress>> patient = resolver.resolve("slow", LONG);
        fails(resolver.resolve("slow", Duration.ofMillis(20)), "host \"slow\" is not resolved within 20 ms");
        assertThat(patient).as("the others wait on").isNotDone();
        answered.countDown();
        assertThat(await(patient)).containsExactly(NetUtil.LOCALHOST4);
        assertThat(asked).as("it was asked for once").hasValue(1);
    }

    @ParameterizedTest
    @CsvSource({"unknown, is not known", "broken, is not resolved: java.lang.LinkageError: broken"})
    void aNameThatIsNotFoundIsAskedForAgain(String name, String text) {
        for (int i = 1; i <= 2; i++) {
            fails(resolver.resolve(name, LONG), "host \"" + name + "\" " + text);
            assertThat(asked).hasValue(i);
        }
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.7", "2001:db8::7"})
    void anAddressIsAnsweredAtOnce(String address) throws Exception {
        CompletableFuture<List<InetAddress>> answer = resolver.resolve(address, Duration.ZERO);
        assertThat(answer).isCompletedWithValue(List.of(InetAddress.getByName(address)));
        assertThat(asked).hasValue(0);
    }

    @Test
    void thereAreNoMoreThreadsThanAreSaid() throws Exception {
        List<CompletableFuture<List<InetAddress>>> slow = new ArrayList<>();
        for (int i = 0; i < Resolver.MAX_NAMES; i++) {
            slow.add(resolver.resolve("slow" + i, LONG));
        }
        fails(resolver.resolve("late", LONG), "host \"late\" is not resolved: no thread is left for it");
        answered.countDown();
        for (CompletableFuture<List<InetAddress>> one : slow) {
            await(one);
        }
        Await.until("there is room again", () -> !resolver.resolve("late", LONG)
                .handle((found, failure) -> failure != null)
                .get(20, TimeUnit.SECONDS));
    }

    @Test
    void whoWaitsIsToldOfTheEnd() {
        CompletableFuture<List<InetAddress>> slow = resolver.resolve("slow", LONG);
        resolver.close();
        fails(slow, "host \"slow\" is not resolved: conmgr stops");
        fails(resolver.resolve("late", LONG), "host \"late\" is not resolved: conmgr stops");
    }
}
