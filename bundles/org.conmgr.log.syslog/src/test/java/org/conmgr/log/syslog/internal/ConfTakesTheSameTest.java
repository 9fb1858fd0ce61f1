package org.conmgr.log.syslog.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Parameter;
import org.conmgr.config.Platform;
import org.conmgr.testkit.Configs;
import org.junit.jupiter.api.Test;

/** What {@code conmgr.conf} lets through must be something that the sink can write with, and the other way round. */
class ConfTakesTheSameTest {
    @Test
    void ofEveryText() {
        List<String> texts = new ArrayList<>(List.of("", " ", "my conmgr", " conmgr ", "a b", "it''s", "東京", "𝄞"));
        for (int c = ' '; c < 0x180; c++) {
            if (c != '\'' && !Character.isISOControl(c)) {
                texts.add(Character.toString(c));
                texts.add("a" + (char) c + "b");
            }
        }
        for (int length : new int[] {47, 48, 49, 254, 255, 256, 1024}) {
            texts.add("x".repeat(length));
        }
        assertThat(texts.stream().filter(text -> !conf(text).equals(sink(text.replace("''", "'")))))
                .isEmpty();
        assertThat(texts.stream().filter(text -> conf(text).isEmpty())).hasSizeGreaterThan(3);
        assertThat(texts.stream().filter(text -> conf(text).isPresent())).hasSizeGreaterThan(100);
    }

    /** What goes to the sink; empty when it is an error. */
    private static Optional<String> conf(String text) {
        byte[] file = ("backend_host0 = a\nsyslog_ident = '" + text + "'").getBytes(UTF_8);
        return Optional.ofNullable(
                        ConfFile.parse(ConfFile.NAME, file, Platform.LINUX).conf())
                .map(conf -> conf.values().get(Parameter.SYSLOG_IDENT));
    }

    private static Optional<String> sink(String text) {
        try {
            return Optional.of(SyslogSettings.of(Configs.of(SyslogConfiguration.class, Map.of("syslog_ident", text)))
                    .ident());
        } catch (InvalidSetting e) {
            return Optional.empty();
        }
    }
}
