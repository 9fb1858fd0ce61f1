package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.Transport;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.service.cm.ConfigurationAdmin;

/** conmgr's end of the links as a bundle. */
class LinksInFrameworkTest {
    private static final Class<?>[] SHARED = {
        MessageLog.class,
        Transport.class,
        ByteBuf.class,
        Channel.class,
        ByteToMessageDecoder.class,
        SslHandler.class,
        NetUtil.class
    };

    private final RecordingLog log = new RecordingLog();
    private final NettyTransport transport = new NettyTransport();
    private final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final LinkSecurity security = new LinkSecurity();
    private final Watcher watcher = new Watcher();
    private final OsgiFramework framework;
    private final HeartbeatAcceptor.Endpoint endpoint;

    LinksInFrameworkTest(@TempDir Path storage) throws IOException {
        framework = OsgiFramework.start(storage, SHARED);
        endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open("w", List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), Admission.ANY, watcher);
    }

    @AfterEach
    void close() {
        framework.close();
        endpoint.close(Departure.SHUTDOWN);
        security.close();
        resolver.close();
        transport.close();
    }

    @Test
    void aBundleThatIsReplacedSaysItRestartsAndIsTheSameConmgrWhenItIsBack() throws Exception {
        framework.register(MessageLog.class, log, Map.of());
        framework.register(Transport.class, transport, Map.of());
        framework.register(Resolver.class, resolver, Map.of());
        framework.register(InstanceRegistry.class, new Books(), Map.of());
        framework.satisfy("conmgr.config");
        framework
                .service(ConfigurationAdmin.class)
                .getFactoryConfiguration(InstanceDefinition.PID, "0", "?")
                .update(FrameworkUtil.asDictionary(Map.of(
                        "backend_host",
                        "127.0.0.1",
                        "watchdog_port",
                        String.valueOf(endpoint.addresses().get(0).getPort()))));
        Bundle heartbeat = framework.install(ConmgrLinks.class);
        Await.until("linked", () -> watcher.peers.size() == 1);
        heartbeat.stop();
        Await.until("lost", () -> watcher.losses.size() == 1);
        assertThat(watcher.losses.get(0).awaited()).isTrue();
        heartbeat.start();
        Await.until("linked again", () -> watcher.peers.size() == 2);
        assertThat(watcher.peers.get(1).id()).isEqualTo(watcher.peers.get(0).id());
    }
}
