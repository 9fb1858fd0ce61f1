package org.conmgr.api.watchdog;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
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
            int sessions) {}
}
