package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.standby;
import static org.conmgr.jdbc.Servers.value;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import javax.net.SocketFactory;
import org.conmgr.jdbc.Servers.Way;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.hostchooser.GlobalHostStatusTracker;
import org.postgresql.hostchooser.HostStatus;
import org.postgresql.util.HostSpec;

/**
 * pgjdbc remembers for a while which host of a list is a primary and which one a standby. A conmgr is both: after a
 * connection to the primary one to a standby would be sought everywhere but there.
 */
class HostStatusTest {
    private FakeConmgr conmgr;
    private String hosts;

    @BeforeEach
    void start() throws IOException {
        conmgr = new FakeConmgr(ask -> Servers.route(0, ask.target().equals("read-only") ? standby() : primary()));
        hosts = conmgr.address() + ",127.0.0.1:" + FreePort.next();
    }

    @AfterEach
    void stop() throws IOException {
        conmgr.close();
    }

    private static String port(Way way, String hosts, String type) throws Exception {
        try (Connection connection = DriverManager.getConnection(way.url(hosts, "targetServerType=" + type))) {
            return value(connection, "select inet_server_port()");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConmgrIsBothPrimaryAndStandby(Way way) throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(port(way, hosts, "primary")).isEqualTo("" + primary().port());
            assertThat(port(way, hosts, "secondary")).isEqualTo("" + standby().port());
        }
    }

    @Test
    void withoutTheCureTheStandbyIsNotFound() throws Exception {
        // The same through our factory, but with what it does about the memory undone.
        String url = Way.FACTORY.url(hosts, "targetServerType=");
        String forgetful = url.replace(ConmgrSocketFactory.class.getName(), Remembering.class.getName());
        DriverManager.getConnection(forgetful.replace("targetServerType=", "targetServerType=primary"))
                .close();
        assertThatThrownBy(() -> DriverManager.getConnection(
                        forgetful.replace("targetServerType=", "targetServerType=secondary")))
                .hasFieldOrPropertyWithValue("SQLState", "08001");
    }

    @Test
    void theMemoryOfTheSameInstantDoesNotCount() throws Exception {
        Thread reporter = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                GlobalHostStatusTracker.reportHostStatus(new HostSpec("127.0.0.1", conmgr.port()), HostStatus.Primary);
            }
        });
        reporter.start();
        try {
            for (int i = 0; i < 5; i++) {
                assertThat(port(Way.FACTORY, hosts, "secondary"))
                        .isEqualTo("" + standby().port());
            }
        } finally {
            reporter.interrupt();
            reporter.join();
        }
    }

    /** Our factory as it would be without the cure. */
    public static final class Remembering extends SocketFactory {
        private final ConmgrSocketFactory factory;

        public Remembering(Properties properties) throws Exception {
            factory = new ConmgrSocketFactory(properties);
            properties.setProperty("hostRecheckSeconds", "10");
        }

        @Override
        public Socket createSocket() {
            return factory.createSocket();
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return factory.createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return factory.createSocket(host, port);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
            return factory.createSocket(host, port, from, fromPort);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
            return factory.createSocket(host, port, from, fromPort);
        }
    }
}
