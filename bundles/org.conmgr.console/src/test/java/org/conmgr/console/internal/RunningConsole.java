package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.ServerSocket;
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
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.osgi.service.condition.Condition;

/** Listener and console as bundles of a framework. */
final class RunningConsole implements AutoCloseable {
    private static final String[] SHARED = {
        "org.conmgr.api.instance;version=1.0.0",
        "org.conmgr.api.link;version=1.0.0",
        "org.conmgr.api.log;version=1.0.0",
        "org.conmgr.api.routing;version=1.0.0",
        "org.conmgr.api.setting;version=1.0.0",
        "org.conmgr.listener;version=1.0.0",
        "org.conmgr.netty;version=1.0.0",
        "io.netty.bootstrap;version=4.2.18",
        "io.netty.buffer;version=4.2.18",
        "io.netty.channel;version=4.2.18",
        "io.netty.channel.group;version=4.2.18",
        "io.netty.handler.codec;version=4.2.18",
        "io.netty.util;version=4.2.18",
        "io.netty.util.concurrent;version=4.2.18"
    };

    final RecordingLog log = new RecordingLog();
    final OsgiFramework framework;
    final int port = freePort();

    private final NettyTransport transport = new NettyTransport();
    private final String addresses;

    /** Starts it and waits until it listens. */
    RunningConsole(Path storage, String addresses) {
        this.addresses = addresses;
        framework = OsgiFramework.start(storage, SHARED);
        configureListener(0);
        framework.register(Condition.class, Condition.INSTANCE, Map.of(Condition.CONDITION_ID, "conmgr.config"));
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
        framework.configure(
                "org.conmgr.listener",
                Map.of("port", port, "listen_addresses", addresses, "max_connections", maxConnections));
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

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, NetUtil.LOCALHOST4)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
