package org.conmgr.cmctl;

/** Why the command cannot do what it was asked for. The message is for the user; it may have several lines. */
final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
