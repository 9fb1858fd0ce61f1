package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What {@code conmgr.conf} lets through must be something that the sink can write with, and the other way round. */
public abstract class ConfTextContract {
    /** What goes to the sink from a text between quotes; empty when it is an error. */
    protected abstract Optional<String> conf(String text);

    /** What the sink makes of it; empty when it is an error. */
    protected abstract Optional<String> sink(String text);

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
}
