package org.conmgr.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads bytes from a channel past its pipeline, as {@link Outlet} writes them: for a relay of small messages these two
 * cost more than all else that it does in Java. Only with epoll, on loops made by {@link #beside}, and as long as nothing
 * but bytes is there: the end, errors, reading that is switched off and full buffers are the channel's own matter, as
 * everything is on other loops. So the pipeline must do the same with the bytes that reach it, and have no {@link
 * io.netty.handler.ssl.SslHandler}.
 *
 * <p>All channels of an event loop read into one buffer; who keeps it leaves another one to the others. To be used on the
 * channel's event loop.
 */
public final class Inlet {
    /** Of one read. */
    static final int SIZE = 64 * 1024;

    /** At once, as Netty's channels do; then the loop's other channels have their turn. */
    private static final int READS = 16;

    /** So many full reads in a row are a stream, which need not come through here where nobody looks at it. */
    static final int STREAM = 4;

    /** A stream ends when less comes at once. */
    private static final int TRICKLE = SIZE / 16;

    private static final boolean SPLICES = Pipe.suits(System.getProperty("os.version", ""));

    /** EPOLLIN of epoll(7). Not Netty's constant: where there is no epoll, it may not be touched. */
    private static final int READABLE = 1;

    private static final FastThreadLocal<Loop> LOOP = new FastThreadLocal<>();

    /** What takes the bytes; what it throws is told to the pipeline. */
    @FunctionalInterface
    public interface Reader {
        /** Gets bytes, which are its own, to be released. */
        void read(ByteBuf bytes);
    }

    private Inlet() {}

    /** For loops whose channels may have an inlet, and keep their bytes in the kernel while they are not to be read. */
    public static IoHandlerFactory beside(IoHandlerFactory epoll) {
        return executor -> new Loop(epoll.newHandler(executor));
    }

    /** From now on either the reader or the pipeline gets what comes. */
    public static void open(Channel channel, Reader reader) {
        open(channel, reader, null);
    }

    /**
     * As {@link #open(Channel, Reader)}, for one who passes everything on and does not look at it: the kernel does that
     * itself while much comes. The reader gets what comes else, and what cannot be sent at once.
     *
     * @param to where everything goes, a channel of the same event loop
     */
    public static void open(Channel channel, Reader reader, @Nullable Outlet to) {
        Tap tap = tap(channel);
        if (tap != null && channel instanceof EpollSocketChannel socket) {
            tap.channel = socket;
            tap.reader = reader;
            tap.to = to;
        }
    }

    /** From now on the pipeline gets all that comes. */
    public static void close(Channel channel) {
        Tap tap = tap(channel);
        if (tap != null) {
            tap.reader = null;
        }
    }

    /** Whether something is kept for a channel. */
    static boolean knows(Channel channel) {
        return tap(channel) != null;
    }

    private static @Nullable Tap tap(Channel channel) {
        Loop loop = LOOP.getIfExists();
        return loop == null ? null : loop.taps.get(channel.unsafe());
    }

    /** Puts a tap on each channel that comes. */
    private static final class Loop implements IoHandler {
        private final IoHandler epoll;
        private final IdentityHashMap<Object, Tap> taps = new IdentityHashMap<>();
        private @Nullable ByteBuf buffer;
        private @Nullable Pipe pipe;

        Loop(IoHandler epoll) {
            this.epoll = epoll;
        }

        @Override
        public void initialize() {
            LOOP.set(this);
            epoll.initialize();
        }

        @Override
        public int run(IoHandlerContext context) {
            return epoll.run(context);
        }

        @Override
        public void prepareToDestroy() {
            epoll.prepareToDestroy();
        }

        @Override
        public void destroy() {
            epoll.destroy();
            forget();
            breakPipe();
        }

        @Override
        public IoRegistration register(IoHandle handle) throws Exception {
            return handle instanceof EpollIoHandle channel
                    ? new Interest(epoll.register(new Tap(this, channel)))
                    : epoll.register(handle);
        }

        @Override
        public void wakeup() {
            epoll.wakeup();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return epoll.isCompatible(type);
        }

        private void forget() {
            if (buffer != null) {
                buffer.release();
                buffer = null;
            }
        }

        /** Null where there are no more file descriptors, or the kernel is not fit for it. */
        @Nullable
        Pipe pipe() {
            if (pipe == null && SPLICES) {
                try {
                    pipe = Pipe.open();
                } catch (IOException e) {
                    // Not needed: bytes come through here as well.
                    return null;
                }
            }
            return pipe;
        }

        void breakPipe() {
            if (pipe != null) {
                pipe.close();
                pipe = null;
            }
        }

        /** Null where there is no memory: the channel's own read ends that channel alone. */
        @Nullable
        ByteBuf buffer(Channel channel) {
            ByteBuf last = buffer;
            if (last == null || last.refCnt() > 1) {
                forget();
                try {
                    last = channel.alloc().directBuffer(SIZE, SIZE);
                } catch (OutOfMemoryError e) {
                    return null;
                }
                buffer = last;
            }
            return last.retain();
        }
    }

    /** Changes what a channel says it wants to be told, where what Netty (4.2.18) does with it loses bytes or memory. */
    private static final class Interest implements IoRegistration {
        private final IoRegistration own;
        private boolean added;

        Interest(IoRegistration own) {
            this.own = own;
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's own signature
        public <T> T attachment() {
            return own.attachment();
        }

        /**
         * A channel that is not to be read is not told of the end behind what it has not read, to get at which it would read
         * all that. And one that wants nothing at all stays registered: Netty would take it out of epoll, and fail when it
         * wants something again, as does a client that has still to get much after its FIN. With EPOLLET alone the kernel
         * tells errors and hang-ups, which nobody can switch off, once and not for ever.
         */
        @Override
        public long submit(IoOps ops) {
            EpollIoOps wanted = (EpollIoOps) ops;
            // Before there is a connection, it would hang up.
            added |= wanted.value() != 0;
            if (!wanted.contains(EpollIoOps.EPOLLIN)) {
                wanted = wanted.without(EpollIoOps.EPOLLRDHUP);
            }
            return own.submit(added && wanted.value() == 0 ? EpollIoOps.EPOLLET : wanted);
        }

        @Override
        public boolean isValid() {
            return own.isValid();
        }

        @Override
        public boolean cancel() {
            return own.cancel();
        }
    }

    /** In place of the channel's own, which gets what is not bytes. */
    @SuppressWarnings("try")
    private static final class Tap implements EpollIoHandle {
        private final Loop loop;
        private final EpollIoHandle own;
        private @Nullable EpollSocketChannel channel;
        private @Nullable Reader reader;
        private @Nullable Outlet to;
        private int fullReads;

        Tap(Loop loop, EpollIoHandle own) {
            this.loop = loop;
            this.own = own;
        }

        @Override
        public FileDescriptor fd() {
            return own.fd();
        }

        @Override
        public void registered() {
            loop.taps.put(own, this);
            own.registered();
        }

        @Override
        public void unregistered() {
            loop.taps.remove(own);
            reader = null;
            to = null;
            own.unregistered();
        }

        @Override
        public void close() throws Exception {
            own.close();
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            if (reader == null || ((EpollIoEvent) event).ops().value() != READABLE || !drained()) {
                own.handle(registration, event);
            }
        }

        /** Reads; whether nothing is left for the channel itself. */
        private boolean drained() {
            int count = SIZE;
            for (int reads = 0; reads < READS && (count == SIZE || isStream()); reads++) {
                Reader by = reader;
                EpollSocketChannel from = channel;
                if (by == null || from == null || !from.config().isAutoRead()) {
                    // Whoever has just switched it off is told of no more; else the channel knows why it was told.
                    return reads > 0 && by != null;
                }
                count = isStream() ? passed(from, by) : read(from, by);
            }
            // Of what is left after so many reads epoll will tell again.
            return count >= 0;
        }

        private boolean isStream() {
            return to != null && fullReads >= STREAM;
        }

        /** As {@link #read}, past the reader as far as possible. */
        private int passed(EpollSocketChannel from, Reader by) {
            Outlet there = to;
            Socket target = there == null ? null : there.idle();
            Pipe pipe = loop.pipe();
            // Before there is anything in the pipe, which must not stay there.
            ByteBuf rest = target == null || pipe == null ? null : loop.buffer(from);
            if (target == null || pipe == null || rest == null) {
                fullReads = 0;
                return read(from, by);
            }
            int count;
            try {
                count = pipe.fill((Socket) own.fd(), SIZE);
            } catch (IOException e) {
                rest.release();
                fullReads = 0;
                int read = read(from, by);
                if (read < 0) {
                    // The socket has told its error, and tells it no more.
                    from.pipeline().fireExceptionCaught(e);
                }
                return read;
            }
            try {
                pipe.empty(count, target, rest.setIndex(0, 0));
            } catch (IOException | RuntimeException | Error e) {
                rest.release();
                loop.breakPipe();
                from.pipeline().fireExceptionCaught(e);
                from.close();
                return 0;
            }
            if (count < TRICKLE) {
                fullReads = 0;
            }
            if (rest.isReadable()) {
                take(from, by, rest);
            } else {
                rest.release();
            }
            if (count == 0) {
                return read(from, by);
            }
            return from.isOpen() ? count : 0;
        }

        /** How many bytes were read; 0 for none at present, less when that is not all there is to say. */
        private int read(EpollSocketChannel from, Reader by) {
            ByteBuf bytes = loop.buffer(from);
            if (bytes == null) {
                fullReads = 0;
                return -1;
            }
            int count = count((Socket) own.fd(), from, bytes);
            fullReads = count == SIZE ? fullReads + 1 : 0;
            if (count <= 0) {
                bytes.release();
                return count;
            }
            take(from, by, bytes.setIndex(0, count));
            return from.isOpen() ? count : 0;
        }

        private static void take(EpollSocketChannel from, Reader by, ByteBuf bytes) {
            try {
                by.read(bytes);
            } catch (RuntimeException | Error e) {
                from.pipeline().fireExceptionCaught(e);
            }
        }

        private static int count(Socket socket, EpollSocketChannel from, ByteBuf bytes) {
            if (!bytes.hasMemoryAddress()) {
                return -1;
            }
            try {
                return socket.recvAddress(bytes.memoryAddress(), 0, SIZE);
            } catch (IOException e) {
                // Told once: the channel's own read will find the end.
                from.pipeline().fireExceptionCaught(e);
                return -1;
            }
        }
    }
}
