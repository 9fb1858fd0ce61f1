package org.conmgr.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Hostile files: whatever is in them, they are read in bounded time, and what is wrong is a problem. */
class ConfFuzzTest {
    private static final String GOOD = """
            # the set
            port = 27546
            backend_host0 = 'db0.example.com'   # first
            backend_hostaddr0 = '2001:db8::1'
            backend_port0 = 5432
            watchdog_port0 = 27545
            backend_host17=db17
            heartbeat_interval = 200ms
            heartbeat_timeout = 600ms
            log_destination = 'stderr,syslog'
            syslog_ident = 'it''s#conmgr'
            log_min_messages = LOG
            max_connections = 100
            """;

    private static final String[] PIECES = {
        "port",
        "backend_host",
        "backend_hostaddr",
        "heartbeat_timeout",
        "log_destination",
        "0",
        "1",
        "2147483647",
        "=",
        " = ",
        "'",
        "''",
        "#",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "-",
        "ms",
        "::",
        "10.0.0.1",
        "fe80::1%",
        "%",
        ".",
        ",",
        "stderr",
        "\ufeff",
        "\u00a0",
        "\ud800",
        "\ud83d\ude00",
        "x"
    };

    @Test
    void randomBytes() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            read(bytes);
        }
    }

    @Test
    void piecesOfTheGrammarInAnyOrder() {
        Random random = new Random(2);
        for (int i = 0; i < 3_000; i++) {
            read(IntStream.range(0, random.nextInt(40))
                    .mapToObj(piece -> PIECES[random.nextInt(PIECES.length)])
                    .collect(Collectors.joining())
                    .getBytes(UTF_8));
        }
    }

    @Test
    void mutationsOfAGoodFile() {
        Random random = new Random(3);
        for (int i = 0; i < 3_000; i++) {
            byte[] bytes = GOOD.getBytes(UTF_8);
            for (int mutations = 1 + random.nextInt(4); mutations > 0; mutations--) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] = (byte) random.nextInt(256);
                    case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                    default -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                }
            }
            read(bytes);
        }
    }

    @Test
    void theLargestFilesAreReadInBoundedTime() {
        String name = "heartbeat_connect_intervalx";
        for (String line : new String[] {
            "\n", "a=1\n", name + "=1\n", "port=1\n", "'", "#", "backend_host0='" + "x".repeat(1024) + "'\n", "\u00e9"
        }) {
            readInTime(line.repeat(ConfFile.MAX_BYTES / line.getBytes(UTF_8).length));
        }
        readInTime(numbered("backend_port", "=1"));
        readInTime(numbered("backend_host", "=a"));
    }

    private static String numbered(String name, String value) {
        return IntStream.range(0, 40_000)
                .mapToObj(number -> name + number + value + "\n")
                .collect(Collectors.joining());
    }

    /** Half a second of CPU at most; the bound only has to tell that from quadratic, on a machine that is busy. */
    private static void readInTime(String text) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> ConfFile.parse("conmgr.conf", text.getBytes(UTF_8), Platform.LINUX),
                () -> "a file of " + text.substring(0, 40));
    }

    private static void read(byte[] bytes) {
        Platform platform = bytes.length % 2 == 0 ? Platform.LINUX : Platform.WINDOWS;
        ConfFile.Reading reading = ConfFile.parse("conmgr.conf", bytes, platform);
        assertThat(reading.conf() == null).isEqualTo(!reading.errors().isEmpty());
        assertThat(reading.problems()).hasSizeLessThanOrEqualTo(2 * Problems.MAX + 1);
        int lines = 1
                + (int) IntStream.range(0, bytes.length)
                        .filter(at -> bytes[at] == '\n')
                        .count();
        assertThat(reading.problems())
                .allMatch(problem -> problem.line() >= 0 && problem.line() <= lines, "is in the file")
                .allMatch(problem -> !problem.text().isBlank(), "says something")
                .allMatch(problem -> problem.text().length() < 8 * ConfSyntax.MAX_LITERAL, "is readable")
                .allMatch(problem -> problem.text().chars().noneMatch(Character::isISOControl), "is safe to show");
        if (reading.conf() != null) {
            assertThat(reading.conf().instances()).isNotEmpty();
            assertThat(reading.conf().configurations()).hasSizeGreaterThan(5);
        }
    }
}
