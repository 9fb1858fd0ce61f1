package org.conmgr.jdbc;

import static org.conmgr.testkit.Await.until;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.conmgr.direct.protocol.Ask;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;
import org.conmgr.testkit.Acceptor;

/** A conmgr that speaks the codec over real sockets and answers as a test wishes. */
final class FakeConmgr implements Closeable {
    private final Acceptor acceptor;
    private final List<Application> applications = new CopyOnWriteArrayList<>();
    private final Function<Ask, Frame> router;

    FakeConmgr(Function<Ask, Frame> router) throws IOException {
        this.router = router;
        this.acceptor =
                new Acceptor(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "fake-conmgr", this::accepted);
    }

    /** One that always sends to the same instance. */
    static FakeConmgr routing(Frame route) throws IOException {
        return new FakeConmgr(ask -> route);
    }

    static FakeConmgr refusing(String text) throws IOException {
        return routing(new Frame.Refused("08001", text));
    }

    static Frame.Routed route(int instance, String host, String hostaddr, int port) {
        return new Frame.Routed(instance, host, hostaddr, port, "primary", true, List.of());
    }

    /** An application connection. */
    static final class Application {
        private final Socket socket;
        private final List<Frame.Bound> bounds = new CopyOnWriteArrayList<>();
        private volatile boolean gone;
        private volatile Ask ask = new Ask("", "", 0, 0);

        private Application(Socket socket) {
            this.socket = socket;
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

        void tell(Frame frame) throws IOException {
            write(frame.encode());
        }

        void down(String message) throws IOException {
            tell(new Frame.Down(0, "dead", message));
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

    /** {@code 127.0.0.1:PORT}. */
    String address() {
        return "127.0.0.1:" + port();
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

    private void accepted(Socket socket) {
        Thread thread = new Thread(() -> serve(socket), "fake-conmgr-application");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) {
        Application application = new Application(socket);
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] packet = new byte[in.readInt()];
            ByteBuffer.wrap(packet).putInt(packet.length);
            in.readFully(packet, 4, packet.length - 4);
            application.ask = Ask.decode(ByteBuffer.wrap(packet));
            applications.add(application);
            application.tell(router.apply(application.ask));
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
        } catch (EOFException e) {
            application.gone = true;
        } catch (IOException | MalformedPacket e) {
            application.gone = true;
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
