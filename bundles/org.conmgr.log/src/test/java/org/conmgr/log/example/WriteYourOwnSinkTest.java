package org.conmgr.log.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code in docs/write-your-own-sink.md is code that is compiled and tested here. */
class WriteYourOwnSinkTest {
    private static final Path PAGE = Path.of("..", "..", "docs", "write-your-own-sink.md");
    private static final Path SOURCES = Path.of("src/test/java/org/conmgr/log/example");
    private static final Pattern BLOCK = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);

    @Test
    void thePageShowsTheTestedCode() throws IOException {
        List<String> blocks = BLOCK.matcher(Files.readString(PAGE))
                .results()
                .map(result -> result.group(1))
                .toList();

        assertThat(blocks).containsExactly(body("FileSink.java", "@Component"), body("FileSinkTest.java", "class "));
    }

    /** A source from the line that begins with this. */
    private static String body(String file, String first) throws IOException {
        String source = Files.readString(SOURCES.resolve(file));
        return source.substring(source.indexOf("\n" + first) + 1);
    }
}
