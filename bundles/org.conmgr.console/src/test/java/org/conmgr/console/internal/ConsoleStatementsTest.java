package org.conmgr.console.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.conmgr.api.setting.Reload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What its statements answer. */
class ConsoleStatementsTest {
    private final Client client = Client.connected();

    @Test
    void showsInstances() {
        assertThat(client.query("SHOW INSTANCES;"))
                .containsExactly(
                        "T instance|host|hostaddr|port|watchdog_port|role|read_only|state|link|since|last_beat|timeline"
                                + "|server_version|lsn|replay_lag_ms|free_slots|application_connections|reason",
                        "D 0|db0|127.0.0.1|5432|27545|primary|off|accepting|up|2026-11-22 12:00:00.000+00"
                                + "|2026-11-22 12:00:01.500+00|2|17.4|16/B374D848|0|97|1|NULL",
                        "D 1|db1|NULL|5433|27546|standby|on|accepting|down|2026-11-22 12:00:00.000+00"
                                + "|2026-11-22 12:00:00.000+00|1|13.23|NULL|NULL|NULL|0|timed out: silent for 2.0 s",
                        "D 2|db2|NULL|5434|27547|NULL|NULL|NULL|connecting|2026-11-22 12:00:00.000+00|NULL|NULL|NULL"
                                + "|NULL|NULL|NULL|0|NULL",
                        "C SHOW",
                        "Z I");
    }

    @Test
    void showsTheRest() {
        assertThat(client.query("show applications"))
                .containsExactly(
                        "T id|application|pid|path|target|instance|since|sql_address",
                        "D 1|größer|4711|direct|read-write|0|2026-11-22 12:00:00.000+00|[::1]:40000",
                        "D 2||NULL|libpq|standby|NULL|2026-11-22 12:00:00.000+00|NULL",
                        "C SHOW",
                        "Z I");
        assertThat(client.query("Show  Links"))
                .startsWith("T instance|watchdog_host|watchdog_port|link|since|last_beat|silent_ms|verdict|evidence"
                        + "|verdict_at|note")
                .contains("D 1|db1|27546|down|2026-11-22 12:00:00.000+00|2026-11-22 12:00:00.000+00|61000|timed out"
                        + "|silent for 2.0 s|2026-11-22 12:00:02.000+00|NULL");
        assertThat(client.query("show verdicts"))
                .startsWith("T at|instance|watchdog|conmgr|outcome|reason|evidence|probe|silence_ms|heard|heard_at|sent"
                        + "|confirmed|own_stall_ms|shadow|explanation")
                .anyMatch(row -> row.startsWith("D 2026-11-22 12:00:02.000+00|1|NULL|NULL|declared dead|timed out"
                                + "|silent for 2.00 s|NULL|2002.000|1|2026-11-22 12:00:00.000+00|NULL|0|1.500|NULL"
                                + "|instance 1 (db1:5433) declared dead at 2026-11-22T12:00:02Z: timed out: silent for"
                                + " 2.00 s; silence: nothing had come for 2.002 s")
                        && row.contains("own stall: 1.5 ms"));
        assertThat(client.query("show config")).contains("T pid|setting|value", "D org.conmgr.listener|port|27546");
        assertThat(client.query("show stats"))
                .contains("D uptime_s|61", "D instances|3", "D instances_up|1", "D application_connections_waiting|1");
        assertThat(client.query("show version")).containsExactly("T version", "D conmgr 1.2.3", "C SHOW", "Z I");
    }

    @Test
    void helpNamesNothingThatIsNotThere() {
        List<String> commands = client.query("SHOW HELP").stream()
                .filter(message -> message.startsWith("D "))
                .map(message -> message.substring(2, message.indexOf('|')))
                .toList();

        assertThat(commands).hasSize(9).endsWith("RELOAD");
        assertThat(commands.subList(0, 8))
                .allSatisfy(command -> assertThat(client.query(command)).contains("C SHOW"));
    }

