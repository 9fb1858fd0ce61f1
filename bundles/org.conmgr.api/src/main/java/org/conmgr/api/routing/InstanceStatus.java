package org.conmgr.api.routing;

import java.time.Instant;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * One instance as {@code cm_ctl status} and every other view shows it.
 *
 * @param instance number, address, ports
 * @param link state of its heartbeat link
 * @param since when that state began
 * @param lastBeat when the last beat came; null before the first
 * @param identity who it is
 * @param attributes last known; null before the first link
 * @param progress last numbers
 * @param verdict the verdict that stands while the state is down; else null
 * @param note why it is unmonitored, or why it is not offered though up (an old primary); else empty
 * @param applicationConnections sessions bound to it
 */
public record InstanceStatus(
        ConfiguredInstance instance,
        LinkState link,
        Instant since,
        @Nullable Instant lastBeat,
        Identity identity,
        @Nullable Attributes attributes,
        Progress progress,
        @Nullable Verdict verdict,
        String note,
        int applicationConnections) {
    /** Why the instance is not, or not fully, there to be used: the verdict, else the note; empty when all is well. */
    public String reason() {
        return verdict == null ? note : verdict.toString();
    }
}
