package org.conmgr.libpq;

import static org.conmgr.testkit.Await.until;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Acceptor;

/** A conmgr that speaks the codec over real sockets and answers as a test wishes. */
final class FakeConmgr implements Closeable {
    /** What it answers an ask with. */
    interface Router {
        Frame answer(Ask ask);
    }

    private final Acceptor acceptor;
    private final List<Application> applications = new CopyOnWriteArrayList<>();
    private volatile Router router;

    FakeConmgr(Router router) throws IOException {
        this(router, 0);
    }

    FakeConmgr(Router router, int port) throws IOException {
        this.router = router;
        this.acceptor = new Acceptor(
                new ServerSocket(port, 50, InetAddress.getLoopbackAddress()), "fake-conmgr", this::accepted);
    }

    static FakeConmgr refusing(String text) throws IOException {
        return new FakeConmgr(ask -> new Frame.Refused("08001", text));
    }

    /** An answer that names these instances by their address, the first one as chosen. */
    static Frame.Routed route(EmbeddedInstance chosen, EmbeddedInstance... others) {
        return new Frame.Routed(
                chosen.port() % 10,
                "127.0.0.1",
                "",
                chosen.port(),
                "primary",
                true,
                List.of(others).stream().map(FakeConmgr::address).toList());
    }

    static String address(EmbeddedInstance instance) {
        return "127.0.0.1:" + instance.port();
    }

    /** An application connection. */
    static final class Application {
        private final Socket socket;
        private final Ask ask;
        private final List<Frame.Bound> bounds = new CopyOnWriteArrayList<>();
        private volatile boolean gone;

        private Application(Socket socket, Ask ask) {
            this.socket = socket;
            this.ask = ask;
        }

        Ask ask() {
            return ask;
        }

        /** The local ends it has reported. */
        List<Frame.Bound> bounds() {
            return bounds;
        }

        /** Whether the application has closed it. */
        boolean gone() {
            return gone;
        }

        void down(String message) throws IOException {
            write(new Frame.Down(0, "dead", message).encode());
        }

        void write(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        void close() throws IOException {
            socket.close();
        }
    }

    int port() {
        return acceptor.port();
    }

    /** From now on. */
    void answer(Router how) {
        router = how;
    }

    /** Those that have asked, in the order they came. */
    List<Application> applications() {
        return List.copyOf(applications);
    }

    /** The n-th that asked, counted from 0, once its SQL connection is bound. */
    Application bound(int n) {
        until(
                "application " + n + " is bound",
                () -> applications.size() > n && !applications.get(n).bounds.isEmpty());
        return applications.get(n);
    }

    /** The last that asked and is not gone, once its SQL connection is bound. */
    Application lastBound() {
        List<Application> found = new CopyOnWriteArrayList<>();
        until("an application is bound", () -> {
            found.clear();
            applications.stream()
                    .filter(one -> !one.gone && !one.bounds.isEmpty())
                    .forEach(found::add);
            return !found.isEmpty();
        });
        return found.get(found.size() - 1);
    }

    private void accepted(Socket socket) {
        Thread thread = new Thread(() -> serve(socket), "fake-conmgr-application");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) {
        Application application = null;
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] packet = new byte[in.readInt()];
            ByteBuffer.wrap(packet).putInt(packet.length);
            in.readFully(packet, 4, packet.length - 4);
            application = new Application(socket, Ask.decode(ByteBuffer.wrap(packet)));
            Frame answer = router.answer(application.ask);
            applications.add(application);
            application.write(answer.encode());
            while (true) {
                byte type = in.readByte();
                int length = in.readInt();
                byte[] frame = new byte[1 + length];
                ByteBuffer.wrap(frame).put(type).putInt(length);
                in.readFully(frame, 5, length - 4);
                if (Frame.decode(ByteBuffer.wrap(frame)).orElseThrow() instanceof Frame.Bound bound) {
                    application.bounds.add(bound);
                }
            }
        } catch (IOException | MalformedPacket e) {
            if (application != null) {
                application.gone = true;
            }
        }
    }

    /** Stops listening and drops every application, as a killed conmgr does. */
    @Override
    public void close() throws IOException {
        acceptor.close();
        for (Application application : applications) {
            application.close();
        }
    }
}
