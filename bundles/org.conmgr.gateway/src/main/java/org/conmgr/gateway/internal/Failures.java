package org.conmgr.gateway.internal;

import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import org.jspecify.annotations.Nullable;

/** Why a connection failed, in words for people. */
final class Failures {
    private Failures() {}

    static String text(@Nullable Throwable cause) {
        if (cause instanceof ConnectTimeoutException) {
            return "connect timed out";
        }
        if (cause instanceof ConnectException) {
            return "connection refused";
        }
        if (cause instanceof ChannelException && cause.getCause() != null) {
            return text(cause.getCause());
        }
        return cause == null ? "unknown" : String.valueOf(cause.getMessage());
    }
}
