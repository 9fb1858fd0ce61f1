package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a client sends after the start-up: {@code Byte1 type | Int32 length (itself included) | body}. Formats:
 * PostgreSQL's documentation, "Message Formats". Bytes that are not UTF-8 are replaced.
 */
sealed interface FrontendMessage {
    /** What {@link Describe} and {@link Close} speak of. */
    enum Kind {
        STATEMENT,
        PORTAL
    }

    /** The simple protocol: any number of statements. */
    record Query(String sql) implements FrontendMessage {}

    /** Declared types of parameters are not kept: no statement here has any. */
    record Parse(String statement, String sql) implements FrontendMessage {}

    /**
     * Makes a portal of a prepared statement.
     *
     * @param parameters how many values it brings
     * @param formats of the columns of the result: none, one for all, or one for each
     */
    record Bind(String portal, String statement, int parameters, List<Integer> formats) implements FrontendMessage {
        public Bind {
            formats = List.copyOf(formats);
        }
    }

    record Describe(Kind kind, String name) implements FrontendMessage {}

    /**
     * Runs a portal.
     *
     * @param maxRows 0 for all
     */
    record Execute(String portal, int maxRows) implements FrontendMessage {}

    record Close(Kind kind, String name) implements FrontendMessage {}

    record Flush() implements FrontendMessage {}

    record Sync() implements FrontendMessage {}

    record Terminate() implements FrontendMessage {}

    /** CopyData, CopyDone, CopyFail: what may still be under way after a copy that failed; ignored, as PostgreSQL does. */
    record Copy() implements FrontendMessage {}

    /** PasswordMessage, SASLInitialResponse, SASLResponse: all the same type. */
    record Password(ByteBuffer bytes) implements FrontendMessage {}

    /** A message that is for something else than a console: a function call, what is still to come. */
    record Unknown(char type) implements FrontendMessage {}

    /** The bytes are none. The last message of a connection. */
    record Malformed(String why) implements FrontendMessage {}

    /**
     * Reads one message.
     *
     * @param body of this message alone
     */
    static FrontendMessage decode(char type, ByteBuf body) throws MalformedMessage {
        try {
            FrontendMessage message = read(type, body);
            if (body.isReadable()) {
                throw new MalformedMessage(
                        body.readableBytes() + " bytes too many in a message of type " + shown(type));
            }
            return message;
        } catch (IndexOutOfBoundsException e) {
            throw new MalformedMessage("a message of type " + shown(type) + " that ends too early");
        }
    }

    private static FrontendMessage read(char type, ByteBuf body) throws MalformedMessage {
        return switch (type) {
            case 'Q' -> new Query(string(body));
            case 'P' -> parse(body);
            case 'B' -> bind(body);
            case 'D' -> new Describe(kind(body), string(body));
            case 'E' -> new Execute(string(body), body.readInt());
            case 'C' -> new Close(kind(body), string(body));
            case 'H' -> new Flush();
            case 'S' -> new Sync();
            case 'X' -> new Terminate();
            case 'd', 'c', 'f' -> {
                body.skipBytes(body.readableBytes());
                yield new Copy();
            }
            case 'p' -> {
                byte[] bytes = new byte[body.readableBytes()];
                body.readBytes(bytes);
                yield new Password(ByteBuffer.wrap(bytes));
            }
            default -> {
                body.skipBytes(body.readableBytes());
                yield new Unknown(type);
            }
        };
    }

    private static Parse parse(ByteBuf body) {
        Parse parse = new Parse(string(body), string(body));
        body.skipBytes(Integer.BYTES * body.readUnsignedShort());
        return parse;
    }

    private static Bind bind(ByteBuf body) throws MalformedMessage {
        String portal = string(body);
        String statement = string(body);
        body.skipBytes(Short.BYTES * body.readUnsignedShort());
        int parameters = body.readUnsignedShort();
        for (int i = 0; i < parameters; i++) {
            int length = body.readInt();
            if (length < -1) {
                throw new MalformedMessage("a parameter of length " + length);
            }
            body.skipBytes(Math.max(0, length));
        }
        int count = body.readUnsignedShort();
        List<Integer> formats = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            formats.add((int) body.readShort());
        }
        return new Bind(portal, statement, parameters, formats);
    }

    private static Kind kind(ByteBuf body) throws MalformedMessage {
        char kind = (char) body.readUnsignedByte();
        return switch (kind) {
            case 'S' -> Kind.STATEMENT;
            case 'P' -> Kind.PORTAL;
            default -> throw new MalformedMessage("a Describe or Close of " + shown(kind) + " (expected: S or P)");
        };
    }

    private static String string(ByteBuf body) {
        int length = body.bytesBefore((byte) 0);
        if (length < 0) {
            throw new IndexOutOfBoundsException("a string without its zero");
        }
        String text = body.readCharSequence(length, StandardCharsets.UTF_8).toString();
        body.skipBytes(1);
        return text;
    }

    /** A type as messages show it. */
    static String shown(char type) {
        return type > ' ' && type < 0x7f ? "'" + type + "'" : "0x" + Integer.toHexString(type);
    }
}
