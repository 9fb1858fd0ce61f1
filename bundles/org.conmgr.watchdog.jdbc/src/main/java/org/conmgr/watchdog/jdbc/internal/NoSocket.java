package org.conmgr.watchdog.jdbc.internal;

import java.io.Serial;
import java.net.SocketException;

/** The system gave this process no socket to connect with. */
final class NoSocket extends SocketException {
    @Serial
    private static final long serialVersionUID = 1;

    NoSocket(SocketException cause) {
        super(cause.getMessage());
        initCause(cause);
    }
}
