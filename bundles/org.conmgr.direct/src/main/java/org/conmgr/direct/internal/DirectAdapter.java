package org.conmgr.direct.internal;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Session;
import org.conmgr.api.routing.Target;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;
import org.conmgr.listener.ApplicationAdapter;
import org.conmgr.listener.FirstPacket;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Answers the asks of our own drivers. When it goes, or the router does, its connections are closed: to a driver that
 * is conmgr's own end.
 */
@Component(service = ApplicationAdapter.class, immediate = true)
public final class DirectAdapter implements ApplicationAdapter, AutoCloseable {
    private static final String PATH = "direct";
    private static final String PROTOCOL_VIOLATION = "08P01";
    private static final String INVALID_PARAMETER_VALUE = "22023";
    private static final long MAX_CLOSE_MS = 1_000;

    private final Router router;

    /** Open connections; one added after close is closed at once. */
    private final ChannelGroup channels = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE, true);

    @Activate
    public DirectAdapter(@Reference Router router) {
        this.router = router;
    }

    @Override
    public boolean accepts(FirstPacket packet) {
        return packet instanceof FirstPacket.Ask;
    }

    @Override
    public void adopt(Channel channel, FirstPacket packet, ByteBuf received) {
        channels.add(channel);
        Answers answers = new Answers(channel);
        try {
            Ask ask = Ask.decode(received.nioBuffer(received.readerIndex(), packet.length()));
            Optional<Target> target = Target.ofWord(ask.target());
            if (target.isPresent()) {
                Session session = router.ask(request(ask, target.get()), answers);
                channel.closeFuture().addListener(closed -> session.close());
                channel.pipeline().addLast(new DriverFrames(session));
                received.skipBytes(packet.length());
                if (received.isReadable()) {
                    channel.pipeline().fireChannelRead(received.retain());
                }
            } else {
                answers.lastWords(new Frame.Refused(INVALID_PARAMETER_VALUE, unknown(ask.target())));
            }
        } catch (MalformedPacket e) {
            answers.lastWords(
                    new Frame.Refused(PROTOCOL_VIOLATION, "conmgr cannot read the driver: " + e.getMessage()));
        } finally {
            received.release();
        }
    }

    private static RouteRequest request(Ask ask, Target target) {
        return new RouteRequest(
                target,
                printable(ask.application()),
                ask.pid(),
                PATH,
                ask.minLsn(),
                Set.of(),
                RouteRequest.NO_PREFERENCE,
                ask.instance());
    }

    private static String unknown(String word) {
        return "target_session_attrs: " + printable(word) + " (expected: "
                + Arrays.stream(Target.values()).map(Target::word).collect(Collectors.joining(", ")) + ")";
    }

    /** What is shown in views and messages must not break their lines. */
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Closes every connection; waits for it at most a second. */
    @Override
    @Deactivate
    public void close() {
        channels.close().awaitUninterruptibly(MAX_CLOSE_MS);
    }
}
