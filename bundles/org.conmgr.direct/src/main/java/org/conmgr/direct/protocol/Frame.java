package org.conmgr.direct.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What follows the ask on the same connection, in both directions. */
public sealed interface Frame {
    /** Bytes of a frame before its fields: type and length. */
    int HEADER = 5;

    /** The largest value of a frame's length field. */
    int MAX_LENGTH = 8192;

    /**
     * Where to connect.
     *
     * @param instance instance number
     * @param host name, what {@code verify-full} checks
     * @param hostaddr address to connect to instead of resolving the name; may be empty
     * @param port port of the instance
     * @param role {@code primary} or {@code standby}
     * @param monitored false when nobody watches the instance just now
     * @param others the other live instances that a driver may go on to by itself, as {@code host:port}, best first
     * @param othersHostaddr the address of each to connect to instead of resolving its name, empty where there is none;
     *     no element at all when there is none for any
     */
    record Routed(
            int instance,
            String host,
            String hostaddr,
            int port,
            String role,
            boolean monitored,
            List<String> others,
            List<String> othersHostaddr)
            implements Frame {
        public Routed {
            others = List.copyOf(others);
            othersHostaddr = List.copyOf(othersHostaddr);
        }

        /** With names only. */
        public Routed(
                int instance,
                String host,
                String hostaddr,
                int port,
                String role,
                boolean monitored,
                List<String> others) {
            this(instance, host, hostaddr, port, role, monitored, others, List.of());
        }
    }

    /**
     * Nowhere.
     *
     * @param sqlState SQLSTATE
     * @param message for the application's user
     * @param others the instances that conmgr knows as {@code host:port}, for a driver that may ask again later
     * @param othersHostaddr as in a route
     */
    record Refused(String sqlState, String message, List<String> others, List<String> othersHostaddr) implements Frame {
        public Refused {
            others = List.copyOf(others);
            othersHostaddr = List.copyOf(othersHostaddr);
        }

        /** Names no instances. */
        public Refused(String sqlState, String message) {
            this(sqlState, message, List.of(), List.of());
        }
    }

    /**
     * Close the SQL connection now.
     *
     * @param instance instance number
     * @param cause {@code dead}, {@code fenced} or {@code removed}
     * @param message for the application's user; names instance and reason
     */
    record Down(int instance, String cause, String message) implements Frame {}

    /** The local end of the SQL connection. */
    record Bound(String address, int port) implements Frame {}

    /** A frame type this version does not know. */
    record Unknown(byte type) implements Frame {}

    /** The whole frame. */
    default byte[] encode() {
        Map<String, String> fields = new LinkedHashMap<>();
        char type;
        if (this instanceof Routed routed) {
            type = 'C';
            fields.put("instance", Integer.toString(routed.instance));
            fields.put("host", routed.host);
            fields.put("hostaddr", routed.hostaddr);
            fields.put("port", Integer.toString(routed.port));
            fields.put("role", routed.role);
            fields.put("monitored", routed.monitored ? "on" : "off");
            fields.put("others", String.join(",", routed.others));
            putList(fields, "others_hostaddr", routed.othersHostaddr);
        } else if (this instanceof Refused refused) {
            type = 'C';
            fields.put("sqlstate", refused.sqlState);
            fields.put("message", refused.message);
            putList(fields, "others", refused.others);
            putList(fields, "others_hostaddr", refused.othersHostaddr);
        } else if (this instanceof Down down) {
            type = 'D';
            fields.put("instance", Integer.toString(down.instance));
            fields.put("cause", down.cause);
            fields.put("message", down.message);
        } else if (this instanceof Bound bound) {
            type = 'B';
            fields.put("address", bound.address);
            fields.put("port", Integer.toString(bound.port));
        } else {
            throw new IllegalStateException(this + " cannot be sent");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        out.writeBytes(new byte[HEADER]);
        Fields.write(out, fields);
        byte[] frame = out.toByteArray();
        if (frame.length - 1 > MAX_LENGTH) {
            throw new IllegalStateException("a frame of " + frame.length + " bytes (at most " + MAX_LENGTH + ")");
        }
        ByteBuffer.wrap(frame).put((byte) type).putInt(frame.length - 1);
        return frame;
    }

    /**
     * Reads one frame if it is there as a whole; leaves the buffer as it is when it is not.
     *
     * @throws MalformedPacket when what is there can never become a frame: close the connection
     */
    static Optional<Frame> decode(ByteBuffer in) throws MalformedPacket {
        if (in.remaining() < HEADER) {
            return Optional.empty();
        }
        byte type = in.get(in.position());
        int length = in.getInt(in.position() + 1);
        if (length < 4 || length > MAX_LENGTH) {
            throw new MalformedPacket("a frame of length " + length + " (expected: 4 to " + MAX_LENGTH + ")");
        }
        if (in.remaining() < 1 + length) {
            return Optional.empty();
        }
        ByteBuffer body = in.slice(in.position() + HEADER, length - 4);
        in.position(in.position() + 1 + length);
        return Optional.of(
                switch (type) {
                    case 'C' -> answer(Fields.read(body));
                    case 'D' -> {
                        Map<String, String> fields = Fields.read(body);
                        yield new Down(number("instance", fields), text("cause", fields), text("message", fields));
                    }
                    case 'B' -> {
                        Map<String, String> fields = Fields.read(body);
                        yield new Bound(text("address", fields), port(fields));
                    }
                    default -> new Unknown(type);
                });
    }

    private static Frame answer(Map<String, String> fields) throws MalformedPacket {
        if (fields.containsKey("sqlstate")) {
            return new Refused(
                    text("sqlstate", fields),
                    text("message", fields),
                    list("others", fields),
                    list("others_hostaddr", fields));
        }
        return new Routed(
                number("instance", fields),
                text("host", fields),
                fields.getOrDefault("hostaddr", ""),
                port(fields),
                text("role", fields),
                !"off".equals(fields.get("monitored")),
                list("others", fields),
                list("others_hostaddr", fields));
    }

    private static void putList(Map<String, String> fields, String key, List<String> list) {
        if (!list.isEmpty()) {
            fields.put(key, String.join(",", list));
        }
    }

    private static List<String> list(String key, Map<String, String> fields) {
        String list = fields.getOrDefault(key, "");
        return list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }

    private static String text(String key, Map<String, String> fields) throws MalformedPacket {
        String text = fields.get(key);
        if (text == null) {
            throw new MalformedPacket("a frame without its field " + key);
        }
        return text;
    }

    private static int port(Map<String, String> fields) throws MalformedPacket {
        int port = number("port", fields);
        if (port < 1 || port > 65535) {
            throw new MalformedPacket("port: " + port + " (expected: 1 to 65535)");
        }
        return port;
    }

    private static int number(String key, Map<String, String> fields) throws MalformedPacket {
        String text = text(key, fields);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new MalformedPacket(key + ": " + text + " (expected: a decimal integer)");
        }
    }
}
