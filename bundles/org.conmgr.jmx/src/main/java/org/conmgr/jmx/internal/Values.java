package org.conmgr.jmx.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** How facts look as JMX values. */
final class Values {
    private Values() {}

    static @Nullable String known(String text) {
        return text.isEmpty() ? null : text;
    }

    static @Nullable Long known(long number) {
        return number == -1 ? null : number;
    }

    static @Nullable Integer known(int number) {
        return number == -1 ? null : number;
    }

    static @Nullable Integer timeline(int timeline) {
        return timeline == 0 ? null : timeline;
    }

    /** ISO 8601, UTC, milliseconds. */
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    static @Nullable String timeIfAny(@Nullable Instant at) {
        return at == null ? null : time(at);
    }

    static @Nullable String address(@Nullable InetAddress address) {
        return address == null ? null : address.getHostAddress();
    }

    /** {@code 10.0.0.1:5432}, {@code [fe80::1]:5432}. */
    static String socket(InetSocketAddress socket) {
        String host = socket.isUnresolved()
                ? socket.getHostString()
                : socket.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + socket.getPort();
    }
}
