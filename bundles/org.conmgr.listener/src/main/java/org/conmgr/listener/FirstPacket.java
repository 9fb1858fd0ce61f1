package org.conmgr.listener;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The first packet of an application connection, or the next one after a {@link Negotiation} that was answered with
 * {@code N}. Formats: PostgreSQL's documentation, "Message Formats", and its {@code pqcomm.h}; every packet but TLS
 * begins with {@code Int32 length (itself included) | Int32 code}.
 */
public sealed interface FirstPacket {
    /** The longest packet, its length word included; PostgreSQL's MAX_STARTUP_PACKET_LENGTH and that word. */
    int MAX_LENGTH = 10_004;

    /** Bytes of the packet, its length word included. */
    int length();

    /** What a client sends to learn how to go on; {@code N} means: without it, on the same connection. */
    sealed interface Negotiation extends FirstPacket permits Ask, SslRequest, GssEncRequest {}

    /**
     * A GSSENCRequest that carries {@code CMGR} behind its eight bytes: the question of conmgr's own drivers. What
     * follows is not looked at.
     */
    record Ask(int length) implements Negotiation {}

    /** An SSLRequest. */
    record SslRequest(int length) implements Negotiation {}

    /** A GSSENCRequest that is no {@link Ask}. */
    record GssEncRequest(int length) implements Negotiation {}

    /**
     * A StartupMessage of protocol 3.
     *
     * @param protocolVersion major in the upper, minor in the lower 16 bits
     * @param parameters in the order sent; bytes that are not UTF-8 are replaced. The last of a repeated name counts
     */
    record Startup(int length, int protocolVersion, Map<String, String> parameters) implements FirstPacket {
        public Startup {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        }

        /** The user; empty when not sent. */
        public String user() {
            return parameters.getOrDefault("user", "");
        }

        /** The database, which is the user's name when not sent, as with PostgreSQL. */
        public String database() {
            String database = parameters.getOrDefault("database", "");
            return database.isEmpty() ? user() : database;
        }
    }

    /** A CancelRequest; process id and key are the bytes from the eighth on. */
    record Cancel(int length) implements FirstPacket {}

    /**
     * A whole TLS record that begins a handshake: a ClientHello without an SSLRequest before it (libpq's
     * {@code sslnegotiation=direct}).
     */
    record TlsClientHello(int length) implements FirstPacket {}
}
