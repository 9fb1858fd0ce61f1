package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    @Test
    void returnsOnceTheConditionHolds() {
        AtomicInteger asked = new AtomicInteger();

        Await.until("asked three times", () -> asked.incrementAndGet() == 3);

        assertThat(asked).hasValue(3);
    }

    @Test
    void asksAtLeastOnceEvenWithoutTime() {
        Await.until("true", Duration.ZERO, () -> true);
    }

    @Test
    void saysWhatNeverBecameTrue() {
        assertThatThrownBy(() -> Await.until("pigs fly", SHORT, () -> false))
                .isInstanceOf(AssertionError.class)
                .hasMessage("not within 20 ms: pigs fly")
                .hasNoCause();
    }

    @Test
    void showsTheLastFailedAssertion() {
        assertThatThrownBy(() ->
                        Await.passes("one is two", SHORT, () -> assertThat(1).isEqualTo(2)))
                .hasMessage("not within 20 ms: one is two")
                .cause()
                .hasMessageContaining("expected: 2");
    }

    @Test
    void anExceptionEndsTheWait() {
        IOException broken = new IOException("broken");

        assertThatThrownBy(() -> Await.until("read", () -> {
                    throw broken;
                }))
                .hasMessage("failed while waiting: read")
                .hasCause(broken);
    }

    @Test
    void anInterruptEndsTheWait() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> Await.until("pigs fly", () -> false))
                .hasMessage("interrupted while waiting: pigs fly");
        assertThat(Thread.interrupted()).isTrue();
    }
}
