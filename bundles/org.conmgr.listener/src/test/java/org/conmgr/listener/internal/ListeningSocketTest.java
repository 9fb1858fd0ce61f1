package org.conmgr.listener.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListeningSocketTest {
    private final RecordingLog log = new RecordingLog();
    private final NettyTransport transport = new NettyTransport();
    private final List<Channel> opened = new CopyOnWriteArrayList<>();
    private final ServerBootstrap bootstrap = transport
            .server(transport.applicationLoops())
            .handler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    opened.add(channel);
                }
            })
            .childHandler(new ChannelInboundHandlerAdapter());
    private final ListeningSocket socket =
            new ListeningSocket(bootstrap, new InetSocketAddress(NetUtil.LOCALHOST4, 0), log, () -> {});

    @AfterEach
    void stop() {
        socket.close();
        transport.close();
    }

    @Test
    void listensAgainWhenItsSocketIsLost() {
        socket.open();
        Await.until("listening", () -> socket.localAddress().isPresent());
        opened.get(0).close();
        Await.until(
                "listening again",
                () -> opened.size() == 2 && socket.localAddress().isPresent());

        Await.until("said", () -> log.messages().size() == 3);
        assertThat(log.messages())
                .extracting(LogMessage::message)
                .containsExactly(Message.LISTENING, Message.CANNOT_LISTEN, Message.LISTENING);
    }

    /** One that could not be said to listen before it was closed is not said to have stopped either. */
    @Test
    void isClosedBeforeItSaidThatItListens() {
        synchronized (socket) {
            socket.open();
            Await.until("bound", () -> socket.localAddress().isPresent());
            socket.close();
        }
        transport.close();

        assertThat(opened).hasSize(1).noneMatch(Channel::isOpen);
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void neitherListensNorLogsOnceClosed() {
        socket.open();
        socket.close();
        socket.open();

        assertThat(opened).hasSizeLessThanOrEqualTo(1).noneMatch(Channel::isOpen);
        assertThat(socket.localAddress()).isEmpty();
        assertThat(log.messages(Message.CANNOT_LISTEN)).isEmpty();
        assertThat(log.messages(Message.LISTENING)).hasSameSizeAs(log.messages(Message.STOPPED_LISTENING));
    }
}
