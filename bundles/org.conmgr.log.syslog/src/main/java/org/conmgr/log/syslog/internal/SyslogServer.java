package org.conmgr.log.syslog.internal;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.conmgr.api.setting.InvalidSetting;

/**
 * A remote syslog.
 *
 * @param host a name or address, IPv6 without brackets
 */
record SyslogServer(Protocol protocol, String host, int port) {
    enum Protocol {
        /** RFC 5426. */
        UDP(514),
        /** RFC 6587, octet counting. */
        TCP(514),
        /** RFC 5425. */
        TLS(6514);

        private final int usualPort;

        Protocol(int usualPort) {
            this.usualPort = usualPort;
        }
    }

    /** @throws InvalidSetting if it is not {@code protocol://host[:port]} */
    static SyslogServer of(String key, String text) {
        try {
            URI uri = new URI(text.strip());
            Protocol protocol = protocol(uri);
            boolean plain = uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawPath().isEmpty()
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null;
            int port = uri.getPort() == -1 ? protocol.usualPort : uri.getPort();
            if (plain && port >= 1 && port <= 65535) {
                String host = uri.getHost();
                return new SyslogServer(
                        protocol, host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            // Said below: what was expected tells more than where the parser gave up.
        }
        throw new InvalidSetting(key, text, "udp://host:514, tcp://host:514 or tls://host:6514");
    }

    private static Protocol protocol(URI uri) {
        return Protocol.valueOf(String.valueOf(uri.getScheme()).toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        String shownHost = host.contains(":") ? "[" + host + "]" : host;
        return protocol.name().toLowerCase(Locale.ROOT) + "://" + shownHost + ":" + port;
    }
}
