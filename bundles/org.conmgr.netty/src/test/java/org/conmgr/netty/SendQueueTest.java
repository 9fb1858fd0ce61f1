package org.conmgr.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.unix.IntegerUnixChannelOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SendQueueTest {
    @Test
    void theKernelIsToldToResendSteadily() throws Exception {
        IntegerUnixChannelOption option = new IntegerUnixChannelOption("TCP_THIN_LINEAR_TIMEOUTS", 6, 16);
        try (Pair pair = new Pair(true, false)) {
            assertThat(pair.server.config().getOption(option)).isZero();
            SendQueue.resendSteadily(pair.server);
            assertThat(pair.server.config().getOption(option)).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theConnectionWorksAsBefore(boolean epoll) throws Exception {
        try (Pair pair = new Pair(epoll, false)) {
            SendQueue.resendSteadily(pair.server);
            pair.server.writeAndFlush(pair.server.alloc().buffer().writeByte(7)).sync();
            assertThat(pair.client.getInputStream().read()).isEqualTo(7);
        }
    }
}
