package org.conmgr.jmx.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code org.conmgr:type=Watchdog,name=NAME}: a watchdog and the instance beside it. Times are ISO 8601, UTC. */
public interface WatchdogMXBean {
    String getName();

    /** Where it listens; empty while it cannot. */
    List<String> getAddresses();

    String getRole();

    String getState();

    /** Why the state is not good; empty when it is. */
    String getReason();

    @Nullable
    Integer getTimeline();

    @Nullable
    String getServerVersion();

    @Nullable
    String getLsn();

    @Nullable
    Long getReplayLagMs();

    @Nullable
    Integer getFreeSlots();

    /** Backends ended since its start. */
    long getTerminated();

    /** The conmgr processes linked to it. */
    List<LinkRow> getLinks();

    /** A conmgr's link: composite data, not an MBean, hence no {@code MXBean} in its name. */
    interface LinkRow {
        /** conmgr_name. */
        String getConmgr();

        String getAddress();

        int getPort();

        /** Seconds. */
        double getHeartbeatInterval();

        /** Seconds. */
        double getHeartbeatTimeout();

        String getSince();

        String getLastHeard();

        /** Sequence number. */
        long getLastBeat();

        /** SQL connections it has registered. */
        int getSessions();

        /** From a beat to the conmgr and back, in milliseconds; null while not known. */
        @Nullable
        Double getRttMs();

        long getBytesReceived();

        long getBytesSent();
    }
}
