package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.List;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

class LinkHandlerTest {
    private final List<String> told = new ArrayList<>();

    private final LinkHandler handler = new LinkHandler(
            new LinkHandler.Events() {
                @Override
                public void received(Packet packet) {
                    told.add("received");
                }

                @Override
                public void closed(String how) {
                    told.add("closed: " + how);
                }

                @Override
                public void unreachable(String how) {
                    told.add("unreachable: " + how);
                }

                @Override
                public void corrupted(String what) {
                    told.add("corrupted: " + what);
                }

                @Override
                public void untrusted(String why) {
                    told.add("untrusted: " + why);
                }
            },
            new RecordingLog());

    @Test
    void aWriteThatLearnsThatThereIsNoWaySaysSo() {
        EmbeddedChannel channel =
                new EmbeddedChannel(new Refusing(new NoRouteToHostException("No route to host")), handler);
        channel.writeAndFlush("a beat");
        assertThat(told).first().isEqualTo("unreachable: connection lost (No route to host)");
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aWriteToAConnectionThatIsGoneSaysWhatHappened() {
        EmbeddedChannel channel = new EmbeddedChannel(new Refusing(new IOException("Broken pipe")), handler);
        channel.writeAndFlush("a beat");
        assertThat(told).first().isEqualTo("closed: connection lost (Broken pipe)");
    }

    @Test
    void aWriteBehindTheEndSaysNothingMore() {
        EmbeddedChannel channel = new EmbeddedChannel(handler);
        channel.close();
        channel.writeAndFlush("a beat");
        assertThat(told).containsExactly("closed: connection closed");
    }

    /** A socket that fails with what the network has said. */
    private static final class Refusing extends ChannelOutboundHandlerAdapter {
        private final IOException failure;

        Refusing(IOException failure) {
            this.failure = failure;
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            promise.setFailure(failure);
        }
    }
}
