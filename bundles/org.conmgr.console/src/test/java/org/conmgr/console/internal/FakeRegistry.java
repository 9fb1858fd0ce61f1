package org.conmgr.console.internal;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictSubject;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;

/** A primary that is up, a standby that is down, an instance never seen; two application connections. */
final class FakeRegistry implements RegistryView {
    static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    static final VerdictRecord DEAD = new VerdictRecord(
            new VerdictSubject.Instance(new ConfiguredInstance(1, "db1", null, 5433, 27546)),
            VerdictRecord.Outcome.DEAD,
            new Verdict(VerdictReason.TIMED_OUT, "silent for 2.00 s", NOON.plusSeconds(2)),
            "",
            new BeatFacts(
                    NOON,
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofMillis(2002),
                    new BeatFacts.Beat(1, NOON, Duration.ZERO, Duration.ZERO),
                    null,
                    0,
                    Duration.ofNanos(1_500_000)),
            "");

    @Override
    public List<InstanceStatus> instances() {
        return List.of(
                new InstanceStatus(
                        new ConfiguredInstance(0, "db0", NetUtil.LOCALHOST4, 5432, 27545),
                        LinkState.UP,
                        NOON,
                        NOON.plusMillis(1500),
                        new Identity(42, 170004),
                        new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 2),
                        new Progress(0x16_B374_D848L, 0, 97),
                        null,
                        "",
                        1),
                new InstanceStatus(
                        new ConfiguredInstance(1, "db1", null, 5433, 27546),
                        LinkState.DOWN,
                        NOON,
                        NOON,
                        new Identity(42, 130023),
                        new Attributes(InstanceState.ACCEPTING, Role.STANDBY, true, 1),
                        Progress.UNKNOWN,
                        new Verdict(VerdictReason.TIMED_OUT, "silent for 2.0 s", NOON.plusSeconds(2)),
                        "",
                        0),
                new InstanceStatus(
                        new ConfiguredInstance(2, "db2", null, 5434, 27547),
                        LinkState.CONNECTING,
                        NOON,
                        null,
                        Identity.UNKNOWN,
                        null,
                        Progress.UNKNOWN,
                        null,
                        "",
                        0));
    }

    @Override
    public List<ApplicationStatus> applications() {
        return List.of(
                new ApplicationStatus(
                        1,
                        new RouteRequest(Target.READ_WRITE, "größer", 4711, "direct", 0),
                        0,
                        NOON,
                        new InetSocketAddress(NetUtil.LOCALHOST6, 40_000)),
                new ApplicationStatus(2, new RouteRequest(Target.STANDBY, "", 0, "libpq", 0), -1, NOON, null));
    }

    @Override
    public RouteAnswer preview(RouteRequest request) {
        return new Refusal("08001", "not asked here");
    }
}
