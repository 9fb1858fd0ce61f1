package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import org.conmgr.api.link.VerdictReason;
import org.junit.jupiter.api.Test;

class FailureTest {
    @Test
    void namesTheFailureWithoutTheSystemCall() {
        assertThat(Failure.text(new ConnectException(
                        "finishConnect(..) failed with error(-111): Connection refused: /127.0.0.1:27545")))
                .isEqualTo("Connection refused: /127.0.0.1:27545");
        assertThat(Failure.text(new ConnectException("Connection refused"))).isEqualTo("Connection refused");
        assertThat(Failure.text(new ConnectException())).isEqualTo("ConnectException");
    }

    @Test
    void tellsTheReasonsOfAFailedConnectApart() {
        assertThat(Failure.ofConnect(new ConnectException("Connection refused")))
                .isEqualTo(VerdictReason.REFUSED);
        assertThat(Failure.ofConnect(new ConnectTimeoutException("timed out")))
                .isEqualTo(VerdictReason.CONNECT_TIMED_OUT);
        assertThat(Failure.ofConnect(new NoRouteToHostException())).isEqualTo(VerdictReason.HOST_UNREACHABLE);
        assertThat(Failure.ofConnect(
                        new ConnectException("connect(..) failed with error(-101): Network is unreachable")))
                .isEqualTo(VerdictReason.HOST_UNREACHABLE);
        assertThat(Failure.ofConnect(new UnknownHostException("x"))).isEqualTo(VerdictReason.NAME_NOT_RESOLVED);
    }

    @Test
    void saysWhatNativeTransportsHaveNoTextFor() {
        assertThat(Failure.text(new NoRouteToHostException("null: /192.0.2.1:5432")))
                .isEqualTo("No route to host: /192.0.2.1:5432");
    }
}
