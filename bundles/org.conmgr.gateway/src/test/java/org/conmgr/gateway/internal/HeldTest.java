package org.conmgr.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

class HeldTest {
    private static final Upstream.Failure FAILURE = new Upstream.Failure("no instance", null);

    private final EmbeddedChannel client = new EmbeddedChannel();

    @Test
    void aFailureCountsForItsTargetAndNotForLong() {
        client.freezeTime();
        Held.failure(client, Target.PRIMARY, FAILURE);
        client.advanceTimeBy(Held.LIMIT.toMillis() - 1, TimeUnit.MILLISECONDS);
        client.runScheduledPendingTasks();
        Held held = Held.take(client);
        assertThat(held.failure(Target.PRIMARY)).isEqualTo(FAILURE);
        assertThat(held.failure(Target.STANDBY)).isNull();
        assertThat(Held.take(client).failure(Target.PRIMARY)).as("taken").isNull();

        Held.failure(client, Target.PRIMARY, FAILURE);
        client.advanceTimeBy(Held.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        client.runScheduledPendingTasks();
        assertThat(Held.take(client).failure(Target.PRIMARY)).as("too old").isNull();
        client.close();
    }
}
