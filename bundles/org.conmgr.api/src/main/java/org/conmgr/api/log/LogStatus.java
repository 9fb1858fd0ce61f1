package org.conmgr.api.log;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** How the log is doing, for those who show it. An OSGi service. Never blocks. */
@ProviderType
public interface LogStatus {
    /** The least severity that is written: {@code log_min_messages}. */
    Severity leastSeverity();

    /** Every destination that is named in {@code log_destination} or has a sink, by name. */
    List<Destination> destinations();

    /**
     * One destination.
     *
     * @param name the word in {@code log_destination}; {@code karaf} for Karaf's log, which gets every message
     * @param named whether {@code log_destination} names it; true for Karaf's log
     * @param present whether a sink is there
     * @param waiting the messages that wait to be written
     * @param written the messages written so far
     * @param lost the messages lost so far: there was no room to keep them, or the sink failed
     */
    record Destination(String name, boolean named, boolean present, int waiting, long written, long lost) {}
}
