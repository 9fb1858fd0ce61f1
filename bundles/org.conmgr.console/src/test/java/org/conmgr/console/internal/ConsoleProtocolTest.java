package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.conmgr.listener.FirstPacket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes over the wire, of clients that keep to the protocol and of those that do not. */
class ConsoleProtocolTest {
    private static final int V3_0 = 0x0003_0000;
    private static final Map<String, String> CONSOLE = Map.of("user", "u", "database", "conmgr");

    private final Client client = Client.connected();

    @Test
    void takesNothingButItsDatabase() {
        assertThat(client.adapter.accepts(Client.startup(V3_0, CONSOLE))).isTrue();
        assertThat(client.adapter.accepts(Client.startup(V3_0, Map.of("user", "conmgr"))))
                .as("the database is the user's name")
                .isTrue();
        assertThat(client.adapter.accepts(Client.startup(V3_0, Map.of("user", "conmgr", "database", "postgres"))))
                .isFalse();
        assertThat(client.adapter.accepts(new FirstPacket.SslRequest(8))).isFalse();
        assertThat(client.adapter.accepts(new FirstPacket.Cancel(16))).isFalse();
    }

    @Test
    void greets() {
        Client other = new Client();
        other.connect(Client.startup(V3_0, CONSOLE));

        assertThat(other.told())
                .startsWith("R", "S server_version 18.0 (conmgr)")
                .contains("S in_hot_standby off", "S client_encoding UTF8", "S session_authorization u")
                .endsWith("Z I")
                .filteredOn(message -> message.startsWith("K"))
                .hasSize(1);
    }

