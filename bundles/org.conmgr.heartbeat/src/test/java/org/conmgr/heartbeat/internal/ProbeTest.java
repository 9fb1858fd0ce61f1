package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.conmgr.netty.internal.NettyTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What a probe tells of a postmaster, and what only of the host that sends it. */
@ParameterizedClass
@ValueSource(booleans = {true, false})
class ProbeTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private final NettyTransport transport;
    private final EventLoop loop;
    private final Postmaster postmaster = new Postmaster();
    private final InetSocketAddress target = new InetSocketAddress(HERE, postmaster.port());

    ProbeTest(boolean epoll) throws IOException {
        transport = new NettyTransport(epoll);
        loop = transport.heartbeatLoops().next();
    }

    @AfterEach
    void close() throws IOException {
        postmaster.close();
        transport.close();
    }

    private Bootstrap client() {
        return transport.client(loop, HERE);
    }

    /** {@code ANSWERED 127.0.0.1:5432 answers}, without the target. */
    private String probe(Bootstrap bootstrap) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Probe.start(bootstrap, loop, target, TimeUnit.SECONDS.toNanos(20), (result, how) -> {
            assertThat(loop.inEventLoop()).isTrue();
            outcome.complete(result + " " + how);
        });
        return outcome.get(30, TimeUnit.SECONDS).replace("127.0.0.1:" + target.getPort(), "it");
    }

    @Test
    void aPostmasterAnswersOrDoesNot() throws Exception {
        assertThat(probe(client())).isEqualTo("ANSWERED it answers");
        postmaster.close();
        assertThat(probe(client())).startsWith("NOT_ANSWERED it: Connection refused");
    }

    @Test
    void anAddressThatIsNotThisHostsTellsNothing() throws Exception {
        assertThat(probe(client().localAddress(new InetSocketAddress("192.0.2.1", 0))))
                .isEqualTo("NOT_ASKED it was not asked: Cannot assign requested address");
    }

    /** The only port that may be used already leads there. */
    @Test
    void aLackOfLocalPortsTellsNothing() throws Exception {
        try (Socket used = new Socket()) {
            used.setReuseAddress(true);
            used.bind(new InetSocketAddress(HERE, 0));
            used.connect(target);
            assertThat(probe(client().option(ChannelOption.SO_REUSEADDR, true)
                            .localAddress(used.getLocalSocketAddress())))
                    .startsWith("NOT_ASKED it was not asked: Cannot assign requested address");
        }
    }

    @Test
    void aLackOfFileDescriptorsTellsNothing() throws Exception {
        assertThat(probe(new Bootstrap().group(loop).channelFactory(() -> {
                    throw new ChannelException("no channel", new SocketException("Too many open files"));
                })))
                .isEqualTo("NOT_ASKED it was not asked: Too many open files");
    }
}
