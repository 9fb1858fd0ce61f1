package org.conmgr.watchdog.internal;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Network;
import org.jspecify.annotations.Nullable;

/**
 * One watchdog's settings, validated.
 *
 * @param name what is behind the {@code ~} of its PID
 * @param addresses listen_addresses and port
 * @param checkInterval check_attr_interval
 * @param checkTimeout check_timeout, zero for none
 * @param connectCheckInterval connect_check_interval, zero for never
 * @param maxLinks max_heartbeat_connections; empty for the instance's max_connections
 * @param admission client_networks and max_links_per_address
 * @param access url, user, password, passfile
 * @param terminateOn terminate_on
 * @param scope terminate_scope
 * @param statView stat_view
 * @param restartGrace restart_grace
 */
record WatchdogSettings(
        String name,
        List<InetSocketAddress> addresses,
        Duration checkInterval,
        Duration checkTimeout,
        Duration connectCheckInterval,
        OptionalInt maxLinks,
        Admission admission,
        InstanceAccess access,
        Set<Occasion> terminateOn,
        Scope scope,
        StatView statView,
        Duration restartGrace) {
    /** When backends are ended. */
    enum Occasion {
        TIMED_OUT,
        CLOSED,
        SHUT_DOWN
    }

    /** Which backends are ended. */
    enum Scope {
        ADDRESS,
        SESSIONS,
        NONE
    }

    /** How pgx_stat_watchdog learns of the links. */
    enum StatView {
        AUTO,
        FILE,
        SQL,
        OFF;

        /** Null for none. */
        LinkPublisher.@Nullable Way way() {
            return this == OFF ? null : LinkPublisher.Way.valueOf(name());
        }
    }

    WatchdogSettings {
        addresses = List.copyOf(addresses);
        terminateOn = Set.copyOf(terminateOn);
    }

    /** Resolves listen_addresses: not on an event loop. */
    static WatchdogSettings of(String name, WatchdogConfig config) {
        Map<String, String> properties = new LinkedHashMap<>();
        put(properties, "user", config.user());
        put(properties, "password", config.password());
        put(properties, "passfile", config.passfile());
        String url = config.url().strip();
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new InvalidSetting("url", url, "jdbc:postgresql://host:port/database");
        }
        String maxLinks = config.max__heartbeat__connections().strip();
        return new WatchdogSettings(
                name,
                addresses(config.listen__addresses(), Setting.port("port", config.port())),
                millis("check_attr_interval", config.check__attr__interval(), 1),
                millis("check_timeout", config.check__timeout(), 0),
                millis("connect_check_interval", config.connect__check__interval(), 0),
                maxLinks.isEmpty()
                        ? OptionalInt.empty()
                        : OptionalInt.of(Setting.integer("max_heartbeat_connections", maxLinks, 1, Integer.MAX_VALUE)),
                new Admission(
                        networks(config.client__networks()),
                        Setting.integer(
                                "max_links_per_address", config.max__links__per__address(), 1, Integer.MAX_VALUE)),
                new InstanceAccess(url, properties),
                occasions(config.terminate__on()),
                Setting.word("terminate_scope", config.terminate__scope(), Scope.class),
                Setting.word("stat_view", config.stat__view(), StatView.class),
                millis("restart_grace", config.restart__grace(), 0));
    }

    private static List<Network> networks(String text) {
        List<Network> networks = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            if (!one.isBlank()) {
                networks.add(Network.parse("client_networks", one));
            }
        }
        return networks;
    }

    private static void put(Map<String, String> properties, String key, String value) {
        if (!value.isBlank()) {
            properties.put(key, value.strip());
        }
    }

    private static Duration millis(String key, String text, int min) {
        return Setting.time(key, text, TimeUnit.MILLISECONDS, Duration.ofMillis(min));
    }

    private static List<InetSocketAddress> addresses(String text, int port) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            String host = one.strip();
            if (host.equals("*")) {
                addresses.add(new InetSocketAddress(port));
                continue;
            }
            if (host.isEmpty()) {
                throw new InvalidSetting("listen_addresses", text, "addresses or names separated by commas, or *");
            }
            try {
                addresses.add(new InetSocketAddress(InetAddress.getByName(host), port));
            } catch (UnknownHostException e) {
                throw new InvalidSetting("listen_addresses", host, "an address of this host");
            }
        }
        return addresses;
    }

    private static Set<Occasion> occasions(String text) {
        Set<Occasion> occasions = EnumSet.noneOf(Occasion.class);
        for (String one : text.split(",", -1)) {
            if (!one.isBlank()) {
                occasions.add(Setting.word("terminate_on", one, Occasion.class));
            }
        }
        return occasions;
    }
}
