package org.conmgr.listener.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.Severity;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.conmgr.listener.ListenerStatus;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirstPacketHandlerTest {
    private static final ListenerSettings SETTINGS = new ListenerSettings(Set.of(), 0, Duration.ofSeconds(60));

    private final RecordingLog log = new RecordingLog();
    private final List<ApplicationAdapter> adapters = new ArrayList<>();
    private final Reception reception = new Reception(adapters, log);
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private EmbeddedChannel connected() {
        channel.freezeTime();
        reception.receive(channel, SETTINGS);
        return channel;
    }

    @AfterEach
    void holdsNothing() {
        channel.close();
        channel.runPendingTasks();
        assertThat(reception.status(List.of(), 0).open()).isZero();
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {Packets.SSL_REQUEST, Packets.GSSENC_REQUEST, Packets.ASK})
    void answersNToANegotiationThatNobodyTakesAndGoesOn(String request) {
        Taker taker = new Taker(FirstPacket.Startup.class::isInstance);
        adapters.add(taker);
        connected().writeInbound(Packets.hex(request));

        assertThat(written()).isEqualTo("N");
        assertThat(taker.adopted).isEmpty();

        channel.writeInbound(Packets.startup());
        assertThat(taker.adopted).hasOnlyElementsOfType(FirstPacket.Startup.class);
    }

    @Test
    void tellsAClientOfAnotherProtocolSo() {
        connected().writeInbound(Packets.hex("0000000800020000"));

        assertThat(written())
                .contains("C0A000")
                .contains("Munsupported frontend protocol 2.0: conmgr takes protocol 3");
        assertThat(reception.status(List.of(), 0).invalid()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000000a 00030000 6161", "0000000a 00030000 0000", "0000000c 00030000 61006200"})
    void tellsAClientWhoseStartupPacketIsBadSo(String packet) {
        connected().writeInbound(Packets.hex(packet));

        assertThat(written())
                .contains("C08P01")
                .contains("Minvalid startup packet layout: expected terminator as last byte");
        assertThat(reception.status(List.of(), 0).invalid()).isEqualTo(1);
    }

    @Test
    void givesTheConnectionAwayWithEveryByteUntouched() {
        Taker taker = new Taker(packet -> true);
        adapters.add(taker);
        ByteBuf all = Packets.join(Packets.startup(), Unpooled.copiedBuffer("hasty", UTF_8));
        connected().writeInbound(all.copy());

        assertThat(taker.adopted).containsExactly(decoded(Packets.startup()));
        assertThat(taker.bytes).containsExactly(ByteBufUtil.hexDump(all));
        assertThat(channel.pipeline().names()).hasSize(3); // its handler, the last, Netty's tail
        assertThat(channel.pipeline().last()).isInstanceOf(LastHandler.class);
        channel.writeInbound(Unpooled.copiedBuffer("later", UTF_8));
        assertThat(taker.later).containsExactly("later");
    }

    private static FirstPacket decoded(ByteBuf packet) {
        try {
            return Objects.requireNonNull(FirstPacketDecoder.decode(packet));
        } catch (MalformedFirstPacket e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readsByteByByte() {
        Taker taker = new Taker(FirstPacket.Ask.class::isInstance);
        adapters.add(taker);
        connected();
        ByteBuf all = Packets.join(
                Packets.hex(Packets.SSL_REQUEST), Packets.hex(Packets.GSSENC_REQUEST), Packets.hex(Packets.ASK));
        while (all.isReadable()) {
            channel.writeInbound(all.readBytes(1));
        }

        assertThat(written()).isEqualTo("NN");
        assertThat(taker.bytes).containsExactly(Packets.ASK.replace(" ", ""));
    }

    @Test
    void readsSeveralPacketsOutOfOneBuffer() {
        Taker taker = new Taker(FirstPacket.Startup.class::isInstance);
        adapters.add(taker);
        connected()
                .writeInbound(Packets.join(
                        Packets.hex(Packets.GSSENC_REQUEST), Packets.hex(Packets.SSL_REQUEST), Packets.startup()));

        assertThat(written()).isEqualTo("NN");
        assertThat(taker.bytes).containsExactly(ByteBufUtil.hexDump(Packets.startup()));
    }

    @Test
    void asksTheHighestRankedAdapterFirst() {
        Taker low = new Taker(packet -> true);
        Taker high = new Taker(FirstPacket.SslRequest.class::isInstance);
        adapters.add(low);
        adapters.add(high);
        connected().writeInbound(Packets.hex(Packets.SSL_REQUEST));

        assertThat(high.adopted).hasSize(1);
        assertThat(low.adopted).isEmpty();
    }

    @Test
    void passesOverAnAdapterThatFails() {
        Taker sound = new Taker(packet -> true);
        adapters.add(sound);
        adapters.add(new Taker(packet -> {
            throw new NoClassDefFoundError("its bundle is gone");
        }));
        connected().writeInbound(Packets.startup());

        assertThat(sound.adopted).hasSize(1);
        assertThat(log.messages(Message.SUPERVISED_FAILURE))
                .singleElement()
                .satisfies(message -> assertThat(message.cause()).isInstanceOf(NoClassDefFoundError.class));
    }

    @Test
    void closesWhenAnAdapterFailsToAdopt() {
        adapters.add(new ApplicationAdapter() {
            @Override
            public boolean accepts(FirstPacket packet) {
                return true;
            }

            @Override
            public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
                received.release();
                throw new IllegalStateException("broken");
            }
        });
        connected().writeInbound(Packets.startup());

        assertThat(channel.isOpen()).isFalse();
        assertThat(log.texts(Message.SUPERVISED_FAILURE))
                .singleElement()
                .asString()
                .contains("broken");
    }

    @Test
    void anAdapterMayCloseAtOnce() {
        adapters.add(new ApplicationAdapter() {
            @Override
            public boolean accepts(FirstPacket packet) {
                return true;
            }

            @Override
            public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
                received.release();
                channel.close();
            }
        });
        connected().writeInbound(Packets.startup());

        assertThat(channel.isOpen()).isFalse();
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void seesTheFailureOfAnAdapterOnWhatAHastyClientSent() {
        adapters.add(new Failing(false));
        connected().writeInbound(Packets.join(Packets.startup(), Unpooled.copiedBuffer("hasty", UTF_8)));

        assertThat(channel.isOpen()).isFalse();
        assertThat(log.texts(Message.CONNECTION_BROKEN))
                .containsExactly("connection from embedded broke: cannot read hasty");
    }

    @Test
    void passesNothingOnOnceAnAdapterHasFailedToAdopt() {
        adapters.add(new Failing(true));
        ByteBuf all = Packets.join(Packets.startup(), Unpooled.copiedBuffer("hasty", UTF_8));
        connected().writeInbound(all);
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isFalse();
        assertThat(log.texts(Message.CONNECTION_BROKEN)).isEmpty();
        assertThat(log.messages(Message.SUPERVISED_FAILURE)).hasSize(1);
        assertThat(all.refCnt()).isZero();
    }

    @Test
    void tellsAnSqlClientWhatThisPortIsAndMovesItToItsNextHost() {
        connected().writeInbound(Packets.startup());

        ByteBuf error = channel.readOutbound();
        assertThat(error.readByte()).isEqualTo((byte) 'E');
        assertThat(error.readInt()).isEqualTo(error.readableBytes() + 4);
        assertThat(error.readCharSequence(error.readableBytes(), UTF_8)
                        .toString()
                        .split("\0"))
                .contains(
                        "SFATAL",
                        "VFATAL",
                        "C57P03",
                        "Mthis port belongs to conmgr, and nothing here relays SQL connections")
                .anyMatch(field -> field.startsWith("HConnect with"));
        error.release();
        assertThat(channel.isOpen())
                .as("no FIN in an embedded channel, so closed")
                .isFalse();
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void closesACancelRequestQuietly() {
        connected().writeInbound(Packets.hex(Packets.CANCEL_3_0));

        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(log.messages()).isEmpty();
        assertThat(status().invalid()).isZero();
    }

    @Test
    void closesAndCountsATlsHandshakeThatNobodyTakes() {
        connected().writeInbound(Packets.clientHello(400));

        assertThat(channel.isOpen()).isFalse();
        assertThat(status().invalid()).isOne();
        assertThat(log.texts(Message.INVALID_FIRST_PACKET))
                .containsExactly("closed a connection from embedded: a TLS handshake, which nothing here takes");
    }

    @Test
    void closesAndCountsRubbishAtDebug() {
        connected().writeInbound(Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", UTF_8));

        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(status().invalid()).isOne();
        assertThat(log.messages()).singleElement().satisfies(message -> {
            assertThat(message.message().severity()).isEqualTo(Severity.DEBUG);
            assertThat(message.text()).contains("first byte 0x47");
        });
    }

    @Test
    void closesASecondNegotiationOfTheSameKind() {
        connected().writeInbound(Packets.join(Packets.hex(Packets.SSL_REQUEST), Packets.hex(Packets.SSL_REQUEST)));

        assertThat(written()).startsWith("NE").contains("C08P01").contains("Ma second SslRequest");
        assertThat(channel.isOpen()).isFalse();
        assertThat(log.texts(Message.INVALID_FIRST_PACKET))
                .singleElement()
                .asString()
                .contains("a second SslRequest");
    }

    @Test
    void closesASilentPeerInTime() {
        connected();
        channel.writeInbound(Packets.hex(Packets.SSL_REQUEST));
        advance(Duration.ofMillis(59_999));
        channel.writeInbound(Packets.startup().readBytes(5));
        assertThat(channel.isOpen()).isTrue();

        advance(Duration.ofMillis(1));

        assertThat(channel.isOpen()).isFalse();
        assertThat(status().timedOut()).isOne();
        assertThat(log.messages()).singleElement().satisfies(message -> {
            assertThat(message.message().severity()).isEqualTo(Severity.DEBUG);
            assertThat(message.text()).isEqualTo("closed a connection from embedded: nothing useful within 1min");
        });
    }

    @Test
    void theTimeoutEndsWithTheFirstPacket() {
        adapters.add(new Taker(packet -> true));
        connected().writeInbound(Packets.startup());
        advance(Duration.ofDays(1));

        assertThat(channel.isOpen()).isTrue();
        assertThat(log.messages()).isEmpty();
    }

    @Test
    void aPeerThatGoesLeavesNothing() {
        connected().writeInbound(Packets.startup().readBytes(5));
        channel.close();
        advance(Duration.ofDays(1));

        assertThat(log.messages()).isEmpty();
        assertThat(status().timedOut()).isZero();
    }

    @Test
    void whatPeersCauseIsDebug() {
        for (Exception cause : List.of(
                new IOException("Connection reset by peer"),
                new CorruptedFrameException("garbage"),
                new DecoderException("wrapped", new MalformedFirstPacket("rubbish")))) {
            assertThat(fail(cause).isOpen()).isFalse();
        }

        assertThat(log.messages())
                .allSatisfy(message -> assertThat(message.message().severity()).isEqualTo(Severity.DEBUG));
        assertThat(log.texts(Message.CONNECTION_BROKEN))
                .containsExactly(
                        "connection from embedded broke: Connection reset by peer",
                        "connection from embedded broke: garbage",
                        "connection from embedded broke: rubbish");
    }

    @Test
    void ourFailuresAreErrors() {
        assertThat(fail(new IllegalStateException("a bug")).isOpen()).isFalse();

        assertThat(log.messages(Message.SUPERVISED_FAILURE)).singleElement().satisfies(message -> {
            assertThat(message.message().severity()).isEqualTo(Severity.ERROR);
            assertThat(message.cause()).hasMessage("a bug");
        });
    }

    private Channel fail(Exception cause) {
        EmbeddedChannel failing = new EmbeddedChannel();
        reception.receive(failing, SETTINGS);
        failing.pipeline().fireExceptionCaught(cause);
        return failing;
    }

    @Test
    void neverHoldsMoreThanTheLimitAndAlwaysLetsGo() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            EmbeddedChannel client = new EmbeddedChannel();
            reception.receive(client, SETTINGS);
            ByteBuf sent = Unpooled.buffer();
            List<ByteBuf> pieces = new ArrayList<>();
            byte[] start = {0, 0, (byte) random.nextInt(0x29), (byte) random.nextInt(256), 0, 3, 0, 0};
            sent.writeBytes(start, 0, random.nextInt(start.length + 1));
            byte[] rest = new byte[random.nextInt(20_000)];
            random.nextBytes(rest);
            sent.writeBytes(rest);
            int taken = 0;
            while (sent.isReadable() && client.isOpen()) {
                ByteBuf piece = sent.readBytes(Math.min(sent.readableBytes(), 1 + random.nextInt(3_000)));
                pieces.add(piece);
                taken += piece.readableBytes();
                client.writeInbound(piece);
            }
            if (client.isOpen()) {
                assertThat(taken).isLessThan(FirstPacket.MAX_LENGTH);
            }
            client.finishAndReleaseAll();
            client.close();
            client.runPendingTasks();
            assertThat(pieces).allSatisfy(piece -> assertThat(piece.refCnt()).isZero());
        }
    }

    private void advance(Duration time) {
        channel.advanceTimeBy(time.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    private ListenerStatus status() {
        return reception.status(List.of(), 0);
    }

    private String written() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            text.append(part.toString(UTF_8));
            part.release();
        }
        return text.toString();
    }

    /** Its handler can read nothing; passes on what lies behind the first packet. */
    private record Failing(boolean toAdopt) implements ApplicationAdapter {
        @Override
        public boolean accepts(FirstPacket packet) {
            return true;
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            channel.pipeline().addLast(new ByteToMessageDecoder() {
                @Override
                protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
                    throw new CorruptedFrameException("cannot read "
                            + in.readCharSequence(in.readableBytes(), UTF_8).toString());
                }
            });
            channel.pipeline().fireChannelRead(received.skipBytes(packet.length()));
            if (toAdopt) {
                throw new IllegalStateException("broken");
            }
        }
    }

    /** Takes what the predicate says, and keeps what it got. */
    private static final class Taker implements ApplicationAdapter {
        private final Predicate<FirstPacket> takes;
        private final List<FirstPacket> adopted = new ArrayList<>();
        private final List<String> bytes = new ArrayList<>();
        private final List<String> later = new ArrayList<>();

        private Taker(Predicate<FirstPacket> takes) {
            this.takes = takes;
        }

        @Override
        public boolean accepts(FirstPacket packet) {
            return takes.test(packet);
        }

        @Override
        public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
            adopted.add(packet);
            bytes.add(ByteBufUtil.hexDump(received));
            received.release();
            channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    later.add(((ByteBuf) message).toString(UTF_8));
                    ((ByteBuf) message).release();
                }
            });
        }
    }
}
