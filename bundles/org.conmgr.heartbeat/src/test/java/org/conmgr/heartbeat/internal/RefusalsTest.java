package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    private final RecordingLog log = new RecordingLog();
    private final EmbeddedChannel time = new EmbeddedChannel();
    private final Refusals refusals = new Refusals("pg1", log, time.eventLoop(), 60_000);

    private void refuse(String address, String why) throws Exception {
        refusals.add(
                InetAddress.getByName(address),
                LogMessage.of(Message.LINK_REFUSED, address, why),
                address + ": " + why);
    }

    private void minute() {
        time.advanceTimeBy(60, TimeUnit.SECONDS);
        time.runScheduledPendingTasks();
    }

    @Test
    void theFirstOfEachAddressIsToldAndTheRestIsCounted() throws Exception {
        time.freezeTime();
        for (int i = 0; i < 1000; i++) {
            refuse("192.0.2.7", "no " + i);
        }
        refuse("192.0.2.8", "other");
        assertThat(log.texts(Message.LINK_REFUSED))
                .containsExactly(
                        "heartbeat link from 192.0.2.7 refused: no 0", "heartbeat link from 192.0.2.8 refused: other");
        minute();
        assertThat(log.texts(Message.LINKS_REFUSED))
                .containsExactly("watchdog \"pg1\" refused 999 more heartbeat links within 60 s, the last from"
                        + " 192.0.2.7: no 999");
        refuse("192.0.2.7", "again");
        assertThat(log.texts(Message.LINK_REFUSED)).hasSize(3);
        minute();
        assertThat(log.texts(Message.LINKS_REFUSED)).hasSize(1);
    }

    @Test
    void manyAddressesFillNoLog() throws Exception {
        time.freezeTime();
        for (int i = 0; i < 10_000; i++) {
            refuse("10.0." + i / 250 + "." + i % 250, "no");
        }
        assertThat(log.messages()).hasSize(Refusals.MAX_ADDRESSES);
        refusals.close();
        assertThat(log.texts(Message.LINKS_REFUSED)).hasSize(1);
        minute();
        assertThat(log.messages()).hasSize(Refusals.MAX_ADDRESSES + 1);
    }
}
