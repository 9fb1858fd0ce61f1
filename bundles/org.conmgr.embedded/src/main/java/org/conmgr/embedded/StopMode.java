package org.conmgr.embedded;

/** The ways to stop a server, as {@code pg_ctl stop -m} has them. */
public enum StopMode {
    /** Waits until every client has gone. */
    SMART("TERM"),
    /** Ends every client, writes a checkpoint. */
    FAST("INT"),
    /** Ends at once; the next start recovers. */
    IMMEDIATE("QUIT");

    private final String signal;

    StopMode(String signal) {
        this.signal = signal;
    }

    String signal() {
        return signal;
    }
}
