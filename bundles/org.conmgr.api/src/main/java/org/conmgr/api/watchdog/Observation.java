package org.conmgr.api.watchdog;

import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;

/** The outcome of one check. */
public sealed interface Observation {
    /**
     * The instance answered.
     *
     * @param connectionLimit its {@code max_connections}
     */
    record Seen(Identity identity, Attributes attributes, Progress progress, int connectionLimit)
            implements Observation {}

    /**
     * It did not.
     *
     * @param state {@link InstanceState#STOPPED} when that is proven (refused, shutting down), else {@link
     *     InstanceState#UNREACHABLE}
     * @param why in words, with the instance's own error text
     * @param fatal true when trying again cannot help until somebody changes something (a wrong password)
     */
    record Lost(InstanceState state, String why, boolean fatal) implements Observation {}
}
