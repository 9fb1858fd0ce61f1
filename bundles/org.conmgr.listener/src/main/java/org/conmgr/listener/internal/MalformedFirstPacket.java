package org.conmgr.listener.internal;

import org.conmgr.listener.ErrorResponse;
import org.jspecify.annotations.Nullable;

/** Bytes that can never become a first packet. The message says what was found and what was expected. */
final class MalformedFirstPacket extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable ErrorResponse answer;

    MalformedFirstPacket(String message) {
        this(message, null);
    }

    /** @param answer what the client can be told; null when it would understand nothing */
    MalformedFirstPacket(String message, @Nullable ErrorResponse answer) {
        super(message);
        this.answer = answer;
    }

    @Nullable
    ErrorResponse answer() {
        return answer;
    }
}
