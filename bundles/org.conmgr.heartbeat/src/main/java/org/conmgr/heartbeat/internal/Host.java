package org.conmgr.heartbeat.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

/**
 * Which addresses are one host's: equal ones, an IPv4 address and its IPv6-mapped form, and {@code 127.0.0.1} and
 * {@code ::1}, as which of the two "localhost" becomes is chance. Other addresses of one host are hosts of their own, as
 * nothing on the wire says otherwise.
 */
final class Host {
    private static final InetAddress V4 = of(127, 0, 0, 1);
    private static final Set<InetAddress> LOCALHOST = Set.of(V4, of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    private Host() {}

    /** True if both are addresses of one host. */
    static boolean same(InetAddress one, InetAddress other) {
        return canonical(one).equals(canonical(other));
    }

    /** The one address that stands for all of the host's that are known to be its. */
    static InetAddress canonical(InetAddress address) {
        InetAddress unmapped = of(address.getAddress());
        return LOCALHOST.contains(unmapped) ? V4 : unmapped;
    }

    private static InetAddress of(int... octets) {
        byte[] bytes = new byte[octets.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) octets[i];
        }
        return of(bytes);
    }

    /** Makes an IPv4 address of a mapped one. */
    private static InetAddress of(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of " + bytes.length + " bytes (expected: 4 or 16)", e);
        }
    }
}
