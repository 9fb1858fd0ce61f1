package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Of several connections; what one may hold is {@link ConsoleProtocolTest}. */
class HoldingsTest {
    private static final int SIZE = 1 << 20;

    private final Holdings.Pool pool = new Holdings.Pool(SIZE);
    private final Holdings first = new Holdings(pool);
    private final Holdings second = new Holdings(pool);

    @Test
    void allTogetherHoldNoMoreThanThePool() throws Exception {
        first.take(SIZE - 1);
        second.take(Holdings.FREE);
        assertRefused(Holdings.FREE + 2);
        second.take(Holdings.FREE + 1);
        assertRefused(1);

        first.give(1);
        second.take(1);
        assertRefused(1);
    }

    @Test
    void aLittleIsAlwaysAllowed() throws Exception {
        first.take(SIZE + Holdings.FREE);
        assertThat(pool.taken()).isEqualTo(SIZE);
        second.take(Holdings.FREE);
        assertRefused(1);
        second.give(1);
        second.take(1);
    }

    @Test
    void whatIsGivenBackIsThereForOthers() throws Exception {
        first.take(Holdings.FREE / 2);
        first.take(SIZE);
        first.give(SIZE);
        assertThat(pool.taken()).isZero();
        second.take(SIZE);
        second.give(SIZE);
        first.give(Holdings.FREE / 2);
        assertThat(pool.taken()).isZero();
    }

    @Test
    void theEndOfAConnectionGivesAllBackOnce() throws Exception {
        first.take(SIZE);
        second.take(2 * Holdings.FREE);
        first.close();
        assertThat(pool.taken()).isEqualTo(Holdings.FREE);
        first.give(SIZE);
        first.close();
        assertThat(pool.taken()).isEqualTo(Holdings.FREE);
    }

    private void assertRefused(int bytes) {
        long before = pool.taken();
        assertThatThrownBy(() -> second.take(bytes))
                .isInstanceOfSatisfying(
                        SqlError.class, e -> assertThat(e.sqlState()).isEqualTo(SqlError.PROGRAM_LIMIT_EXCEEDED))
                .hasMessageContaining("1 MiB")
                .hasMessageContaining("all connections");
        assertThat(pool.taken()).isEqualTo(before);
    }
}
