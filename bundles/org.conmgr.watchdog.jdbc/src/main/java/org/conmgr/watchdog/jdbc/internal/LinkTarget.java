package org.conmgr.watchdog.jdbc.internal;

import java.io.IOException;

/** Where a {@link LinkDocument} goes. */
interface LinkTarget {
    void write(String document) throws IOException;

    void withdraw() throws IOException;

    /** Withdraws nothing; blocks for a moment at most. */
    void close();
}
