package org.conmgr.heartbeat.internal.security;

import org.jspecify.annotations.Nullable;

/** The settings of one PID, which name files whose content is looked at again and again. */
sealed interface FileSettings permits AuthSettings, TlsSettings {
    /** Why they cannot be used, which has been logged; null if they can. Once they can, they always can. Any thread. */
    @Nullable
    String invalid();

    /**
     * Reads the files anew if they have changed, or have never fitted. Blocks for as long as that takes; not on two threads
     * at a time.
     *
     * @param usable told when these settings can be used from now on
     */
    void look(Runnable usable);
}
