package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

class AcceptorTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();
    private static final int ROUNDS = 100;

    private static int read(int port) throws IOException {
        try (Socket socket = new Socket(HERE, port)) {
            return socket.getInputStream().read();
        }
    }

    @Test
    void whenItIsClosedNobodyIsAcceptedAndThePortIsFree() throws Exception {
        int port = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Acceptor acceptor = new Acceptor(new ServerSocket(port, 50, HERE), "acceptor", connection -> {
                try (connection) {
                    connection.getOutputStream().write('x');
                }
            });
            int taken = acceptor.port();
            assertThat(read(taken)).isEqualTo('x');
            acceptor.close();
            assertThatThrownBy(() -> read(taken)).as("round %s", i).isInstanceOf(ConnectException.class);
            port = taken;
        }
    }

    @Test
    void aConnectionThatBreaksIsNotTheLast() throws Exception {
        try (Acceptor acceptor = new Acceptor(new ServerSocket(0, 50, HERE), "acceptor", connection -> {
            connection.close();
            throw new IOException("broken");
        })) {
            assertThat(read(acceptor.port())).isEqualTo(-1);
            assertThat(read(acceptor.port())).isEqualTo(-1);
        }
    }
}
