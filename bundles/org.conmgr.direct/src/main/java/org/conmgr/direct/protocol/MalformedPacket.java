package org.conmgr.direct.protocol;

/** Bytes that are not what the protocol allows. The message says what was found and what was expected. */
public final class MalformedPacket extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedPacket(String message) {
        super(message);
    }
}
