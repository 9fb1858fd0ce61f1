package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.NetUtil;
import java.nio.file.Path;
import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.ListenerView;
import org.conmgr.listener.internal.Listener;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;

/** Listener and console as bundles of a framework. */
final class RunningConsole implements AutoCloseable {
    private static final Class<?>[] SHARED = {
        MessageLog.class,
        ListenerView.class,
        Transport.class,
        ByteBuf.class,
        Channel.class,
        ByteToMessageDecoder.class,
        NetUtil.class
    };

    final RecordingLog log = new RecordingLog();
    final OsgiFramework framework;
    final int port = FreePort.next();

    private final NettyTransport transport = new NettyTransport();
    private final String addresses;

    /** Starts it and waits until it listens. */
    RunningConsole(Path storage, String addresses) {
        this.addresses = addresses;
        framework = OsgiFramework.start(storage, SHARED);
        configureListener(0);
        framework.satisfy("conmgr.config");
        framework.register(Transport.class, transport, Map.of());
        framework.register(MessageLog.class, log, Map.of());
        framework.register(RegistryView.class, new FakeRegistry(), Map.of());
        framework.install(ConsoleAdapter.class);
        framework.install(Listener.class);
        Await.until("listening", () -> !framework
                .service(ListenerView.class)
                .status()
                .addresses()
                .isEmpty());
        await();
    }

    void configureListener(int maxConnections) {
        configureListener(maxConnections, "60s");
    }

    void configureListener(int maxConnections, String authenticationTimeout) {
        framework.configure(
                "org.conmgr.listener",
                Map.of(
                        "port",
                        port,
                        "listen_addresses",
                        addresses,
                        "max_connections",
                        maxConnections,
                        "authentication_timeout",
                        authenticationTimeout));
    }

    /** Waits until the console is there. */
    void await() {
        Await.until(
                "the console is there",
                () -> !framework.find(ApplicationAdapter.class).isEmpty());
    }

    @Override
    public void close() {
        framework.close();
        transport.close();
        assertThat(log.messages(Message.SUPERVISED_FAILURE)).isEmpty();
    }
}
