package org.conmgr.console.internal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.NetUtil;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.listener.Throttle;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not let anybody in. That the right password does, with each driver, is {@link DriversTest}. */
class AuthenticationTest {
    private static final int V3_0 = 0x0003_0000;
    private static final ConsoleAccess ACCESS = new ConsoleAccess(
            new RecordingLog(),
            Configs.of(ConsoleConfig.class, Map.of("user", "monitor", "password", ConsoleAccessTest.VERIFIER)));

    private final Client client = new Client(NetUtil.createInetAddressFromIpAddressString("192.0.2.1"), ACCESS);

    @BeforeEach
    void connect() {
        client.channel.freezeTime();
        client.connect(Client.startup(V3_0, Map.of("user", "monitor", "database", "conmgr")));
        assertThat(client.told()).containsExactly("R    \nSCRAM-SHA-256");
    }

    private static byte[] sasl(String text) {
        return Messages.message('p', text.getBytes(ISO_8859_1));
    }

    private static byte[] initial(String mechanism, String first) {
        return Messages.message(
                'p', Messages.string(mechanism), Messages.number(4, first.length()), first.getBytes(ISO_8859_1));
    }

    private List<String> toldAfter(long seconds) {
        client.channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        client.channel.runScheduledPendingTasks();
        return client.told();
    }

    private void assertRefused(String sqlState) {
        assertThat(toldAfter(0)).as("guessing takes time").isEmpty();
        assertThat(toldAfter(Authentication.DELAY_SECONDS))
                .singleElement()
                .asString()
                .startsWith("E SFATAL VFATAL C" + sqlState);
        assertThat(client.channel.isOpen()).isFalse();
        assertThat(client.log.messages(Message.CONSOLE_LOGIN_REFUSED)).hasSize(1);
        assertThat(client.failures).isEmpty();
    }

    @Test
    void aStatementInPlaceOfAPasswordIsNotRun() {
        client.send(Messages.query("SHOW CONFIG"), Messages.query("RELOAD"));
        assertRefused("08P01");
        assertThat(client.reloads).isEmpty();
    }

    @Test
    void aWrongProofIsRefusedAndWhatFollowsItIsNotRun() {
        client.send(initial("SCRAM-SHA-256", "n,,n=,r=abcdef"));
        String challenge = client.told().get(0);
        String nonce = challenge.substring(challenge.indexOf("r=") + 2, challenge.indexOf(",s="));
        assertThat(nonce).startsWith("abcdef").hasSizeGreaterThan(20);
        assertThat(challenge).endsWith(",s=89xx+l0jElXLifCevec9/w==,i=4096");
        client.send(sasl("c=biws,r=" + nonce + ",p=" + "A".repeat(43) + "="), Messages.query("SHOW CONFIG"));
        assertRefused("28P01");
        assertThat(client.log.texts(Message.CONSOLE_LOGIN_REFUSED))
                .containsExactly("console login of \"monitor\" from 192.0.2.1:50000 refused: no such user, or another"
                        + " password");
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret\0", "", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS\0....p=tls-unique,,n=,r=a"})
    void whatIsNoScramIsRefused(String text) {
        client.send(sasl(text));
        assertRefused("08P01");
    }

    @Test
    void aMessageTooLongIsRefused() {
        client.send(initial("SCRAM-SHA-256", "n,,n=,r=" + "a".repeat(1_100)));
        assertRefused("08P01");
    }

    /** No memory is kept for what a stranger says that it is going to send. */
    @Test
    void aMessageThatSaysItWillBeTooLongIsNotWaitedFor() {
        client.send(Messages.message('p', new byte[1_024]));
        assertThat(client.log.texts(Message.CONSOLE_LOGIN_REFUSED))
                .singleElement()
                .asString()
                .contains("another SASL mechanism");
        AuthenticationTest other = new AuthenticationTest();
        other.connect();
        other.client.send(new byte[] {'p'}, Messages.number(4, 1_029));
        assertThat(other.client.log.texts(Message.CONSOLE_LOGIN_REFUSED))
                .singleElement()
                .asString()
                .endsWith("a message of type 'p' and length 1029 (expected: 4 to 1028)");
        other.assertRefused("08P01");
    }

    @Test
    void aLongNameIsCutInTheLog() {
        Client other = new Client(NetUtil.createInetAddressFromIpAddressString("192.0.2.1"), ACCESS);
        other.connect(Client.startup(V3_0, Map.of("user", "x\n" + "y".repeat(9_000), "database", "conmgr")));
        other.send(sasl("secret"));
        assertThat(other.log.texts(Message.CONSOLE_LOGIN_REFUSED))
                .singleElement()
                .asString()
                .startsWith("console login of \"x?" + "y".repeat(62) + "...\" from ");
    }

    @Test
    void manyRefusalsDoNotFillTheLog() {
        Throttle refusals = new Throttle(client.log::log, "Refused");
        for (int i = 0; i < 1_000; i++) {
            refusals.add(
                    client.channel.eventLoop(), LogMessage.of(Message.CONSOLE_LOGIN_REFUSED, "u" + i, "a", "because"));
        }
        assertThat(client.log.messages()).hasSize(1);
        toldAfter(1);
        assertThat(client.log.messages()).hasSize(2);
        assertThat(client.log.texts(Message.CONSOLE_LOGIN_REFUSED).get(1)).contains("\"u999\"");
        assertThat(client.log.messages().get(1).detail()).isEqualTo("Refused since the last such message: 999.");
        toldAfter(1);
        toldAfter(1);
        assertThat(client.log.messages()).hasSize(2);
        refusals.add(client.channel.eventLoop(), LogMessage.of(Message.CONSOLE_LOGIN_REFUSED, "late", "a", "because"));
        assertThat(client.log.messages()).hasSize(3);
    }

    @Test
    void whoStaysSilentIsClosed() {
        client.send(initial("SCRAM-SHA-256", "n,,n=,r=abcdef"));
        client.told();
        assertThat(toldAfter(ConsoleAdapter.AUTHENTICATION_TIMEOUT.toSeconds() - 1))
                .isEmpty();
        assertThat(client.channel.isOpen()).isTrue();
        toldAfter(1);
        assertThat(client.channel.isOpen()).isFalse();
    }

    @Test
    void nobodyComesInByGuessingBytes() {
        Random random = new Random(5);
        for (int i = 0; i < 2_000; i++) {
            AuthenticationTest other = new AuthenticationTest();
            other.connect();
            byte[] first = initial("SCRAM-SHA-256", "n,,n=,r=abcdef");
            byte[] last = sasl("c=biws,r=abcdef,p=" + "A".repeat(43) + "=");
            for (byte[] message : List.of(first, last, Messages.query("SHOW CONFIG"))) {
                for (int change = random.nextInt(3); change > 0; change--) {
                    message[random.nextInt(message.length)] = (byte) random.nextInt(256);
                }
                if (other.client.channel.isOpen()) {
                    other.client.send(message);
                }
            }
            assertThat(other.toldAfter(2)).noneMatch(told -> told.startsWith("D") || told.startsWith("Z"));
            other.client.channel.finishAndReleaseAll();
        }
    }
}
