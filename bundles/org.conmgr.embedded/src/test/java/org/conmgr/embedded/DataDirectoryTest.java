package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataDirectoryTest {
    private static final String OTHER = "   7 32 600 56 1 1 3 0 0";

    /** What the kernel shows, one look after the other. */
    private final Deque<List<String>> looks = new ArrayDeque<>();

    private boolean isAbandoned() {
        // Keys beyond 2^31 are shown as negative numbers.
        return DataDirectory.isAbandoned("4294967295", "32", looks::removeFirst);
    }

    @Test
    void sharedMemoryIsLetGoOfAMomentAfterTheLastProcess() {
        looks.add(List.of("key shmid perms size cpid lpid nattch", OTHER, "  -1 32 600 56 1 1 2 0 0"));
        looks.add(List.of(OTHER, "  -1 32 600 56 1 1 1 0 0"));
        looks.add(List.of(OTHER, "  -1 32 600 56 1 1 0 0 0"));
        assertThat(isAbandoned()).isTrue();
        assertThat(looks).isEmpty();
    }

    @Test
    void sharedMemoryThatIsGoneIsNotWaitedFor() {
        looks.add(List.of(OTHER, "  -1 33 600 56 1 1 1 0 0"));
        assertThat(isAbandoned()).isFalse();
    }
}
