package org.conmgr.listener.internal;

/** Bytes that can never become a first packet. The message says what was found and what was expected. */
final class MalformedFirstPacket extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedFirstPacket(String message) {
        super(message);
    }
}
