package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.json.Json;
import javax.json.JsonArray;
import javax.json.JsonObject;
import javax.json.JsonValue;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;

class ViewsTest {
    private static final Route TO_DB0 = new Route(Samples.DB0, Role.PRIMARY, true, List.of(Samples.DB2, Samples.DB1));
    private static final Refusal REFUSAL =
            new Refusal("08001", "no instance with target_session_attrs=standby: 0 (primary, up)");
    private static final RegistryView REGISTRY = Samples.registry(
            List.of(Samples.PRIMARY, Samples.DEAD_STANDBY, Samples.NEVER_REACHED),
            List.of(Samples.BOUND, Samples.WAITING),
            TO_DB0);
    private static final RegistryView EMPTY = Samples.registry(List.of(), List.of(), REFUSAL);

    @Test
    void instances() {
        assertThat(cells(Views.instances(REGISTRY, false)))
                .containsExactly(
                        words("instance host hostaddr port watchdog_port role state link since last_beat timeline"
                                + " server_version lsn replay_lag_ms free_slots application_connections reason"),
                        List.of(
                                "0",
                                "db0",
                                "10.0.0.1",
                                "5432",
                                "27545",
                                "primary",
                                "accepting",
                                "up",
                                "2026-05-04T12:00:00Z",
                                "2026-05-04T12:00:01.500Z",
                                "2",
                                "17.4",
                                "0/3000148",
                                "0",
                                "95",
                                "2",
                                ""),
                        List.of(
                                "1",
                                "db1",
                                "",
                                "5433",
                                "27546",
                                "standby",
                                "accepting",
                                "down",
                                "2026-05-04T12:00:05Z",
                                "2026-05-04T12:00:03Z",
                                "2",
                                "17.4",
                                "0/3000000",
                                "12",
                                "95",
                                "0",
                                "timed out: silent for 2.0 s"),
                        List.of(
                                "2",
                                "db2",
                                "",
                                "5434",
                                "27547",
                                "",
                                "",
                                "connecting",
                                "2026-05-04T12:00:00Z",
                                "",
                                "",
                                "",
                                "",
                                "",
                                "",
                                "0",
                                ""));
    }

    @Test
    void instancesForPrograms() {
        JsonArray rows = array(Views.instances(REGISTRY, true));
        assertThat(rows).hasSize(3);
        JsonObject primary = rows.getJsonObject(0);
        assertThat(primary.keySet())
                .containsExactlyElementsOf(
                        Columns.INSTANCES.stream().map(Column::name).toList());
        assertThat(primary.getInt("instance")).isZero();
        assertThat(primary.getString("lsn")).isEqualTo("0/3000148");
        assertThat(primary.getInt("free_slots")).isEqualTo(95);
        assertThat(primary.getString("reason")).isEmpty();
        JsonObject unknown = rows.getJsonObject(2);
        assertThat(unknown.keySet()).isEqualTo(primary.keySet());
        assertThat(unknown.get("role")).isEqualTo(JsonValue.NULL);
        assertThat(unknown.get("replay_lag_ms")).isEqualTo(JsonValue.NULL);
        assertThat(unknown.get("last_beat")).isEqualTo(JsonValue.NULL);
    }

    @Test
    void theColumnsOfATableAreAligned() {
        List<String> lines = Views.instances(REGISTRY, false).lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(lines.get(1)).matches("[-+]+");
        List<Integer> separators = separators(lines.get(0));
        assertThat(separators).hasSize(Columns.INSTANCES.size() - 1);
        assertThat(lines.subList(2, 5))
                .allSatisfy(line -> assertThat(separators(line)).isEqualTo(separators));
    }

    @Test
    void applications() {
        assertThat(cells(Views.applications(REGISTRY, false)))
                .containsExactly(
                        words("id application pid path target instance since sql_address"),
                        List.of(
                                "1",
                                "shop",
                                "4711",
                                "direct",
                                "read-write",
                                "0",
                                "2026-05-04T12:00:00Z",
                                "[fe80:0:0:0:0:0:0:1]:51234"),
                        List.of("2", "", "", "libpq", "standby", "", "2026-05-04T12:00:00.020Z", ""));
    }

    @Test
    void links() {
        assertThat(cells(Views.links(
                        List.of(Samples.watchdog("a", Samples.LINK), Samples.watchdog("b", Samples.LINK)), false)))
                .hasSize(3)
                .startsWith(
                        words("watchdog conmgr address port heartbeat_interval heartbeat_timeout since last_heard"
                                + " last_beat sessions rtt_ms bytes_received bytes_sent"),
                        words("a app1 10.0.1.9 40000 10 0.6 2026-05-04T12:00:00Z 2026-05-04T12:00:00.250Z 118 3"
                                + " 1.234 5000 6000"));
        assertThat(array(Views.links(List.of(Samples.watchdog("a", Samples.LINK)), true))
                        .getJsonObject(0)
                        .getJsonNumber("heartbeat_timeout")
                        .doubleValue())
                .isEqualTo(0.6);
    }

