package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.Map;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.Observation;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

class DiagnosisTest {
    private static final String SHUTTING_DOWN = "das Datenbanksystem fährt herunter";

    @Test
    void understandsAShutdownInAnyLanguage() throws Exception {
        SQLException ended = error("57P01", "breche Verbindung ab aufgrund von Anweisung des Administrators");
        assertThat(Diagnosis.lost(error("57P03", SHUTTING_DOWN), ended, login()))
                .isEqualTo(new Observation.Lost(
                        InstanceState.STOPPED,
                        SHUTTING_DOWN + " (57P03); the session before ended with: breche Verbindung"
                                + " ab aufgrund von Anweisung des Administrators (57P01)",
                        false));
    }

    @Test
    void doesNotTakeARestartForAShutdown() throws Exception {
        SQLException crashed = error("57P02", "Verbindung wird beendet wegen Absturz eines anderen Serverprozesses");
        assertThat(Diagnosis.lost(error("57P03", SHUTTING_DOWN), crashed, login())
                        .state())
                .isEqualTo(InstanceState.UNREACHABLE);
        SQLException ended = error("57P01", "terminating connection due to administrator command");
        SQLException starting = error("57P03", "the database system is not yet accepting connections");
        assertThat(Diagnosis.lost(starting, ended, login()).state()).isEqualTo(InstanceState.UNREACHABLE);
    }

    private static SQLException error(String sqlState, String text) {
        return new PSQLException(new ServerErrorMessage("SFATAL\0C" + sqlState + "\0M" + text + "\0"));
    }

    private static InstanceLogin login() throws UnusableAccess {
        return InstanceLogin.of(
                new InstanceAccess("jdbc:postgresql://localhost/x", Map.of("user", "watchdog")), "watchdog process");
    }
}
