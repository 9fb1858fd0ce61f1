package org.conmgr.direct.internal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionEnd.Cause;
import org.conmgr.api.routing.Target;
import org.conmgr.direct.internal.FakeRouter.Asked;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;
import org.conmgr.listener.FirstPacket;
import org.conmgr.netty.LingeringClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectAdapterTest {
    private static final ConfiguredInstance DB0 = new ConfiguredInstance(0, "db0", NetUtil.LOCALHOST4, 5432, 27545);
    private static final ConfiguredInstance DB1 = new ConfiguredInstance(1, "::1", null, 5433, 27545);
    private static final Route ROUTE = new Route(DB0, Role.PRIMARY, true, List.of(DB1));
    private static final Frame ROUTED =
            new Frame.Routed(0, "db0", "127.0.0.1", 5432, "primary", true, List.of("[::1]:5433"));
    private static final Ask ASK = new Ask("read-write", "app", 42, 7);

    private final FakeRouter router = new FakeRouter((request, observer) -> {});
    private final DirectAdapter adapter = new DirectAdapter(router);
    private final List<Throwable> failures = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    private void adopt(DirectAdapter by, byte[] ask, byte... behind) {
        channel.freezeTime();
        by.adopt(channel, new FirstPacket.Ask(ask.length), Unpooled.copiedBuffer(ask, behind));
        // As the listener keeps one there.
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                failures.add(cause);
                ctx.close();
            }
        });
        channel.runPendingTasks();
    }

    private Asked asked() {
        adopt(adapter, ASK.encode());
        return router.session();
    }

    private Asked routed() throws MalformedPacket {
        Asked session = asked();
        session.observer.routed(ROUTE);
        assertThat(told()).containsExactly(ROUTED);
        return session;
    }

    private List<Frame> told() throws MalformedPacket {
        channel.runPendingTasks();
        List<Frame> frames = new ArrayList<>();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            frames.add(Frame.decode(bytes.nioBuffer()).orElseThrow());
            bytes.release();
        }
        return frames;
    }

    private void send(byte[] bytes) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes));
        channel.runPendingTasks();
    }

    @Test
    void takesNothingButAsks() {
        assertThat(adapter.accepts(new FirstPacket.Ask(20))).isTrue();
        assertThat(adapter.accepts(new FirstPacket.GssEncRequest(8))).isFalse();
        assertThat(adapter.accepts(new FirstPacket.SslRequest(8))).isFalse();
    }

    @Test
    void takesTheAskToTheRouterAndItsAnswerBack() throws MalformedPacket {
        Asked session = routed();

        assertThat(session.request).isEqualTo(new RouteRequest(Target.READ_WRITE, "app", 42, "direct", 7));
        assertThat(channel.isOpen()).isTrue();
        assertThat(session.closed).isFalse();
    }

    @Test
    void takesTheInstanceOfADriverThatIsConnectedAlready() {
        adopt(adapter, new Ask("standby", "app", 42, 0, "db1:5432").encode());

        assertThat(router.session().request)
                .isEqualTo(new RouteRequest(
                        Target.STANDBY, "app", 42, "direct", 0, Set.of(), RouteRequest.NO_PREFERENCE, "db1:5432"));
    }

    @Test
    void answersARouterThatAnswersBeforeAskReturns() throws MalformedPacket {
        adopt(new DirectAdapter(new FakeRouter((request, observer) -> observer.routed(ROUTE))), ASK.encode());

        assertThat(told()).containsExactly(ROUTED);
    }

    @Test
    void aRefusalIsTheLastWord() throws MalformedPacket {
        Asked session = asked();
        session.observer.refused(new Refusal("08001", "no instance"));

        assertThat(told()).containsExactly(new Frame.Refused("08001", "no instance"));
        assertThat(channel.isOpen())
                .as("no FIN in an embedded channel, so closed")
                .isFalse();
        assertThat(session.closed).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"DEAD, dead", "FENCED, fenced", "REMOVED, removed"})
    void tellsTheEnd(Cause cause, String word) throws MalformedPacket {
        Asked session = routed();
        SessionEnd end = new SessionEnd(DB0, cause, "timed out");
        session.observer.ended(end);

        assertThat(told()).containsExactly(new Frame.Down(0, word, end.message()));
        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
    }

    @Test
    void keepsTheOrderOfTheRoutersCallsOnWhateverThread() throws Exception {
        Asked session = asked();
        Thread verdict = new Thread(() -> session.observer.routed(ROUTE));
        verdict.start();
        verdict.join();
        // On the loop, before it came to what the other thread left for it.
        session.observer.ended(new SessionEnd(DB0, Cause.DEAD, "gone"));

        assertThat(told()).hasSize(2).first().isEqualTo(ROUTED);
    }

    @Test
    void anEndThatTheDriverDoesNotReadHoldsUpNothing() throws MalformedPacket {
        Asked session = routed();
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
            }
        });
        session.observer.ended(new SessionEnd(DB0, Cause.DEAD, "gone"));
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isTrue();

        channel.advanceTimeBy(LingeringClose.LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();

        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
    }

    @Test
    void theSessionEndsWithTheConnectionAlsoWhileItWaits() {
        Asked session = asked();
        channel.close();

        assertThat(session.closed).isTrue();
        session.observer.routed(ROUTE);
        channel.runPendingTasks();
        assertThat(failures).isEmpty();
    }

    @Test
    void anAskForATargetThatIsNoneSaysWhichThereAre() throws MalformedPacket {
        adopt(adapter, new Ask("master\n", "", 0, 0).encode());

        assertThat(told())
                .containsExactly(new Frame.Refused(
                        "22023",
                        "target_session_attrs: master? (expected: any, read-write, read-only, primary, standby,"
                                + " prefer-standby, prefer-primary, prefer-read-only, prefer-read-write)"));
        assertThat(router.sessions()).isEmpty();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anAskThatCannotBeReadSaysWhy() throws MalformedPacket {
        byte[] ask = ASK.encode();
        ask[12] = 9;
        adopt(adapter, ask);

        assertThat(told())
                .containsExactly(new Frame.Refused(
                        "08P01", "conmgr cannot read the driver: ask of protocol version 9 (expected: 1)"));
        assertThat(router.sessions()).isEmpty();
    }

    @Test
    void whatIsShownToPeopleHasNoControlCharacters() {
        adopt(adapter, new Ask("any", "a\nb\u001b[1m é😀", 0, 0).encode());

        assertThat(router.session().request.application()).isEqualTo("a?b?[1m é😀");
    }

    @Test
    void aLongListOrTextIsCutToItsFrame() throws MalformedPacket {
        Asked session = asked();
        List<ConfiguredInstance> many = IntStream.range(0, 1_000)
                .mapToObj(i -> new ConfiguredInstance(i, "host" + i + ".example", null, 5432, 27545))
                .toList();
        session.observer.routed(new Route(DB0, Role.PRIMARY, true, many));
        session.observer.ended(new SessionEnd(DB0, Cause.DEAD, "é\0".repeat(10_000)));

        List<Frame> told = told();
        assertThat(((Frame.Routed) told.get(0)).others())
                .hasSizeBetween(50, 500)
                .first()
                .isEqualTo("host0.example:5432");
        assertThat(((Frame.Down) told.get(1)).message())
                .startsWith("conmgr declared instance 0 (db0:5432) dead: é é")
                .endsWith("...")
                .hasSize(2_003);
    }

    @Test
    void theOthersHaveTheirAddressesToo() throws Exception {
        ConfiguredInstance named = new ConfiguredInstance(1, "db1", null, 5432, 27545);
        ConfiguredInstance addressed =
                new ConfiguredInstance(2, "db2", InetAddress.getByName("192.0.2.2"), 5433, 27545);
        Asked session = asked();
        session.observer.routed(new Route(DB0, Role.PRIMARY, true, List.of(named, addressed)));

        Frame.Routed routed = (Frame.Routed) told().get(0);
        assertThat(routed.others()).containsExactly("db1:5432", "db2:5433");
        assertThat(routed.othersHostaddr()).containsExactly("", "192.0.2.2");
    }

    @Test
    void aRefusalNamesWhoThereIs() throws Exception {
        ConfiguredInstance addressed =
                new ConfiguredInstance(2, "db2", InetAddress.getByName("192.0.2.2"), 5433, 27545);
        Asked session = asked();
        session.observer.refused(new Refusal("08001", "é".repeat(3_000), List.of(DB0, addressed)));

        Frame.Refused refused = (Frame.Refused) told().get(0);
        assertThat(refused.others()).containsExactly("db0:5432", "db2:5433");
        assertThat(refused.othersHostaddr()).containsExactly("127.0.0.1", "192.0.2.2");
    }

    @Test
    void passesOnTheDriversSocket() throws MalformedPacket {
        Asked session = routed();
        byte[] bound = new Frame.Bound("192.0.2.9", 40_000).encode();
        for (byte b : bound) {
            send(new byte[] {b});
        }
        send(new Frame.Bound("::1", 40_001).encode());

        assertThat(session.sockets)
                .containsExactly(
                        new InetSocketAddress("192.0.2.9", 40_000), new InetSocketAddress(NetUtil.LOCALHOST6, 40_001));
        assertThat(failures).isEmpty();
    }

    @Test
    void readsWhatAHastyDriverSentBehindItsAsk() {
        adopt(adapter, ASK.encode(), new Frame.Bound("192.0.2.9", 40_000).encode());

        assertThat(router.session().sockets).hasSize(1);
    }

    @Test
    void skipsFramesOfDriversToComeButNotAFlood() throws MalformedPacket {
        Asked session = routed();
        byte[] unknown = {'?', 0, 0, 0, 5, 1};
        for (int second = 0; second < 3; second++) {
            for (int i = 0; i < 100; i++) {
                send(unknown);
            }
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
        }
        assertThat(channel.isOpen()).isTrue();
        for (int i = 0; i <= 100 && channel.isOpen(); i++) {
            send(unknown);
        }

        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
        assertThat(failures).singleElement().asString().contains("more than 100 frames in a second");
    }

    @Test
    void closesOnGarbage() throws MalformedPacket {
        Asked session = routed();
        send("GET / HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1));

        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
        assertThat(failures).singleElement().asString().contains("a frame of length 1163141167");
    }

    @Test
    void closesOnAFrameThatIsNotTheDriversOrSaysNothing() throws MalformedPacket {
        for (byte[] frame : List.of(
                new Frame.Down(0, "dead", "x").encode(),
                new Frame.Refused("08001", "x").encode(),
                new Frame.Bound("db0", 5432).encode())) {
            DirectAdapterTest other = new DirectAdapterTest();
            Asked session = other.routed();
            other.send(frame);

            assertThat(other.channel.isOpen()).isFalse();
            assertThat(session.closed).isTrue();
            assertThat(other.failures).hasSize(1);
            assertThat(session.sockets).isEmpty();
        }
    }

    @Test
    void hostileFramesCloseOrAreReadButHoldNothing() throws MalformedPacket {
        Random random = new Random(3);
        byte[] bound = new Frame.Bound("192.0.2.9", 40_000).encode();
        for (int i = 0; i < 1_000; i++) {
            DirectAdapterTest other = new DirectAdapterTest();
            other.routed();
            byte[] bytes = bound.clone();
            for (int change = random.nextInt(4); change > 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            List<ByteBuf> sent = new ArrayList<>();
            for (int part = 0; part < 4 && other.channel.isOpen(); part++) {
                ByteBuf buffer = Unpooled.copiedBuffer(bytes);
                sent.add(buffer);
                other.channel.writeInbound(buffer);
            }
            assertThat(other.failures).hasSizeLessThanOrEqualTo(1);
            other.channel.finishAndReleaseAll();
            assertThat(sent).allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero());
        }
    }

    @Test
    void aRouterThatFailsIsTheListenersToReport() {
        DirectAdapter broken = new DirectAdapter(new FakeRouter((request, observer) -> {
            throw new IllegalStateException("broken");
        }));
        byte[] ask = ASK.encode();
        ByteBuf received = Unpooled.copiedBuffer(ask);

        assertThatThrownBy(() -> broken.adopt(channel, new FirstPacket.Ask(ask.length), received))
                .hasMessage("broken");
        assertThat(received.refCnt()).isZero();
    }

    @Test
    void whenItGoesItClosesItsConnections() throws MalformedPacket {
        Asked session = routed();
        adapter.close();
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
        adapter.close();
    }

    @Test
    void onceGoneItClosesWhatIsStillGivenToIt() {
        adapter.close();
        Asked session = asked();

        assertThat(channel.isOpen()).isFalse();
        assertThat(session.closed).isTrue();
    }
}
