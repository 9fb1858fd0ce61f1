package org.conmgr.shell.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.api.watchdog.WatchdogView;

/** A primary that is up, a standby that is dead, one instance never reached; and what is bound to them. */
final class Samples {
    private static final Instant NOON = Instant.parse("2026-05-04T12:00:00Z");

    static final ConfiguredInstance DB0 = new ConfiguredInstance(0, "db0", address("10.0.0.1"), 5432, 27545);
    static final ConfiguredInstance DB1 = new ConfiguredInstance(1, "db1", null, 5433, 27546);
    static final ConfiguredInstance DB2 = new ConfiguredInstance(2, "db2", null, 5434, 27547);

    static final InstanceStatus PRIMARY = new InstanceStatus(
            DB0,
            LinkState.UP,
            NOON,
            NOON.plusMillis(1500),
            new Identity(7, 170_004),
            new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 2),
            new Progress(0x300_0148, 0, 95),
            null,
            "",
            2);
    static final InstanceStatus DEAD_STANDBY = new InstanceStatus(
            DB1,
            LinkState.DOWN,
            NOON.plusSeconds(5),
            NOON.plusSeconds(3),
            new Identity(7, 170_004),
            new Attributes(InstanceState.ACCEPTING, Role.STANDBY, true, 2),
            new Progress(0x300_0000, 12, 95),
            new Verdict(VerdictReason.TIMED_OUT, "silent for 2.0 s", NOON.plusSeconds(5)),
            "",
            0);
    static final InstanceStatus NEVER_REACHED = new InstanceStatus(
            DB2, LinkState.CONNECTING, NOON, null, Identity.UNKNOWN, null, Progress.UNKNOWN, null, "", 0);

    static final ApplicationStatus BOUND = new ApplicationStatus(
            1,
            new RouteRequest(Target.READ_WRITE, "shop", 4711, "direct", 0),
            0,
            NOON,
            new InetSocketAddress(address("fe80:0:0:0:0:0:0:1"), 51234));
    static final ApplicationStatus WAITING = new ApplicationStatus(
            2, new RouteRequest(Target.STANDBY, "", 0, "libpq", 0), -1, NOON.plusMillis(20), null);

    static final WatchdogView.Link LINK = new WatchdogView.Link(
            "app1",
            address("10.0.1.9"),
            40000,
            Duration.ofSeconds(10),
            Duration.ofMillis(600),
            NOON,
            NOON.plusMillis(250),
            118,
            3,
            Duration.ofNanos(1_234_567),
            5000,
            6000);

    private Samples() {}

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    static RegistryView registry(
            List<InstanceStatus> instances, List<ApplicationStatus> applications, RouteAnswer answer) {
        return new RegistryView() {
            @Override
            public List<InstanceStatus> instances() {
                return instances;
            }

            @Override
            public List<ApplicationStatus> applications() {
                return applications;
            }

            @Override
            public RouteAnswer preview(RouteRequest request) {
                return answer;
            }
        };
    }

    static WatchdogView watchdog(String name, WatchdogView.Link... links) {
        return new WatchdogView() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public List<InetSocketAddress> addresses() {
                return List.of();
            }

            @Override
            public Identity identity() {
                return Identity.UNKNOWN;
            }

            @Override
            public Attributes attributes() {
                return new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1);
            }

            @Override
            public String why() {
                return "";
            }

            @Override
            public Progress progress() {
                return Progress.UNKNOWN;
            }

            @Override
            public List<Link> links() {
                return List.of(links);
            }

            @Override
            public long terminated() {
                return 0;
            }
        };
    }
}
