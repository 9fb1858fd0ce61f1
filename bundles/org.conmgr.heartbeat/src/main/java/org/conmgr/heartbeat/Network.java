package org.conmgr.heartbeat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/**
 * A range of addresses in CIDR notation: {@code 192.0.2.0/24}, {@code 2001:db8::/32}; an address alone is its own
 * network. An IPv4 address is in an IPv4 network also in its IPv6-mapped form.
 *
 * @param address the first address
 * @param prefix how many leading bits count
 */
public record Network(InetAddress address, int prefix) {
    public Network {
        int bits = 8 * bytes(address).length;
        if (prefix < 0 || prefix > bits) {
            throw new IllegalArgumentException("prefix: " + prefix + " (expected: 0 to " + bits + ")");
        }
    }

    /**
     * Reads one.
     *
     * @param key the setting it is from
     * @throws InvalidSetting if it is none, or has bits set behind its prefix
     */
    public static Network parse(String key, String text) {
        String expected = "a network as 192.0.2.0/24 or 2001:db8::/32, or an address";
        String stripped = text.strip();
        int slash = stripped.indexOf('/');
        InetAddress address = Setting.address(key, slash < 0 ? stripped : stripped.substring(0, slash));
        if (address == null) {
            throw new InvalidSetting(key, text, expected);
        }
        int bits = 8 * bytes(address).length;
        int prefix = slash < 0 ? bits : Setting.integer(key, stripped.substring(slash + 1), 0, bits);
        Network network = new Network(address, prefix);
        for (int bit = prefix; bit < bits; bit++) {
            if (bit(bytes(address), bit)) {
                throw new InvalidSetting(key, text, "no bits set behind the first " + prefix);
            }
        }
        return network;
    }

    /** Whether the address is in this network. */
    public boolean contains(InetAddress other) {
        byte[] own = bytes(address);
        byte[] its = bytes(other);
        if (own.length != its.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            if (bit(own, bit) != bit(its, bit)) {
                return false;
            }
        }
        return true;
    }

    private static boolean bit(byte[] bytes, int index) {
        return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
    }

    private static byte[] bytes(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress()).getAddress(); // Unmaps.
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(address + " (expected: IPv4 or IPv6)", e);
        }
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefix;
    }
}
