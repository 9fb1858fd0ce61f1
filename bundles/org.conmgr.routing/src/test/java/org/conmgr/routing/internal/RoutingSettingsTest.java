package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.xml.parsers.DocumentBuilderFactory;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.routing.Target;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class RoutingSettingsTest {
    private static final Path SHIPPED = Path.of("../../etc/org.conmgr.routing.cfg");

    @Test
    void theDefaults() {
        assertThat(RoutingSettings.of(Configs.of(RoutingConfig.class, Map.of())))
                .isEqualTo(RoutingSettings.DEFAULT);
    }

    @Test
    void bareNumbersAreSeconds() {
        assertThat(RoutingSettings.of(config(" random ", "2", "500ms")))
                .isEqualTo(new RoutingSettings(
                        "random",
                        Duration.ofSeconds(2),
                        Duration.ofMillis(500),
                        1000,
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(5),
                        Duration.ofMinutes(5)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "Random Policy|0|0|balance_policy: Random Policy (expected: the name of a balance policy)",
                "random|-1|0|route_wait: -1 (expected: a time >= 0ms: a whole number with ms, s, min, h or d; a bare number is in seconds)",
                "random|0|much|max_lag: much (expected: a time >= 0ms: a whole number with ms, s, min, h or d; a bare number is in seconds)",
            })
    void saysWhatIsWrong(String policy, String routeWait, String maxLag, String message) {
        assertThatThrownBy(() -> RoutingSettings.of(config(policy, routeWait, maxLag)))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "route_pace|-1|route_pace: -1 (expected: an integer from 0 to 1000000)",
                "flap_window|31d|flap_window: 31d (expected: at most 30d)",
                "hold_down|soon|hold_down: soon (expected: a time >= 0ms: a whole number with ms, s, min, h or d; a bare number is in seconds)",
                "max_hold_down|999999999d|max_hold_down: 999999999d (expected: at most 30d)",
            })
    void saysWhatIsWrongWithTheOthers(String key, String value, String message) {
        assertThatThrownBy(() -> RoutingSettings.of(Configs.of(RoutingConfig.class, Map.of(key, value))))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage(message);
    }

    @Test
    void aBadEditLeavesInForceWhatWas() {
        List<LogMessage> log = new ArrayList<>();
        Books books = new Books().with(1);
        books.board.bindSettings(new RoutingSettingsSource(log::add, config("random", "5s", "0")));
        RoutingSettingsSource bad = new RoutingSettingsSource(log::add, config("random", "soon", "0"));
        assertThat(bad.settings()).isEmpty();
        assertThat(log)
                .extracting(LogMessage::text)
                .containsExactly(
                        "org.conmgr.routing: route_wait: soon (expected: a time >= 0ms: a whole number with ms, s, min, h or d; a bare number is in"
                                + " seconds)");
        books.board.bindSettings(bad);
        books.board.unbindSettings(bad);
        assertThat(books.ask(Target.ANY).told).as("waits, as before").isEmpty();
    }

    @Test
    void anEditDropsNoSession() {
        Books books = new Books().with(1).primary(0, 1);
        Client client = books.ask(Target.PRIMARY);
        books.board.bindSettings(new RoutingSettingsSource(books.log, config("round-robin", "5s", "3s")));
        assertThat(client.told).containsExactly("routed 0");
        assertThat(books.board.applications()).hasSize(1);
    }

    @Test
    void theLongestTimesAreNoProblem() {
        Books books = new Books().with(1);
        books.board.heartbeatTimeout(Duration.ofSeconds(Long.MAX_VALUE));
        books.board.bindSettings(new RoutingSettingsSource(books.log, config("random", "999999999d", "999999999d")));
        Client client = books.ask(Target.STANDBY);
        books.advance(Duration.ofDays(1));
        assertThat(client.told).isEmpty();
        books.standby(0, 1).lag(0, 1);
        assertThat(client.told).containsExactly("routed 0");
    }

    /** The file that is shipped says of every key what the metatype says: the sentence and the default. */
    @Test
    void theShippedFileIsTheMetatype() throws Exception {
        List<String> expected = new ArrayList<>();
        Element ocd = metatype();
        NodeList keys = ocd.getElementsByTagName("AD");
        assertThat(keys.getLength()).isEqualTo(7);
        for (int i = 0; i < keys.getLength(); i++) {
            Element key = (Element) keys.item(i);
            expected.add("# " + key.getAttribute("description"));
            expected.add("#" + key.getAttribute("id") + " = " + key.getAttribute("default"));
        }
        List<String> shipped = Files.readAllLines(SHIPPED);
        assertThat(shipped.subList(shipped.indexOf("") + 1, shipped.size()).stream()
                        .filter(line -> !line.isEmpty()))
                .containsExactlyElementsOf(expected);
        assertThat(String.join(" ", shipped.subList(0, shipped.indexOf(""))).replace("# ", ""))
                .isEqualTo(ocd.getAttribute("description"));
    }

    private static Element metatype() throws Exception {
        String name = "/OSGI-INF/metatype/" + RoutingConfig.class.getName() + ".xml";
        try (InputStream xml = open(name)) {
            Element root = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(xml)
                    .getDocumentElement();
            return (Element) root.getElementsByTagName("OCD").item(0);
        }
    }

    private static InputStream open(String name) throws IOException {
        return Objects.requireNonNull(RoutingSettingsTest.class.getResourceAsStream(name), name);
    }

    private static RoutingConfig config(String policy, String routeWait, String maxLag) {
        return Configs.of(
                RoutingConfig.class, Map.of("balance_policy", policy, "route_wait", routeWait, "max_lag", maxLag));
    }
}
