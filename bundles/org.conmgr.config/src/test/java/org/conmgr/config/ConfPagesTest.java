package org.conmgr.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Holds the sample and the page of the manual to the table of parameters. */
class ConfPagesTest {
    private static final Path SAMPLE = Path.of("..", "..", "etc", "conmgr.conf.sample");
    private static final Path PAGE = Path.of("..", "..", "docs", "conmgr-conf.md");
    private static final String UPDATE =
            "mvn test -pl :org.conmgr.config -am -Dtest=ConfPagesTest -Dsurefire.failIfNoSpecifiedTests=false"
                    + " -Dconmgr.update=true";
    private static final String BEGIN =
            "<!-- Written from org.conmgr.config.Parameter; after a change there:\n     " + UPDATE + " -->\n";
    private static final String END = "<!-- end of what is written -->\n";

    @Test
    void theSampleIsTheTable() throws IOException {
        if (Boolean.getBoolean("conmgr.update")) {
            Files.writeString(SAMPLE, ConfSample.text());
        }
        assertThat(SAMPLE).as("run: %s", UPDATE).hasContent(ConfSample.text());
    }

    @Test
    void thePageHasTheTable() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(page).contains(BEGIN).contains(END);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        int to = page.indexOf(END);
        if (Boolean.getBoolean("conmgr.update")) {
            Files.writeString(PAGE, page.substring(0, from) + table() + page.substring(to));
        }
        assertThat(Files.readString(PAGE)).as("run: %s", UPDATE).contains(BEGIN + table() + END);
    }

    /** Whoever takes the # away gets a file that says the defaults. */
    @Test
    void theSampleSaysTheDefaults() {
        String uncommented = ConfSample.text().replaceAll("(?m)^#(?=[a-z_0-9]+ = )", "");
        String named = uncommented.replace("backend_host0 = ''", "backend_host0 = 'a'");
        ConfFile.Reading reading = ConfFile.parse("conmgr.conf", named.getBytes(UTF_8), Platform.LINUX);
        assertThat(reading.problems())
                .extracting(Problem::text)
                .containsExactly("event_source: has no effect on Linux");
        Conf plain = Objects.requireNonNull(
                ConfFile.parse("conmgr.conf", "backend_host0 = a".getBytes(UTF_8), Platform.LINUX)
                        .conf());
        assertThat(reading.conf()).isEqualTo(plain);
        assertThat(Parameter.values())
                .allSatisfy(parameter -> assertThat(named).containsPattern("(?m)^" + parameter.key() + "0? = "));
    }

    @Test
    void theSampleAsItIsNeedsAnInstance() {
        assertThat(ConfFile.parse("conmgr.conf", ConfSample.text().getBytes(UTF_8), Platform.LINUX)
                        .problems())
                .hasToString("[conmgr.conf: no instance (expected: backend_host0 or backend_hostaddr0, and one for each"
                        + " instance)]");
    }

    @Test
    void linesAreReadable() {
        assertThat(ConfSample.text().lines()).allMatch(line -> line.length() <= 120, "has at most 120 characters");
    }

    private static String table() {
        StringBuilder table = new StringBuilder("""
                | parameter | type | allowed | default | |
                |---|---|---|---|---|
                """);
        for (Parameter parameter : Parameter.values()) {
            table.append("| `")
                    .append(parameter.key())
                    .append(parameter.perInstance() ? "N" : "")
                    .append("` | ");
            table.append(parameter.type())
                    .append(" | ")
                    .append(parameter.range())
                    .append(" | ");
            table.append(parameter
                            .defaultValue()
                            .map(value -> "`" + value + "`")
                            .orElse("none"))
                    .append(" | ");
            table.append(parameter.sentence());
            parameter.platform().ifPresent(only -> table.append(" Has an effect on ")
                    .append(only)
                    .append(" only."));
            table.append(" |\n");
        }
        return table.toString();
    }
}
