package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.log.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link LogSink} keeps to. The test of a sink extends this and says how to open one, how to read what has
 * arrived, and how to break its destination.
 */
@Timeout(60)
public abstract class LogSinkContract {
    private static final Instant AT = Instant.parse("2026-11-22T12:00:00.123Z");

    private @Nullable LogSink opened;

    /** A new sink. Closed after the test if it is {@link AutoCloseable}. Called once in a test. */
    protected abstract LogSink open() throws Exception;

    /** Everything that has arrived so far, as an administrator would read it. */
    protected abstract String arrived() throws Exception;

    /** From now on the destination takes nothing: a full disk, a receiver that is gone. */
    protected abstract void breakDestination() throws Exception;

    private LogSink sink() throws Exception {
        opened = open();
        return opened;
    }

    @AfterEach
    final void closeSink() throws Exception {
        if (opened instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }

    private static LogMessage message(Object value) {
        return LogMessage.of(Message.INSTANCE_DEAD, "instance 0", value);
    }

    private void awaitArrived(String... parts) throws Exception {
        String last = parts[parts.length - 1];
        Await.until("it has arrived: " + last, () -> arrived().contains(last));
        assertThat(arrived()).containsSubsequence(parts);
    }

    @Test
    final void theDestinationIsAWordThatNeverChanges() throws Exception {
        LogSink sink = sink();

        assertThat(sink.destination()).matches("[a-z][a-z0-9_.]*").isEqualTo(sink.destination());
    }

    @Test
    final void everyPartOfAMessageArrives() throws Exception {
        sink().write(
                        AT,
                        LogMessage.of(Message.TOO_MANY_LINKS, "10.0.0.1", 32)
                                .withDetail("The oldest is 3 days old.")
                                .withCause(new IOException("the cause")));

        awaitArrived(
                "LOG",
                "CM3006",
                "heartbeat link from 10.0.0.1 refused: 32 links are open",
                "The oldest is 3 days old.",
                "the cause",
                "Raise max_heartbeat_connections.");
    }

    @Test
    final void messagesArriveInOrder() throws Exception {
        LogSink sink = sink();
        List<String> sent = new ArrayList<>();
        for (int number = 0; number < 300; number++) {
            sent.add("number " + number + ".");
            sink.write(AT.plusMillis(number), message("number " + number + "."));
        }

        awaitArrived(sent.toArray(String[]::new));
    }

    @Test
    final void everyLanguageArrives() throws Exception {
        sink().write(AT, message("Zürich, Ελλάδα, 東京, 🐘"));

        awaitArrived("Zürich, Ελλάδα, 東京, 🐘");
    }

    @Test
    final void controlCharactersAreShownAndForgeNothing() throws Exception {
        sink().write(AT, message("bell \u0007 escape \u001b[31m\nPANIC:  CM9999: forged\r\nthe end"));

        awaitArrived("bell \\x07 escape \\x1b[31m", "PANIC:  CM9999: forged", "the end");
        assertThat(arrived()).doesNotContain("\u0007").doesNotContain("\u001b");
        assertThat(arrived().lines()).noneMatch(line -> line.startsWith("PANIC"));
    }

    @Test
    final void ofALongMessageAtLeastTheBeginningArrives() throws Exception {
        LogSink sink = sink();
        sink.write(AT, message("It begins here. " + "And goes on and on. ".repeat(5_000)));
        sink.write(AT, message("the next"));

        awaitArrived("It begins here. And goes on and on.", "the next");
    }

    @Test
    final void aBrokenDestinationIsAnIoException() throws Exception {
        LogSink sink = sink();
        sink.write(AT, message("before"));
        awaitArrived("before");
        breakDestination();

        Await.until("a write fails", Duration.ofSeconds(30), () -> {
            try {
                sink.write(AT, message("after"));
                return false;
            } catch (IOException e) {
                assertThat(e).as("the reason, for the administrator").hasMessageMatching("(?s).+");
                return true;
            }
        });
    }

    @Test
    final void closeMayComeAtAnyTime() throws Exception {
        LogSink sink = sink();
        if (!(sink instanceof AutoCloseable closeable)) {
            // Nothing to close, nothing to break.
            return;
        }
        sink.write(AT, message("first"));
        CompletableFuture<?> writer = CompletableFuture.supplyAsync(() -> writeUntilRefused(sink));

        closeable.close();

        assertThat(writer.get(10, TimeUnit.SECONDS))
                .as("how a write ends after close")
                .isInstanceOf(IOException.class);
        assertThatCode(closeable::close).as("a second close").doesNotThrowAnyException();
        assertThatThrownBy(() -> sink.write(AT, message("too late"))).isInstanceOf(IOException.class);
    }

    private static Throwable writeUntilRefused(LogSink sink) {
        try {
            while (true) {
                sink.write(AT, message("another"));
            }
        } catch (Throwable e) {
            return e;
        }
    }
}
