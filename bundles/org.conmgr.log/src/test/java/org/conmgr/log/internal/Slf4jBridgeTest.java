package org.conmgr.log.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Slf4jBridgeTest {
    private static final Path KARAF_LOG = Path.of("target", "karaf.log");

    @ParameterizedTest
    @CsvSource({
        "CANNOT_START, ERROR, FATAL",
        "CANNOT_LISTEN, ERROR, ERROR",
        "CONF_WARNING, WARN, WARNING",
        "LISTENING, INFO, LOG",
        "INVALID_FIRST_PACKET, DEBUG, DEBUG"
    })
    void mapsTheSeverityAndKeepsItsName(Message message, String level, String label) throws IOException {
        String value = "value " + System.nanoTime();
        new Slf4jBridge().write(Instant.now(), LogMessage.of(message, value).withDetail("more"));

        List<String> lines = Files.readAllLines(KARAF_LOG);
        String line = lines.stream().filter(l -> l.contains(value)).findFirst().orElseThrow();
        assertThat(line).startsWith(level + " org.conmgr - " + label + ":  " + message.id() + ": ");
        assertThat(lines.get(lines.indexOf(line) + 1)).isEqualTo("DETAIL:  more");
    }
}
