package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.conmgr.listener.FirstPacket;

/** What a client is told before its first statement. */
final class Greeting {
    /**
     * Told at start-up, as PostgreSQL does. Drivers read a server of 12 or later from the version, and so leave out what
     * they send to older ones; a primary from the others.
     */
    private static final Map<String, String> REPORTED = reported();

    private static final int MINOR_VERSION = 0xFFFF;
    private static final String PROTOCOL_OPTION = "_pq_.";

    private final FirstPacket.Startup startup;
    private boolean negotiated;

    Greeting(FirstPacket.Startup startup) {
        this.startup = startup;
    }

    private static Map<String, String> reported() {
        Map<String, String> reported = new LinkedHashMap<>();
        reported.put("server_version", "18.0 (conmgr)");
        reported.put("server_encoding", "UTF8");
        reported.put("client_encoding", "UTF8");
        reported.put("DateStyle", "ISO, MDY");
        reported.put("IntervalStyle", "postgres");
        reported.put("TimeZone", "UTC");
        reported.put("integer_datetimes", "on");
        reported.put("standard_conforming_strings", "on");
        reported.put("is_superuser", "off");
        reported.put("in_hot_standby", "off");
        reported.put("default_transaction_read_only", "off");
        return reported;
    }

    /** What SHOW says of a session: what was reported, and what drivers ask besides. */
    static Map<String, String> parameters() {
        Map<String, String> parameters = REPORTED.entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().toLowerCase(Locale.ROOT), Map.Entry::getValue));
        parameters.put("transaction_read_only", "off");
        parameters.put("transaction_isolation", "read committed");
        parameters.put("default_transaction_isolation", "read committed");
        return Map.copyOf(parameters);
    }

    /** To one that is to say who it is. */
    ByteBuf challenge(ByteBuf out) {
        Replies replies = new Replies(out);
        negotiate(replies);
        return replies.sasl(Replies.SASL, ScramExchange.MECHANISM + "\0\0").bytes();
    }

    /** To one that may come in. */
    ByteBuf welcome(ByteBuf out) {
        Replies replies = new Replies(out);
        negotiate(replies);
        replies.authenticationOk();
        REPORTED.forEach(replies::parameterStatus);
        replies.parameterStatus("session_authorization", startup.user());
        replies.parameterStatus("application_name", startup.parameters().getOrDefault("application_name", ""));
        // No statement here takes long enough to be cancelled, so no key is remembered.
        replies.backendKeyData((int) ProcessHandle.current().pid(), 0);
        replies.readyForQuery(false);
        return replies.bytes();
    }

    /** Once, before anything else. */
    private void negotiate(Replies replies) {
        List<String> options = startup.parameters().keySet().stream()
                .filter(name -> name.startsWith(PROTOCOL_OPTION))
                .toList();
        if (!negotiated && ((startup.protocolVersion() & MINOR_VERSION) > 0 || !options.isEmpty())) {
            replies.negotiateProtocolVersion(options);
        }
        negotiated = true;
    }
}
