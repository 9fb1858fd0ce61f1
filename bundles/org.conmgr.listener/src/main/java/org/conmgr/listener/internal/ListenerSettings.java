package org.conmgr.listener.internal;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/**
 * What {@link ListenerConfig} says, checked.
 *
 * @param addresses where to listen, nowhere when empty; host names are not allowed, so nothing is ever resolved
 * @param maxConnections 0 for no limit
 * @param authenticationTimeout from accepting a connection to its first packet
 */
record ListenerSettings(Set<InetSocketAddress> addresses, int maxConnections, Duration authenticationTimeout) {
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

    /** No address and no limit; in force until there are settings. */
    static final ListenerSettings DEFAULT = new ListenerSettings(Set.of(), 0, Duration.ofSeconds(60));

    ListenerSettings {
        addresses = Set.copyOf(addresses);
    }

    /** @throws InvalidSetting for the first key that does not fit */
    static ListenerSettings of(ListenerConfig config) {
        int port = Setting.port("port", config.port());
        return new ListenerSettings(
                addresses(config.listen__addresses(), port),
                Setting.integer("max_connections", config.max__connections(), 0, Integer.MAX_VALUE),
                Setting.time(
                        "authentication_timeout", config.authentication__timeout(), TimeUnit.SECONDS, MIN_TIMEOUT));
    }

    /** @throws InvalidSetting that names {@code listen_addresses} */
    static Set<InetSocketAddress> addresses(String text, int port) {
        Set<InetSocketAddress> addresses = new LinkedHashSet<>();
        if (text.isBlank()) {
            return addresses;
        }
        for (String word : text.split(",", -1)) {
            switch (word.strip()) {
                case "*" -> {
                    return Set.of(new InetSocketAddress(port));
                }
                case "localhost" -> {
                    addresses.add(new InetSocketAddress(NetUtil.LOCALHOST4, port));
                    if (exists(NetUtil.LOCALHOST6)) {
                        addresses.add(new InetSocketAddress(NetUtil.LOCALHOST6, port));
                    }
                }
                default -> {
                    InetAddress address = NetUtil.createInetAddressFromIpAddressString(word.strip());
                    // The kernel would take 0.0.0.0 for IPv6 as well; only the star says that plainly.
                    if (address == null || address.isAnyLocalAddress()) {
                        throw new InvalidSetting(
                                "listen_addresses", text, "localhost, IP addresses, or *; separated by commas");
                    }
                    addresses.add(new InetSocketAddress(address, port));
                }
            }
        }
        return addresses;
    }

    private static boolean exists(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            // The interfaces cannot be listed: let the attempt to listen show whether it is there.
            return true;
        }
    }
}