    @Test
    void saysWhichProtocolItSpeaksOnlyToWhoAsksForMore() {
        Map<String, String> parameters = new LinkedHashMap<>(CONSOLE);
        parameters.put("_pq_.test_protocol_negotiation", "");
        Client newer = new Client();
        newer.connect(Client.startup(0x0003_270F, parameters));
        ByteBuf first = newer.channel.readOutbound();
        byte[] name = Messages.string("_pq_.test_protocol_negotiation");

        assertThat(first.readSlice(13 + name.length))
                .isEqualTo(Unpooled.copiedBuffer(
                        Messages.message('v', Messages.number(4, V3_0), Messages.number(4, 1), name)));
        assertThat(first.readByte()).isEqualTo((byte) 'R');
        first.release();
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"})
    void refusesWhoIsElsewhere(String address) {
        Client other = new Client(from(address));
        other.connect(Client.startup(V3_0, CONSOLE), Messages.query("SHOW CONFIG"));

        assertThat(other.told())
                .containsExactly("E SFATAL VFATAL C28000 Mconmgr's console serves connections from its own host only"
                        + " HConnect on the host of conmgr, to localhost, or set user and password in"
                        + " org.conmgr.console.");
        assertThat(other.channel.isOpen()).isFalse();
    }

    private static InetAddress from(String address) {
        return NetUtil.createInetAddressFromIpAddressString(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.2", "::1", "::ffff:127.0.0.1"})
    void takesWhoIsHere(String address) {
        Client other = new Client(from(address));
        other.connect(Client.startup(V3_0, CONSOLE));

        assertThat(other.told()).endsWith("Z I");
    }

    @Test
    void readsWhatAHastyClientSendsBehindItsStartup() {
        Client hasty = new Client();
        hasty.connect(Client.startup(V3_0, CONSOLE), Messages.query("select 1"));

        assertThat(hasty.told()).endsWith("Z I", "T ?column?", "D 1", "C SELECT 1", "Z I");
    }

    @Test
    void answersSeveralStatementsUpToTheFirstError() {
        assertThat(client.query("SET DateStyle = 'ISO;';SET extra_float_digits = 2;show transaction_isolation"))
                .containsExactly("C SET", "C SET", "T transaction_isolation", "D read committed", "C SHOW", "Z I");
        assertThat(client.query("select 1; nonsense; select 2"))
                .hasSize(5)
                .contains("D 1")
                .doesNotContain("D 2")
                .endsWith("Z I");
        assertThat(client.query(" ; -- nothing\n /* and /* still */ nothing */"))
                .containsExactly("I", "Z I");
        assertThat(client.query("")).containsExactly("I", "Z I");
        assertThat(client.query("select 1;".repeat(33)))
                .hasSize(2)
                .first()
                .asString()
                .contains("C54000");
    }

    @Test
    void keepsATransactionBlockForThoseWhoWantOne() {
        assertThat(client.query("BEGIN")).containsExactly("C BEGIN", "Z T");
        assertThat(client.query("SAVEPOINT a; ROLLBACK TO SAVEPOINT a")).endsWith("Z T");
        assertThat(client.query("nonsense")).endsWith("Z T");
        assertThat(client.query("COMMIT")).containsExactly("C COMMIT", "Z I");
        assertThat(client.query("START TRANSACTION READ ONLY")).containsExactly("C START TRANSACTION", "Z T");
        assertThat(client.query("ROLLBACK")).containsExactly("C ROLLBACK", "Z I");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "SET application_name = 'x' ! C SET",
                "RESET ALL ! C RESET",
                "DISCARD ALL ! C DISCARD ALL",
                "DEALLOCATE ALL ! C DEALLOCATE ALL",
                "DEALLOCATE \"a b\" ! C DEALLOCATE",
                "UNLISTEN * ! C UNLISTEN",
                "select oid, typbasetype from pg_type where typname = 'lo' ! C SELECT 0",
                "select 1 ! D 1",
                "/* ping */ SELECT 'Ping' AS alive ! D Ping",
                "select pg_catalog.pg_is_in_recovery() ! D f",
                "select version() ! D conmgr 1.2.3",
                "SHOW transaction_read_only ! D off",
                "SHOW TRANSACTION ISOLATION LEVEL ! D read committed",
                "show server_version ! D 18.0 (conmgr)"
            })
    void acceptsWhatDriversSendUnasked(String sql, String expected) {
        assertThat(client.query(sql)).contains(expected).endsWith("Z I");
    }

    @Test
    void speaksTheExtendedProtocol() {
        client.send(
                Messages.parse("s1", "show version"),
                Messages.describe('S', "s1"),
                Messages.bind("", "s1", 1),
                Messages.describe('P', ""),
                Messages.execute("", 0),
                Messages.close('S', "s1"),
                Messages.sync());

        assertThat(client.told())
                .satisfies(told -> assertThat(told.get(1)).startsWith("t"))
                .containsExactly(
                        "1", "t", "T version", "2", "T version:binary", "D conmgr 1.2.3", "C SHOW", "3", "Z I");
    }

    @Test
    void returnsRowsInPortionsAndKeepsThePortalWithinABlock() {
        client.query("BEGIN");
        client.send(
                Messages.parse("", "show instances"),
                Messages.bind("c1", ""),
                Messages.execute("c1", 2),
                Messages.sync());
        assertThat(types()).isEqualTo("12DDsZ");
        client.send(Messages.execute("c1", 2), Messages.sync());
        assertThat(types()).isEqualTo("DCZ");
        client.query("COMMIT");
        client.send(Messages.execute("c1", 2), Messages.sync());
        assertThat(client.told()).first().asString().contains("C34000");
    }

    private String types() {
        return String.join(
                "", client.told().stream().map(m -> m.substring(0, 1)).toList());
    }

    @Test
    void answersEmptyAndRowlessStatements() {
        client.send(
                Messages.parse("", ""),
                Messages.bind("", ""),
                Messages.describe('P', ""),
                Messages.execute("", 1),
                Messages.sync());
        assertThat(types()).isEqualTo("12nIZ");
        client.send(Messages.parse("", "BEGIN"), Messages.bind("", ""), Messages.execute("", 0), Messages.sync());
        assertThat(client.told()).containsExactly("1", "2", "C BEGIN", "Z T");
    }

    @Test
    void afterAnErrorSkipsToTheSync() {
        client.send(
                Messages.parse("", "nonsense"),
                Messages.bind("", ""),
                Messages.execute("", 0),
                Messages.query("select 1"),
                Messages.sync(),
                Messages.query("select 1"));
        assertThat(types()).isEqualTo("EZTDCZ");

        client.send(Messages.message('?', new byte[9]), Messages.execute("", 0));
        assertThat(client.told()).singleElement().asString().contains("C08P01").contains("'?'");
        client.send(Messages.sync());
        assertThat(client.told()).containsExactly("Z I");
    }

    @Test
    void refusesWhatIsPreparedWrongly() {
        assertThat(error(Messages.parse("", "select 1; select 2"))).contains("C42601");
        assertThat(error(Messages.bind("", "none"))).contains("C26000");
        assertThat(error(Messages.describe('P', "none"))).contains("C34000");
        assertThat(error(Messages.parse("s", "select 1"), Messages.parse("s", "select 1")))
                .contains("C42P05");
        assertThat(error(Messages.bind("p", "s"), Messages.bind("p", "s"))).contains("C42P03");
        assertThat(error(Messages.bind("", "s", 0, 0))).contains("C08P01");
        assertThat(error(Messages.bind("", "s", 2))).contains("C22023");
    }

    private String error(byte[]... messages) {
        client.send(messages);
        client.send(Messages.sync());
        return client.told().stream().filter(m -> m.startsWith("E")).findAny().orElse("no error");
    }

    @Test
    void holdsNoMoreThanItShould() {
        for (int i = 0; i < Session.MAX_STATEMENTS; i++) {
            client.send(Messages.parse("s" + i, "select 1"));
        }
        client.send(Messages.sync());
        assertThat(client.told()).hasSize(Session.MAX_STATEMENTS + 1).containsOnly("1", "Z I");
        assertThat(error(Messages.parse("more", "select 1"))).contains("C54000");
        client.query("DEALLOCATE s1");
        assertThat(error(Messages.parse("more", "select 1"))).isEqualTo("no error");

        List<byte[]> portals = new ArrayList<>();
        for (int i = 0; i <= Session.MAX_PORTALS; i++) {
            portals.add(Messages.bind("p" + i, "more"));
        }
        assertThat(error(portals.toArray(byte[][]::new))).contains("C54000");
    }

    @Test
    void holdsNoMoreTextThanItShould() {
        for (byte[] large : List.of(
                Messages.parse("??", "select '" + wide(20_000) + "'"),
                Messages.parse("??" + wide(20_000), "select 1"))) {
            String told = "no error";
            for (int prepared = 0; told.equals("no error"); prepared++) {
                assertThat(prepared).as("of 40 kB each").isLessThan(600);
                // Another name each time.
                large[5] = (byte) ('a' + prepared % 26);
                large[6] = (byte) ('a' + prepared / 26);
                told = error(large);
            }
            assertThat(told).contains("C54000").contains("16 MiB");
            client.query("DEALLOCATE ALL");
            assertThat(error(large)).isEqualTo("no error");
            client.query("DISCARD ALL");
            assertThat(client.adapter.pool.taken()).isZero();
        }
    }

    @Test
    void holdsNoMoreRowsThanItShould() {
        client.verdicts = Collections.nCopies(4_096, FakeRegistry.DEAD);
        client.query("BEGIN");
        assertThat(error(Messages.parse("v", "show verdicts"))).isEqualTo("no error");
        String told = "no error";
        int open = 0;
        for (; told.equals("no error"); open++) {
            assertThat(open).as("of some megabytes each").isLessThan(Session.MAX_PORTALS);
            told = error(Messages.bind("p" + open, "v"), Messages.execute("p" + open, 1));
        }
        assertThat(told).contains("C54000").contains("16 MiB");
        assertThat(open).isGreaterThan(1);
        assertThat(error(Messages.execute("p0", 1))).isEqualTo("no error");

        client.query("COMMIT");
        assertThat(client.adapter.pool.taken()).isZero();
        client.query("BEGIN");
        assertThat(error(Messages.bind("p", "v"), Messages.execute("p", 1))).isEqualTo("no error");
        assertThat(client.adapter.pool.taken()).isPositive();
        client.channel.close();
        client.channel.runPendingTasks();
        assertThat(client.adapter.pool.taken()).isZero();
    }

    @Test
    void answersNoMoreThanItShould() {
        client.verdicts = Collections.nCopies(4_096, FakeRegistry.DEAD);
        for (int i = 0; i < 4; i++) {
            assertThat(client.query("show verdicts")).hasSize(4_096 + 3).endsWith("C SHOW", "Z I");
        }

        client.send(Messages.query("show verdicts;".repeat(32)));
        int bytes = client.channel.outboundMessages().stream()
                .mapToInt(message -> ((ByteBuf) message).readableBytes())
                .sum();
        assertThat(bytes).isLessThan(Holdings.MAX + 1_000).isGreaterThan(Holdings.MAX / 2);
        List<String> told = client.told();
        assertThat(told).endsWith("Z I");
        assertThat(told.get(told.size() - 2))
                .startsWith("E ")
                .contains("C54000")
                .contains("16 MiB");
        assertThat(client.adapter.pool.taken()).isZero();
        assertThat(client.query("show verdicts")).endsWith("C SHOW", "Z I");
    }

    /** A text that is long as an object: two bytes a character. */
    private static String wide(int length) {
        return "\u20ac".repeat(length);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 65_537, -1, Integer.MAX_VALUE})
    void aLengthThatCannotBeEndsTheConnection(int length) {
        client.send(new byte[] {'Q'}, Messages.number(4, length));

        assertThat(client.told())
                .singleElement()
                .asString()
                .startsWith("E SFATAL VFATAL C08P01 Mcannot read a message of type 'Q' and length ");
        assertThat(client.channel.isOpen()).isFalse();
        assertThat(client.failures).isEmpty();
    }

    @Test
    void takesTheLongestMessageThatIsAllowed() {
        String sql = "select 1 -- ";
        byte[] longest = Messages.query(sql + "x".repeat(FrontendDecoder.MAX_LENGTH - 5 - sql.length()));
        for (byte b : longest) {
            client.send(new byte[] {b});
        }

        assertThat(client.told()).contains("D 1");
    }

    @Test
    void aBodyThatIsNoneEndsTheConnection() {
        for (byte[] message : List.of(
                Messages.message('Q', "no end".getBytes(UTF_8)),
                Messages.message('S', new byte[1]),
                Messages.message('D', Messages.number(1, 'X'), Messages.string("")),
                Messages.message('P', Messages.string(""), Messages.string(""), Messages.number(2, 9)),
                Messages.message(
                        'B',
                        Messages.string(""),
                        Messages.string(""),
                        Messages.number(2, 0),
                        Messages.number(2, 1),
                        Messages.number(4, -2)))) {
            Client other = Client.connected();
            other.send(message, Messages.query("select 1"));

            assertThat(other.told()).singleElement().asString().startsWith("E SFATAL VFATAL C08P01");
            assertThat(other.channel.isOpen()).isFalse();
            assertThat(other.failures).isEmpty();
        }
    }

    @Test
    void terminateIsTheEnd() {
        client.send(Messages.message('X'), Messages.query("select 1"));

        assertThat(client.told()).isEmpty();
        assertThat(client.channel.isOpen()).isFalse();
    }

    @Test
    void doesNotListenToWhoDoesNotRead() {
        client.channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        client.send(Messages.query("select 1"), Messages.query("select 2"));
        assertThat(client.told()).isEmpty();
        assertThat(client.channel.config().isAutoRead()).isFalse();

        client.channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);

        assertThat(client.told()).contains("D 1", "D 2");
        assertThat(client.channel.config().isAutoRead()).isTrue();
    }

