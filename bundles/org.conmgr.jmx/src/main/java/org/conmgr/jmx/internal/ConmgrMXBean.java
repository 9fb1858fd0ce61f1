package org.conmgr.jmx.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code org.conmgr:type=Conmgr}. */
public interface ConmgrMXBean {
    /** The configured instances' numbers; each has an MBean {@code type=Instance,number=N}. */
    List<Integer> getInstances();

    /** How many of them have a link that is up. */
    int getInstancesUp();

    /** The primary that a connection would be sent to; null while there is none. */
    @Nullable
    Integer getPrimary();

    /** Application connections bound to an instance. */
    int getApplicationConnections();

    /** Application connections that wait for an instance that fits. */
    int getWaitingApplications();

    /** All application connections, oldest first. */
    List<ApplicationRow> getApplications();

    /** One application connection: composite data, not an MBean, hence no {@code MXBean} in its name. */
    interface ApplicationRow {
        long getId();

        String getApplication();

        /** Process id on its host; null when it was not told. */
        @Nullable
        Long getPid();

        /** {@code direct} or the gateway adapter's name. */
        String getPath();

        /** What it asked for, in libpq's words. */
        String getTarget();

        /** The instance it is bound to; null while it waits for one. */
        @Nullable
        Integer getInstance();

        /** Since when it is bound, or waits. ISO 8601, UTC. */
        String getSince();

        /** The client's end of its SQL connection; null until it was told. */
        @Nullable
        String getSqlAddress();
    }
}
