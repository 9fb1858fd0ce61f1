package org.conmgr.jmx.internal;

import org.jspecify.annotations.Nullable;

/** {@code org.conmgr:type=Instance,number=N}: an instance as conmgr sees it. Times are ISO 8601, UTC. */
public interface InstanceMXBean {
    int getNumber();

    String getHost();

    /** backend_hostaddr; null when not configured. */
    @Nullable
    String getHostaddr();

    int getPort();

    int getWatchdogPort();

    /** {@code primary} or {@code standby}, the last known. */
    @Nullable
    String getRole();

    /** What its watchdog sees: {@code accepting}, {@code degraded}, {@code stopped}, ... */
    @Nullable
    String getState();

    /** {@code connecting}, {@code up}, {@code unmonitored} or {@code down}. */
    String getLink();

    /** Since when the link is in that state. */
    String getSince();

    @Nullable
    String getLastBeat();

    @Nullable
    Integer getTimeline();

    @Nullable
    String getServerVersion();

    /** As PostgreSQL writes it: {@code 0/3000148}. */
    @Nullable
    String getLsn();

    @Nullable
    Long getReplayLagMs();

    @Nullable
    Integer getFreeSlots();

    int getApplicationConnections();

    /** Why it is not, or not fully, offered; empty when all is well. */
    String getReason();
}
