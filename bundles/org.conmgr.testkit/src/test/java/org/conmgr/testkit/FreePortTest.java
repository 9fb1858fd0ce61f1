package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortTest {
    /** Of Linux; those of Windows and BSD begin higher. */
    private static final int FIRST_OF_CONNECTIONS = 32_768;

    @Test
    void eachIsAnotherAndNoneIsOneThatConnectionsGet() {
        Set<Integer> ports = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            ports.add(FreePort.next());
        }
        assertThat(ports).hasSize(100).allMatch(port -> port < FIRST_OF_CONNECTIONS);
    }
}
