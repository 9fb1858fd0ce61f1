package org.conmgr.listener.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.listener.Throttle;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

class ReceptionTest {
    private final RecordingLog log = new RecordingLog();
    private final Reception reception = new Reception(List.of(), log);

    private EmbeddedChannel connect(int maxConnections) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        reception.receive(channel, new ListenerSettings(Set.of(), maxConnections, Duration.ofSeconds(60)));
        return channel;
    }

    @Test
    void closesOneTooManyWithoutAMessageToIt() {
        EmbeddedChannel first = connect(2);
        EmbeddedChannel second = connect(2);
        EmbeddedChannel third = connect(2);

        assertThat(List.of(first, second)).allMatch(EmbeddedChannel::isOpen);
        assertThat(third.isOpen()).isFalse();
        assertThat(third.outboundMessages()).isEmpty();
        assertThat(log.messages()).singleElement().satisfies(message -> {
            assertThat(message.message().severity()).isEqualTo(Severity.LOG);
            assertThat(message.text()).isEqualTo("closed a connection from embedded: 2 are open");
        });

        first.close();
        assertThat(connect(2).isOpen()).isTrue();
        assertThat(reception.status(List.of(), 2)).isEqualTo(new ListenerStatus(List.of(), 2, 2, 3, 1, 0, 0));
    }

    @Test
    void aLowerLimitClosesNobodyButCountsAll() {
        EmbeddedChannel first = connect(0);
        EmbeddedChannel second = connect(0);

        assertThat(connect(1).isOpen()).isFalse();
        assertThat(List.of(first, second)).allMatch(EmbeddedChannel::isOpen);
        second.close();
        assertThat(connect(1).isOpen()).isFalse();
        first.close();
        assertThat(connect(1).isOpen()).isTrue();
    }

    @Test
    void aFloodIsOneMessageASecondThatCounts() {
        EmbeddedChannel timer = new EmbeddedChannel();
        timer.freezeTime();
        Throttle tooMany = new Throttle(log::log, "Closed");
        for (int i = 0; i <= 1000; i++) {
            tooMany.add(timer.eventLoop(), LogMessage.of(Message.TOO_MANY_CONNECTIONS, "peer " + i, 5));
        }
        assertThat(log.messages()).hasSize(1);

        second(timer);
        tooMany.add(timer.eventLoop(), LogMessage.of(Message.TOO_MANY_CONNECTIONS, "another", 5));
        second(timer);
        second(timer);
        tooMany.add(timer.eventLoop(), LogMessage.of(Message.TOO_MANY_CONNECTIONS, "the last", 5));

        assertThat(log.texts(Message.TOO_MANY_CONNECTIONS))
                .containsExactly(
                        "closed a connection from peer 0: 5 are open",
                        "closed a connection from peer 1000: 5 are open",
                        "closed a connection from another: 5 are open",
                        "closed a connection from the last: 5 are open");
        assertThat(log.messages())
                .extracting(LogMessage::detail)
                .containsExactly(
                        null,
                        "Closed since the last such message: 1000.",
                        "Closed since the last such message: 1.",
                        null);
    }

    private static void second(EmbeddedChannel timer) {
        timer.advanceTimeBy(1, TimeUnit.SECONDS);
        timer.runScheduledPendingTasks();
    }

    @Test
    void whenItGoesItClosesWhatHasNoAdapterYet() {
        EmbeddedChannel waiting = connect(0);
        reception.close();
        waiting.runPendingTasks();

        assertThat(waiting.isOpen()).isFalse();
        assertThat(connect(0).isOpen()).isFalse();
    }

    @Test
    void whenConnectionsCannotBeAcceptedItTriesAgainEverySecondAndSaysItEveryMinute() {
        EmbeddedChannel server = new EmbeddedChannel(new AcceptFailures(log));
        server.freezeTime();
        for (int attempt = 0; attempt <= 60; attempt++) {
            server.pipeline().fireExceptionCaught(new IOException("Too many open files"));
            assertThat(server.config().isAutoRead()).isFalse();
            second(server);
            assertThat(server.config().isAutoRead()).isTrue();
        }

        assertThat(log.texts(Message.CANNOT_ACCEPT))
                .hasSize(2)
                .allMatch(text -> text.endsWith("trying again every second: Too many open files"));
    }
}
