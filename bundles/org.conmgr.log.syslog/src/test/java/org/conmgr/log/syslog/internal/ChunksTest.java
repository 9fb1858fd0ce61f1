package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunksTest {
    @Test
    void aShortLineStaysWhole() {
        assertThat(Chunks.of("LOG:  CM4001: x")).containsExactly("LOG:  CM4001: x");
        assertThat(Chunks.of("x".repeat(Chunks.LIMIT))).hasSize(1);
    }

    @Test
    void everyLineIsAChunkAndATabIsBlanks() {
        assertThat(Chunks.of("LOG:  a\n\n\tb\nHINT:  c")).containsExactly("LOG:  a", "    b", "HINT:  c");
    }

    @Test
    void aLongLineIsDividedBetweenWords() {
        String words = "0123456 89".repeat(250).strip();

        List<String> chunks = Chunks.of(words);

        assertThat(chunks).hasSize(3).allMatch(chunk -> chunk.length() <= Chunks.LIMIT);
        assertThat(String.join(" ", chunks)).isEqualTo(words);
        assertThat(chunks.get(1)).startsWith("89");
    }

    @Test
    void aWordThatEndsAtTheLimitStaysWhole() {
        String word = "x".repeat(Chunks.LIMIT);

        assertThat(Chunks.of(word + " y")).containsExactly(word, "y");
    }

    @Test
    void aWordThatIsTooLongIsCutBetweenCharacters() {
        String word = "🐘é東".repeat(1000);

        List<String> chunks = Chunks.of(word);

        assertThat(String.join("", chunks)).isEqualTo(word);
        assertThat(chunks).allMatch(chunk -> chunk.getBytes(StandardCharsets.UTF_8).length <= Chunks.LIMIT);
        assertThat(chunks).noneMatch(chunk -> Character.isLowSurrogate(chunk.charAt(0)));
    }
}