    @Test
    void whenItGoesItClosesItsConnections() {
        client.adapter.close();
        assertThat(client.channel.isOpen()).isFalse();
        client.adapter.close();

        Client late = new Client();
        late.adapter.close();
        late.connect(Client.startup(V3_0, CONSOLE));
        assertThat(late.channel.isOpen()).isFalse();
    }

    @Test
    void hostileBytesNeverFailAndHoldNothing() {
        Random random = new Random(7);
        Set<String> answers = new HashSet<>();
        List<byte[]> valid = List.of(
                Messages.query("SHOW INSTANCES; select 'a'';b'; /* x */ BEGIN; ROLLBACK TO \"x\""),
                Messages.parse("s", "show links"),
                Messages.bind("p", "s", 1),
                Messages.describe('P', "p"),
                Messages.execute("p", 1),
                Messages.close('S', "s"),
                Messages.query("DEALLOCATE \"s\""),
                Messages.sync());
        for (int i = 0; i < 2_000; i++) {
            Client other = Client.connected();
            List<ByteBuf> sent = new ArrayList<>();
            for (int part = 0; part < 12 && other.channel.isOpen(); part++) {
                byte[] bytes = valid.get(random.nextInt(valid.size())).clone();
                for (int change = random.nextInt(4) - 1; change > 0; change--) {
                    // Mostly past the length, or hardly anything else would be tried.
                    int at = random.nextInt(8) == 0 ? random.nextInt(5) : 5 + random.nextInt(bytes.length);
                    if (at < bytes.length) {
                        bytes[at] = (byte) random.nextInt(256);
                    }
                }
                int cut = 1 + random.nextInt(bytes.length - 1);
                for (int from = 0; from < bytes.length && other.channel.isOpen(); from += cut) {
                    ByteBuf buffer = Unpooled.copiedBuffer(bytes, from, Math.min(cut, bytes.length - from));
                    sent.add(buffer);
                    other.channel.writeInbound(buffer);
                }
            }
            answers.addAll(other.told().stream().map(m -> m.substring(0, 1)).toList());
            assertThat(other.failures).isEmpty();
            other.channel.finishAndReleaseAll();
            assertThat(sent).allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero());
        }
        assertThat(answers).as("kinds of answers").contains("1", "2", "3", "C", "D", "E", "T", "Z", "s");
    }
}
