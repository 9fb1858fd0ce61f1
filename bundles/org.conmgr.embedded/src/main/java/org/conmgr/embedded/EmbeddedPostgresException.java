package org.conmgr.embedded;

import org.jspecify.annotations.Nullable;

/** An embedded server that could not be found, started or brought to do what was asked; the message says why. */
public final class EmbeddedPostgresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EmbeddedPostgresException(String message) {
        super(message);
    }

    EmbeddedPostgresException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
