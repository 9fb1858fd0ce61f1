package org.conmgr.gateway.internal;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.conmgr.api.routing.Target;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.conmgr.gateway.TlsMode;
import org.jspecify.annotations.Nullable;

/**
 * What {@link GatewayConfig} says, checked.
 *
 * @param target for clients that say nothing
 * @param connectTimeout of one attempt
 * @param localAddress to connect from; null for the system's choice
 * @param tls unless the door says otherwise
 * @param tlsContext for {@link TlsMode#ORIGINATE}
 * @param serverNames in lower case
 * @param affinity whether opaque connections of one address stay together
 */
record GatewaySettings(
        Target target,
        Duration connectTimeout,
        @Nullable InetAddress localAddress,
        TlsMode tls,
        SslContext tlsContext,
        Map<String, Target> serverNames,
        boolean affinity) {
    private static final Duration MIN_TIMEOUT = Duration.ofMillis(1);

    private enum Affinity {
        ADDRESS,
        NONE
    }

    GatewaySettings {
        serverNames = Map.copyOf(serverNames);
    }

    /** @throws InvalidSetting for the first key that does not fit */
    static GatewaySettings of(GatewayConfig config) {
        return new GatewaySettings(
                target("target_session_attrs", config.target__session__attrs()),
                Setting.time("connect_timeout", config.connect__timeout(), TimeUnit.SECONDS, MIN_TIMEOUT),
                Setting.address("local_address", config.local__address()),
                Setting.word("tls", config.tls(), TlsMode.class),
                context(config.tls__ca__file().strip()),
                serverNames(config.server__names()),
                Setting.word("tls_affinity", config.tls__affinity(), Affinity.class) == Affinity.ADDRESS);
    }

    private static Target target(String key, String word) {
        return Target.ofWord(word).orElseThrow(() -> new InvalidSetting(key, word, expected()));
    }

    /** The words of all targets. */
    static String expected() {
        return Arrays.stream(Target.values()).map(Target::word).collect(Collectors.joining(", "));
    }

    private static SslContext context(String file) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS");
            return (file.isEmpty() ? builder : builder.trustManager(new File(file))).build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new InvalidSetting("tls_ca_file", file, "a PEM file with certificates: " + e.getMessage());
        }
    }

    private static Map<String, Target> serverNames(String text) {
        Map<String, Target> names = new HashMap<>();
        for (String pair : text.isBlank() ? new String[0] : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals <= 0 || pair.substring(0, equals).isBlank()) {
                throw new InvalidSetting("server_names", pair.strip(), "NAME=TARGET");
            }
            names.put(
                    pair.substring(0, equals).strip().toLowerCase(Locale.ROOT),
                    target("server_names", pair.substring(equals + 1)));
        }
        return names;
    }
}
