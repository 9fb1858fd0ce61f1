package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final Rows ROWS = new Rows(
            List.of("instance", "host", "role", "reason"),
            List.of(
                    Arrays.asList("0", "db0.example.com", "primary", null),
                    Arrays.asList("10", "db1", null, "a \"b\"\n\u001b[2J")));

    @Test
    void aTableIsAlignedAndHarmless() {
        assertThat(Table.of(ROWS, List.of("instance", "lsn", "host", "reason"))).isEqualTo("""
                        instance  host             reason
                        0         db0.example.com  -
                        10        db1              a "b"??[2J
                        """);
    }

    @Test
    void aTableWithoutRowsHasItsHead() {
        assertThat(Table.of(new Rows(List.of("a", "b"), List.of()), List.of("b", "a")))
                .isEqualTo("b  a\n");
    }

    @Test
    void jsonKeepsNullsNumbersAndControls() {
        assertThat(Json.array(ROWS, Set.of("instance", "host"))).isEqualTo("""
                        [
                          {"instance": 0, "host": "db0.example.com", "role": "primary", "reason": null},
                          {"instance": 10, "host": "db1", "role": null, "reason": "a \\"b\\"\\u000a\\u001b[2J"}]""");
        assertThat(Json.array(new Rows(List.of("a"), List.of()), Set.of())).isEqualTo("[]");
        assertThat(Json.object(Map.of("a\\", "1"))).isEqualTo("{\"a\\\\\": 1}");
    }

    @Test
    void aNumberThatJsonDoesNotKnowStaysAText() {
        Rows rows = new Rows(List.of("n"), List.of(List.of("007"), List.of("-5"), List.of("1.5"), List.of("")));
        assertThat(Json.array(rows, Set.of("n")))
                .isEqualTo("[\n  {\"n\": \"007\"},\n  {\"n\": -5},\n  {\"n\": \"1.5\"},\n  {\"n\": \"\"}]");
    }
}
