package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.Packet.Hello;
import org.conmgr.heartbeat.internal.security.SharedSecret;
import org.conmgr.heartbeat.internal.security.SharedSecretTest;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What a hostile peer can say, at every state of both ends: whole, mutilated and random frames in any order. */
@NullUnmarked
class FuzzedLinkTest {
    private static final int CONVERSATIONS = 3_000;
    private static final List<Goodbye.Reason> REASONS = List.of(Goodbye.Reason.values());
    private static final InetSocketAddress SOMEBODY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    private static Terms terms(String nonce) {
        return new Terms(null, SharedSecretTest.SECRET, true, "", SharedSecretTest.nonce(nonce));
    }

    private static Packet random(Random random) {
        String hex = SharedSecretTest.nonce("" + random.nextInt());
        return switch (random.nextInt(9)) {
            case 0 ->
                new Hello(
                        random.nextInt(10) == 0 ? 2 : 1,
                        0,
                        new UUID(1, random.nextLong()),
                        random.nextInt(),
                        random.nextInt(),
                        "n".repeat(random.nextInt(255)),
                        Map.of());
            case 1 -> new Hello(1, 1, new UUID(1, 1), 1000, 2000, "fuzz", Map.of(Hello.NONCE, hex));
            case 2 -> new Hello(1, 1, new UUID(1, 1), 1000, 2000, "fuzz", Map.of(Hello.NONCE, hex.substring(1)));
            case 3 -> new Packet.Proof(hex);
            case 4 -> new Packet.Challenge(hex);
            case 5 -> new Packet.Beat(random.nextLong(), random.nextLong(), 0, 0, Progress.UNKNOWN, -1);
            case 6 -> new Packet.Sessions(Packet.Sessions.Change.ADD, List.of(SOMEBODY));
            case 7 -> new Packet.Welcome(1, 1, AttributeSet.NOT_YET, SOMEBODY, Map.of());
            default -> new Goodbye(REASONS.get(random.nextInt(REASONS.size())), "bye");
        };
    }

