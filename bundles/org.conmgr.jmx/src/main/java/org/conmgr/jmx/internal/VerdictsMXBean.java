package org.conmgr.jmx.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code org.conmgr:type=Verdicts}: why instances were declared dead, and conmgr processes given up, and since when. */
public interface VerdictsMXBean {
    /** The last of each instance and of each conmgr, newest first. */
    List<VerdictRow> getVerdicts();

    /** One verdict: composite data, not an MBean, hence no {@code MXBean} in its name. */
    interface VerdictRow {
        /** When. ISO 8601, UTC. */
        String getAt();

        /** The number of the instance it is about; null when it is about a conmgr. */
        @Nullable
        Integer getInstance();

        /** The watchdog that reached it; null when it is about an instance. */
        @Nullable
        String getWatchdog();

        /** The name of the conmgr it is about; null when it is about an instance. */
        @Nullable
        String getConmgr();

        /** {@code declared dead}, {@code left unmonitored} or {@code lost}. */
        String getOutcome();

        String getReason();

        String getEvidence();

        /** The own stall since anything last came; null when no link had stood. */
        @Nullable
        Double getOwnStallMs();

        /** All it rested on, in plain words, in one line. */
        String getExplanation();
    }
}
