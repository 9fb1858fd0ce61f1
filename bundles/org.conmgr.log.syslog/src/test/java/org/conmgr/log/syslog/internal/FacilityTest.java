package org.conmgr.log.syslog.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.conmgr.api.log.Severity;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FacilityTest {
    /** The levels are those of PostgreSQL's elog.c: NOTICE and WARNING are LOG_NOTICE, ERROR is LOG_WARNING. */
    @ParameterizedTest
    @CsvSource({
        "DEBUG, 135",
        "INFO, 134",
        "LOG, 134",
        "NOTICE, 133",
        "WARNING, 133",
        "ERROR, 132",
        "FATAL, 131",
        "PANIC, 130"
    })
    void mapsSeveritiesAsPostgreSqlDoes(Severity severity, int priority) {
        assertThat(Facility.LOCAL0.priority(severity)).isEqualTo(priority);
        assertThat(Facility.LOCAL7.priority(severity)).isEqualTo(priority + 7 * 8);
    }
}