    private static byte[] bytes(Random random) {
        if (random.nextInt(10) == 0) {
            byte[] noise = new byte[random.nextInt(3000)];
            random.nextBytes(noise);
            return noise;
        }
        EmbeddedChannel channel = new EmbeddedChannel(new PacketCodec());
        channel.writeOutbound(random(random));
        ByteBuf frame = channel.readOutbound();
        byte[] bytes = ByteBufUtil.getBytes(frame);
        frame.release();
        for (int i = random.nextInt(4); i > 0 && random.nextBoolean(); i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** Sends what a hostile peer sends to one end, as the pipeline would bring it. */
    private static void talk(Random random, PacketCodec codec, Consumer<Packet> received, Consumer<String> corrupted) {
        EmbeddedChannel channel = new EmbeddedChannel(codec);
        try {
            for (int i = random.nextInt(8); i >= 0; i--) {
                ByteBuf bytes = Unpooled.wrappedBuffer(bytes(random));
                while (bytes.isReadable()) {
                    channel.writeInbound(bytes.readRetainedSlice(1 + random.nextInt(bytes.readableBytes())));
                    for (Packet packet = channel.readInbound(); packet != null; packet = channel.readInbound()) {
                        received.accept(packet);
                    }
                }
                bytes.release();
            }
        } catch (DecoderException e) {
            corrupted.accept(String.valueOf(e.getMessage()));
        } finally {
            channel.close();
        }
    }

    private static final class WatchdogSide implements WatchdogLink.Outside {
        final WatchdogLink link = new WatchdogLink(this, SOMEBODY, "w", InstantSource.system(), 0);
        final String nonce;
        String challenge;
        int established;
        int lost;
        boolean disconnected;

        WatchdogSide(String nonce) {
            this.nonce = nonce;
        }

        @Override
        public Goodbye admit(Peer peer) {
            return null;
        }

        @Override
        public Terms terms() {
            return FuzzedLinkTest.terms(nonce);
        }

        @Override
        public AttributeSet attributes() {
            return AttributeSet.NOT_YET;
        }

        @Override
        public Progress progress() {
            return Progress.UNKNOWN;
        }

        @Override
        public void send(Packet packet) {
            if (packet instanceof Packet.Challenge sent) {
                challenge = sent.nonce();
            }
        }

        @Override
        public void disconnect() {
            disconnected = true;
        }

        @Override
        public void established(Peer peer) {
            established++;
        }

        @Override
        public void lost(
                Peer peer,
                Verdict verdict,
                BeatFacts beats,
                WatchdogLink.Farewell farewell,
                Set<InetSocketAddress> sessions) {
            lost++;
        }

        @Override
        public void refused(String why) {
            assertThat(why).isNotEmpty();
        }

        /** Becomes a link as an honest conmgr does. */
        void authenticate() {
            Hello hello = new Hello(
                    1, 1, new UUID(1, 1), 1000, 2000, "honest", Map.of(Hello.NONCE, SharedSecretTest.nonce("c")));
            link.received(0, hello);
            SharedSecret.Transcript transcript = terms().transcript(hello, SharedSecretTest.nonce("c"), challenge);
            link.received(0, new Packet.Proof(SharedSecretTest.SECRET.prove(SharedSecret.Role.CONMGR, transcript)));
            assertThat(established).isEqualTo(1);
        }
    }

    @Test
    void withoutTheSecretNoWordsMakeALinkOrEndOne() {
        int challenged = 0;
        for (int seed = 0; seed < CONVERSATIONS; seed++) {
            WatchdogSide side = new WatchdogSide("w" + seed);
            talk(
                    new Random(seed),
                    PacketCodec.forStranger(),
                    packet -> side.link.received(1, packet),
                    what -> side.link.corrupted(1, what));
            challenged += side.challenge == null ? 0 : 1;
            assertThat(side.established).as("seed %d", seed).isZero();
            assertThat(side.lost).as("seed %d", seed).isZero();
            long deadline = WatchdogLink.HELLO_TIMEOUT.toNanos();
            side.link.tick(deadline, deadline);
            assertThat(side.disconnected)
                    .as("seed %d: over when its time is", seed)
                    .isTrue();
        }
        assertThat(challenged)
                .as("conversations that went as far as the challenge")
                .isGreaterThan(100);
    }

    @Test
    void anAdmittedPeerCanEndItsOwnLinkAndNothingElse() {
        for (int seed = 0; seed < CONVERSATIONS; seed++) {
            WatchdogSide side = new WatchdogSide("w" + seed);
            side.authenticate();
            PacketCodec codec = PacketCodec.forStranger();
            codec.admitted();
            talk(
                    new Random(seed),
                    codec,
                    packet -> side.link.received(1, packet),
                    what -> side.link.corrupted(1, what));
            assertThat(side.lost).as("seed %d", seed).isLessThanOrEqualTo(1);
            assertThat(side.disconnected).as("seed %d", seed).isEqualTo(side.lost == 1);
        }
    }

    @Test
    void aFalseWatchdogIsNeverBelieved() {
        for (int seed = 0; seed < CONVERSATIONS; seed++) {
            ConmgrSide side = new ConmgrSide();
            side.link.start(0);
            side.link.connected(terms("c" + seed));
            talk(
                    new Random(seed),
                    new PacketCodec(),
                    packet -> side.link.received(1, packet),
                    what -> side.link.corrupted(1, what));
            assertThat(side.ups).as("seed %d", seed).isZero();
        }
    }

    private static final class ConmgrSide implements ConmgrLink.Outside {
        final ConmgrLink link = new ConmgrLink(
                this,
                new UUID(1, 1),
                new LinkSettings(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(30),
                        "c",
                        null),
                InstantSource.system());
        int ups;

        @Override
        public void connect() {
            // The test says when it has.
        }

        @Override
        public void send(Packet packet) {
            assertThat(packet).isNotNull();
        }

        @Override
        public void disconnect() {
            // The end of the conversation.
        }

        @Override
        public void probe(long budgetNanos) {
            throw new AssertionError("nothing has been up that could be suspected");
        }

        @Override
        public void up(Identity identity, Attributes attributes) {
            ups++;
        }

        @Override
        public void beat(Progress progress) {
            ups++;
        }

        @Override
        public void unmonitored(String why, Duration grace, boolean givenUp) {
            ups++;
        }

        @Override
        public void judged(Outcome outcome, Verdict verdict, String probe, BeatFacts beats, String shadow) {
            assertThat(verdict).isNotNull();
        }

        @Override
        public void detectorFailed(FailureDetector detector, Throwable failure) {
            throw new AssertionError(failure);
        }

        @Override
        public void shadowAlarm(ShadowAlarm alarm) {
            throw new AssertionError("no detector is in shadow");
        }

        @Override
        public void down(Verdict verdict) {
            assertThat(verdict.evidence()).isNotNull();
        }
    }
}
