package org.conmgr.heartbeat.internal;

import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.BindException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.conmgr.api.link.VerdictReason;

/** What an exception of the transport means. */
final class Failure {
    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

    /** Linux: no file descriptor in the process, in the system; no memory, no buffers; no such address, no port. */
    private static final Pattern LACK = Pattern.compile(" failed with error\\(-(24|23|12|105|99|98)\\)");

    private static final Pattern ALERT_ABOUT_CERTIFICATE = Pattern.compile("fatal alert: .*(certificate|unknown_ca)");
    private static final int MAX_TEXT = 400;

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

    /**
     * Whether a connection was not even tried, for a lack of this host's own: no file descriptor, no local port, no such
     * local address. It tells nothing of the peer.
     */
    static boolean isOfThisHost(Throwable cause) {
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof BindException
                    || at instanceof ChannelException
                    || LACK.matcher(String.valueOf(at.getMessage())).find()) {
                return true;
            }
        }
        return false;
    }

    /** What went wrong with TLS, in words: the innermost cause is the one that helps. */
    static String ofTls(Throwable cause) {
        if (cause instanceof NotSslRecordException) {
            return "TLS: the peer does not speak TLS, or not any more";
        }
        if (cause instanceof ClosedChannelException) {
            return "TLS: the peer closed the connection during the handshake; does it have org.conmgr.tls?";
        }
        if (text(cause).contains("Empty client certificate chain")) {
            return "TLS: it has shown no certificate, as one does that has none which is valid and signed by an authority"
                    + " of this end's ca";
        }
        if (ALERT_ABOUT_CERTIFICATE.matcher(text(cause)).find()) {
            return "TLS: the other end does not accept this end's certificate (" + text(cause) + ")";
        }
        StringBuilder text = new StringBuilder("TLS: ").append(text(cause));
        Throwable innermost = innermost(cause);
        if (innermost != cause && !text(cause).contains(text(innermost))) {
            text.append(" (").append(text(innermost)).append(')');
        }
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text.toString();
    }

    private static Throwable innermost(Throwable cause) {
        Throwable innermost = cause;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        return innermost;
    }

    /** As {@link #text}, of what is behind it all. */
    static String innermostText(Throwable cause) {
        return text(innermost(cause));
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
