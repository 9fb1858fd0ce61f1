package org.conmgr.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where the native library does not load, as with a tmpdir that is mounted noexec. */
class WithoutEpollTest {
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) throws Exception {
            boolean epoll = Epoll.isAvailable();
            try (Pair pair = new Pair(epoll, false)) {
                pair.server
                        .eventLoop()
                        .submit(() -> {
                            Inlet.open(pair.server, bytes -> bytes.release());
                            Outlet outlet = new Outlet(pair.server);
                            outlet.write(pair.server.alloc().buffer().writeByte('o'));
                            outlet.flush();
                            LingeringClose.start(
                                    pair.server, pair.server.alloc().buffer().writeByte('k'));
                        })
                        .sync();
                System.out.println(
                        epoll + " " + new String(pair.client.getInputStream().readAllBytes(), UTF_8));
            }
        }
    }

    @Test
    void connectionsAreReadWrittenAndClosedByNio() throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dio.netty.transport.noNative=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(program.getInputStream().readAllBytes(), UTF_8);
            assertThat(program.waitFor(Pair.DEADLINE_MS, TimeUnit.MILLISECONDS)).isTrue();
            assertThat(output.strip()).endsWith("false ok");
        } finally {
            program.destroyForcibly();
        }
    }
}
