package org.conmgr.jmx.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.management.openmbean.CompositeData;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.watchdog.WatchdogView;
import org.junit.jupiter.api.Test;

class WatchdogBeansTest {
    private static final Instant NOON = Instant.parse("2026-05-04T12:00:00Z");

    private final PlatformBeans beans = new PlatformBeans();

    @Test
    void watchdogsComeAndGo() throws Exception {
        WatchdogView a = new Sample("a");
        WatchdogView b = new Sample("b");
        try (WatchdogBeans shown = new WatchdogBeans(beans)) {
            shown.addWatchdog(a);
            shown.addWatchdog(b);
            shown.removeWatchdog(a);
            assertThat(beans.shows("type=Watchdog,name=a")).isFalse();
            assertThat(beans.shows("type=Watchdog,name=b")).isTrue();
        }
        assertThat(beans.shows("type=Watchdog,name=b")).isFalse();
    }

    @Test
    void aWatchdogIsReadAsOpenTypes() throws Exception {
        String key = "type=Watchdog,name=a";
        try (WatchdogBeans shown = new WatchdogBeans(beans)) {
            shown.addWatchdog(new Sample("a"));
            assertThat(beans.read(key, "Name")).isEqualTo("a");
            assertThat((String[]) beans.read(key, "Addresses")).containsExactly("127.0.0.1:27545");
            assertThat(beans.read(key, "Role")).isEqualTo("standby");
            assertThat(beans.read(key, "State")).isEqualTo("degraded");
            assertThat(beans.read(key, "Reason")).isEqualTo("too many clients");
            assertThat(beans.read(key, "Timeline")).isEqualTo(3);
            assertThat(beans.read(key, "ServerVersion")).isEqualTo("17.4");
            assertThat(beans.read(key, "Lsn")).isEqualTo("1/0");
            assertThat(beans.read(key, "ReplayLagMs")).isEqualTo(12L);
            assertThat(beans.read(key, "FreeSlots")).isNull();
            assertThat(beans.read(key, "Terminated")).isEqualTo(5L);
            CompositeData[] links = (CompositeData[]) beans.read(key, "Links");
            assertThat(links).hasSize(1);
            assertThat(links[0].getAll(new String[] {
                        "conmgr",
                        "address",
                        "port",
                        "heartbeatInterval",
                        "heartbeatTimeout",
                        "since",
                        "lastHeard",
                        "lastBeat",
                        "sessions",
                        "rttMs",
                        "bytesReceived",
                        "bytesSent"
                    }))
                    .containsExactly(
                            "app1",
                            "127.0.0.1",
                            40000,
                            10.0,
                            0.6,
                            "2026-05-04T12:00:00Z",
                            "2026-05-04T12:00:00.250Z",
                            118L,
                            3,
                            1.234,
                            5000L,
                            6000L);
        }
    }

    private record Sample(String name) implements WatchdogView {
        @Override
        public List<InetSocketAddress> addresses() {
            return List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 27545));
        }

        @Override
        public Identity identity() {
            return new Identity(7, 170_004);
        }

        @Override
        public Attributes attributes() {
            return new Attributes(InstanceState.DEGRADED, Role.STANDBY, true, 3);
        }

        @Override
        public String why() {
            return "too many clients";
        }

        @Override
        public Progress progress() {
            return new Progress(1L << 32, 12, -1);
        }

        @Override
        public List<Link> links() {
            return List.of(new Link(
                    "app1",
                    InetAddress.getLoopbackAddress(),
                    40000,
                    Duration.ofSeconds(10),
                    Duration.ofMillis(600),
                    NOON,
                    NOON.plusMillis(250),
                    118,
                    3,
                    Duration.ofNanos(1_234_567),
                    5000,
                    6000));
        }

        @Override
        public long terminated() {
            return 5;
        }
    }
}
