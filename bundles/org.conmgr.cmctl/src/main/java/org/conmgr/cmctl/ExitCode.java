package org.conmgr.cmctl;

/** How {@code cm_ctl} ends. Documented in {@code cm_ctl help} and docs/cm_ctl.md. */
final class ExitCode {
    static final int OK = 0;
    static final int ERROR = 1;
    static final int NOT_RUNNING = 3;
    static final int NO_DIRECTORY = 4;

    private ExitCode() {}
}
