package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** One watchdog as every view shows it. One OSGi service per watchdog. */
@ProviderType
public interface WatchdogView {
    /** The name behind {@code org.conmgr.watchdog~}. */
    String name();

    /** Where it listens; empty while it cannot. */
    List<InetSocketAddress> addresses();

    Identity identity();

    Attributes attributes();

    /** Why the state is what it is when it is not good; else empty. */
    String why();

    Progress progress();

    /** The established links, in no order. */
    List<Link> links();

    /** Backends ended since start. */
    long terminated();

    /**
     * A conmgr's link.
     *
     * @param name conmgr_name
     * @param address where it comes from
     * @param port its ephemeral port
     * @param interval heartbeat_interval
     * @param timeout heartbeat_timeout
     * @param since when it was established
     * @param lastHeard when anything last came
     * @param lastBeat sequence number of the last beat
     * @param sessions SQL connections it has registered
     * @param roundTrip from a beat to the conmgr and back, without the time it was held there; null while not known
     * @param bytesReceived of the protocol, without TLS
     * @param bytesSent of the protocol, without TLS
     */
    record Link(
            String name,
            InetAddress address,
            int port,
            Duration interval,
            Duration timeout,
            Instant since,
            Instant lastHeard,
            long lastBeat,
            int sessions,
            @Nullable Duration roundTrip,
            long bytesReceived,
            long bytesSent) {
        /** How many beats have not come at the time they were due, since anything last came; 0 when all is well. */
        public long missedBeats(Instant now) {
            long silence = Duration.between(lastHeard, now).toNanos();
            // Half an interval late is not missed: timers and networks are never exact.
            return Math.max(0, (silence - interval.toNanos() / 2) / interval.toNanos());
        }
    }
}
