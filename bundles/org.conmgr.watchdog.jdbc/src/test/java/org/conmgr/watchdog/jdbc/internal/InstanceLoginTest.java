package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.testkit.FreePort;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What keeps a watchdog from an instance, and what it says then. */
class InstanceLoginTest {
    private static final Map<String, String> USER = Map.of("user", "watchdog");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jdbc:mysql://localhost/x|url: jdbc:mysql://localhost/x (expected: jdbc:postgresql://host:port/database)",
                "jdbc:postgresql://u:hidden@h:p/x?password=hidden|url: jdbc:postgresql://h:p/x (expected: jdbc:postgresql://host:port/database)",
                "jdbc:postgresql://localhost:99999/x|url: jdbc:postgresql://localhost:99999/x (expected: jdbc:postgresql://host:port/database)",
                "jdbc:postgresql://a,b/x|url: hosts a,b (expected: one, a watchdog has one instance)",
                "jdbc:postgresql://localhost/x?socketFactory=a.B|socketFactory: not possible here (the watchdog brings its own)",
            })
    void refusesWhatCannotBeUsed(String url, String text) {
        assertThat(lost(new InstanceAccess(url, USER)))
                .isEqualTo(new Observation.Lost(InstanceState.UNREACHABLE, text, true));
    }

    @Test
    void asksForAUser() {
        assertThat(lost(new InstanceAccess("jdbc:postgresql://localhost/x", Map.of())))
                .isEqualTo(new Observation.Lost(
                        InstanceState.UNREACHABLE, "user: missing (expected: the watchdog's role)", true));
    }

    @Test
    void refusesAPassfileThatIsNoPath() {
        assertThat(lost(new InstanceAccess(
                        "jdbc:postgresql://localhost/x", Map.of("user", "watchdog", "passfile", "a\0b"))))
                .isEqualTo(new Observation.Lost(
                        InstanceState.UNREACHABLE, "passfile: a\0b (expected: the path of a file)", true));
    }

    @Test
    void saysThatAHostIsUnknown() {
        assertThat(lost(new InstanceAccess("jdbc:postgresql://db.invalid:5432/x", USER)))
                .isEqualTo(new Observation.Lost(
                        InstanceState.UNREACHABLE,
                        "unknown host db.invalid (jdbc:postgresql://db.invalid:5432/x)",
                        false));
    }

    @Test
    void takesARefusedConnectionForAStoppedInstance() throws Exception {
        int port = FreePort.next();
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/x";
        assertThat(lost(new InstanceAccess(url, USER)))
                .isEqualTo(new Observation.Lost(InstanceState.STOPPED, "connection refused (" + url + ")", false));
    }

    @Test
    void doesNotTakeALackOfThisHostForTheInstances() throws Exception {
        try (FakeInstance instance = new FakeInstance(error("57P03", "the database system is shutting down"));
                AttributeChecker.Connection checker = new JdbcAttributeChecker(new RecordingLog())
                        .open(new InstanceAccess(instance.url() + "?localSocketAddress=192.0.2.1", USER))) {
            assertThatExceptionOfType(NotAsked.class)
                    .isThrownBy(checker::check)
                    .withMessageContaining("Cannot assign requested address")
                    .withMessageEndingWith("(" + instance.url() + ")");
            assertThatExceptionOfType(NotAsked.class).isThrownBy(checker::knock);
        }
    }

    /** ELOOP, ENOTDIR, ENAMETOOLONG. */
    @Test
    void aPasswordFileThatCannotBeReachedIsNoLackOfThisHost(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        for (Path wrong : List.of(
                Files.createSymbolicLink(directory.resolve("loop"), Path.of("loop")),
                file.resolve("pgpass"),
                directory.resolve("p".repeat(300)))) {
            Observation.Lost lost = lost(new InstanceAccess("jdbc:postgresql://127.0.0.1:1/x?passfile=" + wrong, USER));
            assertThat(lost.state()).isEqualTo(InstanceState.UNREACHABLE);
            assertThat(lost.why()).startsWith("passfile: " + wrong + " cannot be read: ");
            assertThat(lost.fatal()).isTrue();
        }
    }

    @Test
    void aPasswordFileForWhichThereIsNoFileDescriptorIsALackOfThisHost() throws Exception {
        SQLException lack = new NoFile(new FileSystemException("f", null, "Too many open files"));
        assertThat(Diagnosis.ofThisHost(lack)).isTrue();
        assertThat(Diagnosis.text(lack)).isEqualTo("passfile cannot be read: f: Too many open files");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "57P03|the database system is starting up|UNREACHABLE|false",
                "57P03|the database system is not yet accepting connections|UNREACHABLE|false",
                "57P03|the database system is in recovery mode|UNREACHABLE|false",
                "57P03|the database system is shutting down|STOPPED|false",
                "57P01|terminating connection due to administrator command|STOPPED|false",
                "53300|sorry, too many clients already|UNREACHABLE|false",
                "55000|database \"x\" is not currently accepting connections|UNREACHABLE|true",
            })
    void judgesByWhatTheInstanceSays(String sqlState, String text, InstanceState state, boolean fatal)
            throws Exception {
        try (FakeInstance instance = new FakeInstance(error(sqlState, text))) {
            Observation.Lost lost = lost(new InstanceAccess(instance.url(), USER));
            assertThat(lost.state()).isEqualTo(state);
            assertThat(lost.why()).startsWith(text + " (" + sqlState + ")");
            assertThat(lost.fatal()).isEqualTo(fatal);
        }
    }

    @Test
    void triesOnceMoreWhenALoginBreaksOff() throws Exception {
        try (FakeInstance instance =
                new FakeInstance(new byte[0], error("57P03", "the database system is shutting down"))) {
            assertThat(lost(new InstanceAccess(instance.url(), USER)).state()).isEqualTo(InstanceState.STOPPED);
        }
        try (FakeInstance instance = new FakeInstance(new byte[0])) {
            assertThat(lost(new InstanceAccess(instance.url(), USER)))
                    .isEqualTo(new Observation.Lost(
                            InstanceState.UNREACHABLE,
                            "connection closed by the instance (" + instance.url() + ")",
                            false));
        }
    }

    @Test
    void refusesAServerThatIsTooOld() throws Exception {
        byte[] welcome = bytes(
                "R\0\0\0\10\0\0\0\0",
                parameter("server_version", "12.20"),
                parameter("client_encoding", "UTF8"),
                parameter("DateStyle", "ISO"),
                parameter("TimeZone", "UTC"),
                parameter("integer_datetimes", "on"),
                parameter("standard_conforming_strings", "on"),
                "K\0\0\0\14\0\0\0\1\0\0\0\1",
                "Z\0\0\0\5I");
        try (FakeInstance instance = new FakeInstance(welcome)) {
            assertThat(lost(new InstanceAccess(instance.url(), USER)))
                    .isEqualTo(new Observation.Lost(
                            InstanceState.UNREACHABLE, "the instance is PostgreSQL 12 (expected: 13 or later)", true));
        }
    }

    @Test
    void looksThePasswordUpForEachLogin(@TempDir Path directory) throws Exception {
        Path passfile = directory.resolve("pgpass");
        Files.writeString(passfile, "*:*:other:*:first\n");
        Files.setPosixFilePermissions(passfile, PosixFilePermissions.fromString("rw-------"));
        byte[] askForPassword = bytes("R\0\0\0\10\0\0\0\3");
        try (FakeInstance instance = new FakeInstance(askForPassword);
                AttributeChecker.Connection checker = new JdbcAttributeChecker(new RecordingLog())
                        .open(new InstanceAccess(instance.url() + "?passfile=" + passfile, USER))) {
            assertThat(Instances.lost(checker).why())
                    .isEqualTo(
                            "passfile: " + passfile + " has no line for 127.0.0.1:" + instance.port() + ":x:watchdog");
            Files.writeString(passfile, "*:*:x:*:second\n");
            checker.check();
            assertThat(instance.received()).endsWith("second\0");
        }
    }

    private static Observation.Lost lost(InstanceAccess access) {
        try (AttributeChecker.Connection checker = new JdbcAttributeChecker(new RecordingLog()).open(access)) {
            return Instances.lost(checker);
        }
    }

    private static byte[] error(String sqlState, String text) {
        String fields = "SFATAL\0VFATAL\0C" + sqlState + "\0M" + text + "\0\0";
        int length = fields.length() + 4;
        return bytes("E\0\0" + (char) (length >> 8) + (char) (length & 255) + fields);
    }

    private static String parameter(String name, String value) {
        return "S\0\0\0" + (char) (name.length() + value.length() + 6) + name + "\0" + value + "\0";
    }

    private static byte[] bytes(String... parts) {
        return String.join("", parts).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Answers its connections, one after the other, with the given bytes; the last answer goes to all that follow. */
    private static final class FakeInstance implements AutoCloseable {
        private final ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        private final byte[][] answers;
        private volatile String received = "";

        FakeInstance(byte[]... answers) throws IOException {
            this.answers = answers;
            Thread thread = new Thread(this::run, "fake-instance");
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            for (int i = 0; ; i++) {
                try (Socket connection = socket.accept()) {
                    answer(connection, answers[Math.min(i, answers.length - 1)]);
                } catch (IOException e) {
                    if (socket.isClosed()) {
                        return;
                    }
                }
            }
        }

        private void answer(Socket connection, byte[] answer) throws IOException {
            InputStream in = connection.getInputStream();
            OutputStream out = connection.getOutputStream();
            byte[] packet = new byte[2000];
            if (in.read(packet) == 8) {
                out.write('N');
                in.read(packet);
            }
            out.write(answer);
            if (answer.length > 0 && answer[0] == 'R') {
                int length = in.read(packet);
                received = new String(packet, 0, Math.max(0, length), StandardCharsets.ISO_8859_1);
            }
        }

        String received() {
            return received;
        }

        int port() {
            return socket.getLocalPort();
        }

        String url() {
            return "jdbc:postgresql://127.0.0.1:" + port() + "/x";
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
