package org.conmgr.heartbeat.internal;

import io.netty.channel.ConnectTimeoutException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import org.conmgr.api.link.VerdictReason;

/** What an exception of the transport means. */
final class Failure {
    private Failure() {}

    /** Why a connection could not be made. */
    static VerdictReason ofConnect(Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return VerdictReason.CONNECT_TIMED_OUT;
        }
        if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
            return VerdictReason.NAME_NOT_RESOLVED;
        }
        String text = text(cause).toLowerCase(Locale.ROOT);
        if (cause instanceof NoRouteToHostException
                || text.contains("no route to host")
                || text.contains("unreachable")) {
            return VerdictReason.HOST_UNREACHABLE;
        }
        return VerdictReason.REFUSED;
    }

    static String text(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
