package org.conmgr.heartbeat.internal;

import io.netty.channel.ConnectTimeoutException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.conmgr.api.link.VerdictReason;

/** What an exception of the transport means. */
final class Failure {
    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

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

    /** In words, without the system call that native transports put before them. */
    static String text(Throwable cause) {
        String message = cause.getMessage();
        if (message == null) {
            return cause.getClass().getSimpleName();
        }
        if (cause instanceof NoRouteToHostException && message.startsWith("null: ")) {
            return "No route to host" + message.substring("null".length()); // native transports have no text for it
        }
        return SYSTEM_CALL.matcher(message).replaceFirst("");
    }
}
