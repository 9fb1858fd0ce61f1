package org.conmgr.log.syslog.internal;

import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.regex.Pattern;

/** Why a syslog could not be reached or written to, in words. */
final class Failure {
    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

    private Failure() {}

    /** Without where, which Netty puts behind some, and without the system call, which it puts before most. */
    static String text(Throwable failure) {
        Throwable original = failure.getCause() instanceof ConnectException ? failure.getCause() : failure;
        // These have no text of their own.
        if (original instanceof FileNotFoundException) {
            return "No such file or directory";
        }
        if (original instanceof NoRouteToHostException) {
            return "No route to host";
        }
        if (original instanceof ClosedChannelException) {
            return "closed by the other end";
        }
        String message = original.getMessage();
        return message == null
                ? original.getClass().getSimpleName()
                : SYSTEM_CALL.matcher(message).replaceFirst("");
    }
}