    @Test
    void status() {
        String text = Views.status(REGISTRY, false);
        assertThat(text).startsWith("""
                        3 instances: 1 up, 1 down, 1 connecting; primary: 0
                        1 application connection, 1 waiting
                        """);
        assertThat(cells(text.substring(text.indexOf("\n\n") + 2)))
                .hasSize(4)
                .startsWith(words("instance host port role state link application_connections reason"));
        assertThat(Views.status(REGISTRY, true))
                .isEqualTo("{\"instances\": 3, \"instances_up\": 1, \"primary\": 0, \"application_connections\": 1,"
                        + " \"waiting\": 1}");
    }

    @Test
    void nothingIsSaidInWordsForPeopleAndAsAnEmptyListForPrograms() {
        assertThat(Views.instances(EMPTY, false)).isEqualTo(Views.NO_INSTANCE);
        assertThat(Views.instances(EMPTY, true)).isEqualTo("[]");
        assertThat(Views.applications(EMPTY, false)).isEqualTo(Views.NO_APPLICATION);
        assertThat(Views.applications(EMPTY, true)).isEqualTo("[]");
        assertThat(Views.status(EMPTY, false)).isEqualTo(Views.NO_INSTANCE);
        assertThat(Views.status(EMPTY, true)).contains("\"instances\": 0").contains("\"primary\": null");
        assertThat(Views.links(List.of(), false)).isEqualTo(Views.NO_WATCHDOG);
        assertThat(Views.links(List.of(Samples.watchdog("a"), Samples.watchdog("b")), false))
                .isEqualTo("No conmgr is linked to watchdog a, watchdog b.");
        assertThat(Views.links(List.of(Samples.watchdog("a")), true)).isEqualTo("[]");
    }

    @Test
    void route() {
        assertThat(cells(Views.route(REGISTRY, Target.READ_WRITE, false)))
                .containsExactly(
                        words("target instance host hostaddr port role monitored others"),
                        List.of("read-write", "0", "db0", "10.0.0.1", "5432", "primary", "true", "2, 1"));
        assertThat(Views.route(REGISTRY, Target.READ_WRITE, true))
                .isEqualTo(
                        "{\"target\": \"read-write\", \"instance\": 0, \"host\": \"db0\", \"hostaddr\": \"10.0.0.1\","
                                + " \"port\": 5432, \"role\": \"primary\", \"monitored\": true, \"others\": [2, 1],"
                                + " \"sqlstate\": null, \"refusal\": null}");
    }

    @Test
    void refusedRoute() {
        assertThat(Views.route(EMPTY, Target.STANDBY, false))
                .isEqualTo("08001: no instance with target_session_attrs=standby: 0 (primary, up)");
        JsonObject json = Json.createReader(new StringReader(Views.route(EMPTY, Target.STANDBY, true)))
                .readObject();
        assertThat(json.getString("sqlstate")).isEqualTo("08001");
        assertThat(json.get("instance")).isEqualTo(JsonValue.NULL);
        assertThat(json.keySet())
                .containsExactlyElementsOf(
                        Columns.ROUTE.stream().map(Column::name).toList());
    }

    @Test
    void aHostileApplicationNameSpoilsNeitherTableNorJson() {
        String name = "a\"b\\c\n\u001b[31m\u009b\t\u0000</script>\u2028\u00e9\ud83d\ude00";
        ApplicationStatus hostile = new ApplicationStatus(
                3,
                new RouteRequest(Target.ANY, name, 1, "direct", 0),
                0,
                Samples.BOUND.since(),
                Samples.BOUND.sqlSocket());
        RegistryView registry = Samples.registry(List.of(), List.of(hostile), REFUSAL);

        String json = Views.applications(registry, true);
        assertThat(json).matches("[ -~]+");
        assertThat(array(json).getJsonObject(0).getString("application")).isEqualTo(name);
        String table = Views.applications(registry, false);
        assertThat(table.lines()).hasSize(3);
        assertThat(table).contains("a\"b\\c??[31m???</script>?").doesNotContain("\u001b", "\u009b");
    }

    private static JsonArray array(String json) {
        return Json.createReader(new StringReader(json)).readArray();
    }

    private static List<String> words(String text) {
        return Arrays.asList(text.split(" ", -1));
    }

    private static List<List<String>> cells(String table) {
        return table.lines()
                .filter(line -> !line.matches("[-+]+"))
                .map(line ->
                        Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
                .toList();
    }

    private static List<Integer> separators(String line) {
        return IntStream.range(0, line.length())
                .filter(at -> line.charAt(at) == '|')
                .boxed()
                .toList();
    }
}
