package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.testkit.Await.until;

import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that the system takes its time for. */
class ResolverTest {
    private static final InetAddress ADDRESS = InetAddress.getLoopbackAddress();

    private final Thread asking = Thread.currentThread();
    private final CountDownLatch over = new CountDownLatch(1);

    @AfterEach
    void end() {
        over.countDown();
        // The next test must not get it.
        Thread.interrupted();
    }

    private InetAddress[] onceWaitedFor(String host) {
        until(host + " is waited for", () -> asking.getState() == Thread.State.TIMED_WAITING);
        return new InetAddress[] {ADDRESS};
    }

    private InetAddress[] hanging(String host) {
        try {
            over.await();
        } catch (InterruptedException e) {
            throw new AssertionError(host + ": nobody interrupts the lookup itself", e);
        }
        return new InetAddress[] {ADDRESS};
    }

    @Test
    void aThreadThatWasInterruptedMayResolveAndStaysInterrupted() throws Exception {
        asking.interrupt();
        assertThat(Resolver.resolve("db1.test", Deadline.afterMillis(60_000), this::onceWaitedFor))
                .containsExactly(ADDRESS);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void oneThatIsInterruptedWhileItWaitsGivesUpAndStaysInterrupted() {
        assertThatThrownBy(() -> Resolver.resolve("db1.test", Deadline.afterMillis(60_000), host -> {
                    onceWaitedFor(host);
                    asking.interrupt();
                    return hanging(host);
                }))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessage("interrupted while the name was resolved");
        assertThat(Thread.interrupted()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noNameTakesLongerThanTheTime(boolean interrupted) {
        if (interrupted) {
            asking.interrupt();
        }
        assertThatThrownBy(() -> Resolver.resolve("db1.test", Deadline.afterMillis(200), this::hanging))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("the name was not resolved within 0.2 s");
        assertThat(Thread.interrupted()).isEqualTo(interrupted);
    }
}
