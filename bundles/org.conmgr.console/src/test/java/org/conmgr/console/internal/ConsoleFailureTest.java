package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Collections;
import org.conmgr.api.setting.Reload;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left of a connection whose answer ends in an error of the program, as while a bundle is replaced. */
class ConsoleFailureTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final Client client = Client.connected();

    @BeforeEach
    void breakShowConfig() {
        client.channel.config().setAllocator(allocator);
        client.verdicts = Collections.nCopies(4_096, FakeRegistry.DEAD);
        client.settings = () -> {
            throw new NoClassDefFoundError("org/conmgr/gone/Gone");
        };
    }

    @Test
    void holdsNothing() {
        client.send(Messages.query("show verdicts; show config"));
        assertEnded();
    }

    @Test
    void holdsNothingAndIsNotMuteBehindWorkEither() {
        client.send(Messages.query("reload; show verdicts; show config"));
        client.reloads.get(0).complete(Reload.Outcome.withErrors());
        client.channel.runPendingTasks();
        assertEnded();
    }

    private void assertEnded() {
        assertThat(client.failures).singleElement().isInstanceOf(NoClassDefFoundError.class);
        assertThat(client.told()).isEmpty();
        assertThat(client.channel.isOpen()).isFalse();
        assertThat(client.adapter.pool.taken()).isZero();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
    }
}
