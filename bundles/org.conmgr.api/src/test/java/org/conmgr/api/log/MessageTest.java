package org.conmgr.api.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessageTest {
    private static final Path PAGE = Path.of("..", "..", "docs", "messages.md");

    @Test
    void everyIdIsUsedOnce() {
        assertThat(Message.values()).extracting(Message::id).doesNotHaveDuplicates();
    }

    @Test
    void idsAscend() {
        assertThat(Message.values()).extracting(Message::id).isSorted();
    }

    @ParameterizedTest
    @EnumSource
    void readsAsTheOthersDo(Message message) {
        assertThat(message.id()).matches("CM[1-9][0-9]{3}");
        assertThat(message.template()).as("a text has no full stop").doesNotEndWith(".");
        if (message.hint() != null) {
            assertThat(message.hint()).as("a hint is a sentence").matches("(?s)[A-Z].*[.?]");
        }
    }

    @Test
    void thePageShowsTheCatalogue() throws IOException {
        String expected = MessagePage.text();
        if (Boolean.getBoolean("conmgr.update")) {
            Files.writeString(PAGE, expected);
        }

        assertThat(PAGE)
                .as("run: mvn test -pl :org.conmgr.api -Dtest=MessageTest -Dconmgr.update=true")
                .hasContent(expected);
    }

    @Test
    void fillsValuesInOrder() {
        assertThat(Message.INSTANCE_DEAD.fill("instance 0", "timed out"))
                .isEqualTo("instance 0 declared dead: timed out");
    }

    @Test
    void aValueTooFewOrTooManyIsNoError() {
        assertThat(Message.INSTANCE_DEAD.fill("instance 0")).isEqualTo("instance 0 declared dead: {}");
        assertThat(Message.INSTANCE_DEAD.fill(0, "x", "y")).isEqualTo("0 declared dead: x y");
    }

    @Test
    void aValueThatLooksLikeAPlaceStaysAsItIs() {
        assertThat(Message.INSTANCE_DEAD.fill("{}", "x")).isEqualTo("{} declared dead: x");
    }
}
