package org.conmgr.console.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the server's messages, one behind the other, into one buffer: {@code Byte1 type | Int32 length (itself
 * included) | body}.
 */
final class Replies {
    /** Of {@code NegotiateProtocolVersion}: 3.0 is what is spoken here. */
    private static final int PROTOCOL_3_0 = 0x0003_0000;

    private static final int TEXT_OID = 25;

    /** AuthenticationSASL: the mechanisms there are. */
    static final int SASL = 10;

    /** AuthenticationSASLContinue: the server's challenge. */
    static final int SASL_CONTINUE = 11;

    /** AuthenticationSASLFinal: the server's own proof. */
    static final int SASL_FINAL = 12;

    private final ByteBuf out;

    Replies(ByteBuf out) {
        this.out = out;
    }

    /** What was written. */
    ByteBuf bytes() {
        return out;
    }

    /** @param unrecognized the {@code _pq_.} options of the client; none is known here */
    void negotiateProtocolVersion(List<String> unrecognized) {
        int start = begin('v');
        out.writeInt(PROTOCOL_3_0).writeInt(unrecognized.size());
        unrecognized.forEach(this::string);
        end(start);
    }

    void authenticationOk() {
        int start = begin('R');
        out.writeInt(0);
        end(start);
    }

    /**
     * A step of SASL.
     *
     * @param step {@link #SASL}, {@link #SASL_CONTINUE} or {@link #SASL_FINAL}
     * @param text ASCII
     */
    Replies sasl(int step, String text) {
        int start = begin('R');
        ByteBufUtil.writeAscii(out.writeInt(step), text);
        end(start);
        return this;
    }

    void parameterStatus(String name, String value) {
        int start = begin('S');
        string(name);
        string(value);
        end(start);
    }

    void backendKeyData(int processId, int key) {
        int start = begin('K');
        out.writeInt(processId).writeInt(key);
        end(start);
    }

    void readyForQuery(boolean inTransaction) {
        int start = begin('Z');
        out.writeByte(inTransaction ? 'T' : 'I');
        end(start);
    }

    /** @param formats none (text), one for all, or one for each */
    void rowDescription(List<String> columns, List<Integer> formats) {
        int start = begin('T');
        out.writeShort(columns.size());
        for (int i = 0; i < columns.size(); i++) {
            string(columns.get(i));
            // Of no table; of variable length; without a modifier.
            out.writeInt(0).writeShort(0).writeInt(TEXT_OID).writeShort(-1).writeInt(-1);
            out.writeShort(formats.isEmpty() ? 0 : formats.get(formats.size() == 1 ? 0 : i));
        }
        end(start);
    }

    /** Rows of text; text and binary format are the same bytes. */
    void dataRows(List<List<@Nullable String>> rows) {
        rows.forEach(this::dataRow);
    }

    private void dataRow(List<@Nullable String> values) {
        int start = begin('D');
        out.writeShort(values.size());
        for (String value : values) {
            if (value == null) {
                out.writeInt(-1);
            } else {
                byte[] utf8 = clean(value).getBytes(StandardCharsets.UTF_8);
                out.writeInt(utf8.length).writeBytes(utf8);
            }
        }
        end(start);
    }

    void commandComplete(String tag) {
        int start = begin('C');
        string(tag);
        end(start);
    }

    /** No parameter: no statement here has any. */
    void parameterDescription() {
        int start = begin('t');
        out.writeShort(0);
        end(start);
    }

    void emptyQueryResponse() {
        end(begin('I'));
    }

    void noData() {
        end(begin('n'));
    }

    void parseComplete() {
        end(begin('1'));
    }

    void bindComplete() {
        end(begin('2'));
    }

    void closeComplete() {
        end(begin('3'));
    }

    void portalSuspended() {
        end(begin('s'));
    }

    void error(SqlError error) {
        int start = begin('E');
        field('S', "ERROR");
        field('V', "ERROR");
        field('C', error.sqlState());
        field('M', error.message());
        field('D', error.detail());
        field('H', error.hint());
        out.writeByte(0);
        end(start);
    }

    private void field(char field, @Nullable String text) {
        if (text != null) {
            out.writeByte(field);
            string(text);
        }
    }

    private void string(String text) {
        ByteBufUtil.writeUtf8(out, clean(text));
        out.writeByte(0);
    }

    private static String clean(String text) {
        return text.replace('\0', ' ');
    }

    private int begin(char type) {
        out.writeByte(type).writeInt(0);
        return out.writerIndex() - Integer.BYTES;
    }

    private void end(int start) {
        out.setInt(start, out.writerIndex() - start);
    }
}
