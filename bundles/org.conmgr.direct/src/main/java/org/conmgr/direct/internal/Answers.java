package org.conmgr.direct.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.SessionEnd;
import org.conmgr.api.routing.SessionObserver;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.netty.LingeringClose;

/**
 * Tells one driver what the router says: one answer, and perhaps a Down later. Two small writes in the life of a
 * connection, so a driver that does not read holds up nothing.
 */
final class Answers implements SessionObserver {
    /** Of a text or a list in a frame, in chars of up to three bytes: far below {@link Frame#MAX_LENGTH}. */
    private static final int MAX_CHARS = 2_000;

    private final Channel channel;

    Answers(Channel channel) {
        this.channel = channel;
    }

    @Override
    public void routed(Route route) {
        ConfiguredInstance instance = route.instance();
        List<ConfiguredInstance> others = fitting(route.others(), MAX_CHARS);
        Frame answer = new Frame.Routed(
                instance.number(),
                instance.host(),
                hostaddr(instance),
                instance.backendPort(),
                route.role().word(),
                route.monitored(),
                addresses(others),
                hostaddrs(others));
        inOrder(() -> channel.writeAndFlush(bytes(answer)));
    }

    @Override
    public void refused(Refusal refusal) {
        List<ConfiguredInstance> known = fitting(refusal.instances(), MAX_CHARS / 4);
        lastWords(new Frame.Refused(refusal.sqlState(), fitting(refusal.text()), addresses(known), hostaddrs(known)));
    }

    @Override
    public void ended(SessionEnd end) {
        lastWords(new Frame.Down(
                end.instance().number(), end.cause().name().toLowerCase(Locale.ROOT), fitting(end.message())));
    }

    /** Says the last thing there is to say on this connection, and closes it as {@link LingeringClose} does. */
    void lastWords(Frame frame) {
        inOrder(() -> LingeringClose.start(channel, bytes(frame)));
    }

    /**
     * Always through the loop's queue, also when called on the loop: a call that came on another thread before may
     * still wait there.
     */
    private void inOrder(Runnable task) {
        try {
            channel.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The loops are shut down, and the channel with them: nobody is left to be told.
            channel.close();
        }
    }

    private static ByteBuf bytes(Frame frame) {
        return Unpooled.wrappedBuffer(frame.encode());
    }

    /** The first of them whose addresses have room. */
    private static List<ConfiguredInstance> fitting(List<ConfiguredInstance> instances, int chars) {
        int room = chars;
        for (int i = 0; i < instances.size(); i++) {
            ConfiguredInstance instance = instances.get(i);
            room -= instance.address().length() + hostaddr(instance).length() + 2;
            if (room < 0) {
                return instances.subList(0, i);
            }
        }
        return instances;
    }

    private static String hostaddr(ConfiguredInstance instance) {
        InetAddress hostaddr = instance.hostaddr();
        return hostaddr == null ? "" : hostaddr.getHostAddress();
    }

    private static List<String> addresses(List<ConfiguredInstance> instances) {
        return instances.stream().map(ConfiguredInstance::address).toList();
    }

    /** None at all when no instance has one. */
    private static List<String> hostaddrs(List<ConfiguredInstance> instances) {
        boolean any = instances.stream().anyMatch(instance -> instance.hostaddr() != null);
        return any ? instances.stream().map(Answers::hostaddr).toList() : List.of();
    }

    private static String fitting(String text) {
        String whole = text.replace('\0', ' ');
        return whole.length() <= MAX_CHARS ? whole : whole.substring(0, MAX_CHARS) + "...";
    }
}