    @Test
    void reloadsWithoutHoldingUpTheLoopAndAnswersInOrder() {
        client.send(Messages.query("select 1; reload"), Messages.query("select 2"));
        assertThat(client.told()).isEmpty();
        assertThat(client.channel.config().isAutoRead()).isFalse();

        client.reloads
                .get(0)
                .complete(new Reload.Outcome(List.of(), List.of("conmgr.conf:2: odd"), List.of("port: 1 -> 2")));

        assertThat(client.told())
                .containsExactly(
                        "T ?column?",
                        "D 1",
                        "C SELECT 1",
                        "T kind|text",
                        "D change|port: 1 -> 2",
                        "D remark|conmgr.conf:2: odd",
                        "C RELOAD",
                        "Z I",
                        "T ?column?",
                        "D 2",
                        "C SELECT 1",
                        "Z I");
        assertThat(client.channel.config().isAutoRead()).isTrue();
    }

    @Test
    void aFileThatIsRefusedIsAnErrorWithEachOfItsErrors() {
        client.send(Messages.query("RELOAD"));
        client.reloads.get(0).complete(Reload.Outcome.withErrors("conmgr.conf:1: a", "conmgr.conf:2: b"));

        assertThat(client.told())
                .hasSize(2)
                .endsWith("Z I")
                .first()
                .asString()
                .startsWith("E SERROR VERROR CF0000 Mconmgr.conf is not put into force"
                        + " Dconmgr.conf:1: a\nconmgr.conf:2: b H");
    }

    @Test
    void aPreparedReloadReadsTheFileEachTimeItIsExecuted() {
        client.send(Messages.parse("r", "RELOAD"), Messages.sync());
        assertThat(client.told()).containsExactly("1", "Z I");
        for (int run = 0; run < 2; run++) {
            client.send(Messages.bind("", "r"), Messages.execute("", 0), Messages.sync());
            assertThat(client.told()).isEmpty();
            client.reloads.get(run).complete(new Reload.Outcome(List.of(), List.of(), List.of("change " + run)));
            assertThat(client.told()).containsExactly("2", "D change|change " + run, "C RELOAD", "Z I");
        }
    }

    @Test
    void severalReloadsInARowAreAnsweredInTurn() {
        client.send(Messages.query("reload"), Messages.query("reload"), Messages.query("select 3"));
        assertThat(client.reloads).hasSize(1);
        client.reloads.get(0).complete(Reload.Outcome.withErrors());
        assertThat(client.told()).containsExactly("T kind|text", "C RELOAD", "Z I");
        client.reloads.get(1).complete(Reload.Outcome.withErrors());
        assertThat(client.told())
                .containsExactly("T kind|text", "C RELOAD", "Z I", "T ?column?", "D 3", "C SELECT 1", "Z I");
    }

    @Test
    void aClientThatGoesDuringItsReloadLeavesNothing() {
        client.send(Messages.query("reload"));
        client.channel.close();
        client.channel.runPendingTasks();
        client.reloads.get(0).complete(Reload.Outcome.withErrors());
        assertThat(client.told()).isEmpty();
        assertThat(client.failures).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "SHOW pools ! 42704 ! unrecognized configuration parameter \"pools\"",
                "SHOW ! 42601 ! SHOW of nothing",
                "RELOAD postgresql.conf ! 42601 ! conmgr's console does not know: RELOAD postgresql.conf",
                "DROP TABLE t ! 42601 ! conmgr's console does not know: DROP TABLE t",
                "select now() ! 42601 ! conmgr's console does not know: select now()"
            })
    void whatIsNotThereIsAnErrorWithAHint(String sql, String sqlState, String message) {
        assertThat(client.query(sql))
                .hasSize(2)
                .endsWith("Z I")
                .first()
                .asString()
                .startsWith("E SERROR VERROR C" + sqlState + " M" + message + " H")
                .contains("SHOW HELP lists");
    }
}
