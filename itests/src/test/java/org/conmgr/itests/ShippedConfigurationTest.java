package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.conmgr.config.Parameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * The files in {@code etc/}: every key of every component stands there, commented out, at the default that its bundle
 * declares. A configuration of which there can be several has a {@code .cfg.sample} in place of a {@code .cfg}.
 */
class ShippedConfigurationTest {
    private static final Path BUNDLES = Path.of(System.getProperty("bundles.directory"));
    private static final Path ETC = BUNDLES.resolveSibling("etc");
    private static final Pattern SETTING = Pattern.compile("(#?)([a-z][a-zA-Z0-9_.]*) *=(.*)");

    /** What a bundle declares of one PID: its keys and their defaults. */
    record Declared(String pid, boolean factory, Map<String, String> defaults) {
        @Override
        public String toString() {
            return pid;
        }
    }

    /** One line of a file. */
    record Line(boolean inForce, String key, String value) {}

    static List<Declared> declared() throws Exception {
        List<Declared> all = new ArrayList<>();
        for (Path file : metatypes()) {
            Document document = DocumentBuilderFactory.newDefaultInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile());
            Map<String, Map<String, String>> classes = new TreeMap<>();
            for (Element type : elements(document.getElementsByTagName("OCD"))) {
                Map<String, String> defaults = new TreeMap<>();
                for (Element key : elements(type.getElementsByTagName("AD"))) {
                    // Metatype separates several values by commas; one that is meant is escaped.
                    defaults.put(
                            key.getAttribute("id"), key.getAttribute("default").replace("\\,", ","));
                }
                classes.put(type.getAttribute("id"), defaults);
            }
            for (Element designate : elements(document.getElementsByTagName("Designate"))) {
                String factory = designate.getAttribute("factoryPid");
                Element object =
                        (Element) designate.getElementsByTagName("Object").item(0);
                all.add(new Declared(
                        factory.isEmpty() ? designate.getAttribute("pid") : factory,
                        !factory.isEmpty(),
                        classes.getOrDefault(object.getAttribute("ocdref"), Map.of())));
            }
        }
        return all;
    }

    private static List<Path> metatypes() throws IOException {
        try (Stream<Path> files = Files.walk(BUNDLES)) {
            return files.filter(file -> file.endsWith(Path.of("metatype", String.valueOf(file.getFileName())))
                            && file.toString().contains("/target/classes/"))
                    .sorted()
                    .toList();
        }
    }

    private static List<Element> elements(NodeList nodes) {
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    static List<Path> files() {
        try (Stream<Path> files = Files.list(ETC)) {
            return files.filter(file -> file.getFileName().toString().matches("org\\.conmgr\\..*\\.cfg(\\.sample)?"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOf(Declared declared, Path file) {
        String name = String.valueOf(file.getFileName());
        return declared.factory()
                ? name.matches(Pattern.quote(declared.pid()) + "-[A-Z]+\\.cfg\\.sample")
                : name.equals(declared.pid() + ".cfg");
    }

    private static List<Line> lines(Path file) throws IOException {
        List<Line> lines = new ArrayList<>();
        for (String text : Files.readAllLines(file)) {
            Matcher setting = SETTING.matcher(text);
            if (setting.matches()) {
                lines.add(new Line(
                        setting.group(1).isEmpty(),
                        setting.group(2),
                        setting.group(3).strip()));
            }
        }
        return lines;
    }

    @Test
    void bundlesDeclareWhatTheyAreConfiguredBy() throws Exception {
        assertThat(declared())
                .extracting(Declared::pid)
                .doesNotHaveDuplicates()
                .contains("org.conmgr.listener", "org.conmgr.instance", "org.conmgr.watchdog", "org.conmgr.log");
    }

    @ParameterizedTest
    @MethodSource("declared")
    void everyKeyStandsInItsFileAtItsDefault(Declared declared) throws Exception {
        List<Path> files = files().stream().filter(file -> isOf(declared, file)).toList();
        assertThat(files)
                .as("etc/%s%s", declared.pid(), declared.factory() ? "-NAME.cfg.sample" : ".cfg")
                .hasSize(1);
        List<Line> lines = lines(files.get(0));
        assertThat(lines)
                .extracting(Line::key)
                .containsExactlyInAnyOrderElementsOf(declared.defaults().keySet());
        assertThat(lines).allSatisfy(line -> {
            String value = declared.defaults().get(line.key());
            if (line.inForce()) {
                assertThat(value)
                        .as("%s, which is set as an example, has no default", line.key())
                        .isEmpty();
            } else {
                assertThat(line.value()).as(line.key()).isEqualTo(value);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileIsSomebodys(Path file) throws Exception {
        assertThat(declared()).as("what %s configures", file).anyMatch(declared -> isOf(declared, file));
    }

    @ParameterizedTest
    @MethodSource("files")
    void whatIsShippedSetsNothing(Path file) throws Exception {
        if (!file.toString().endsWith(".sample")) {
            assertThat(lines(file)).noneMatch(Line::inForce);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyKeyHasASentence(Path file) throws IOException {
        List<String> text = Files.readAllLines(file);
        for (int i = 0; i < text.size(); i++) {
            if (SETTING.matcher(text.get(i)).matches()) {
                assertThat(i == 0 ? "" : text.get(i - 1))
                        .as("above %s", text.get(i))
                        .matches("# .*[.?]");
            }
        }
    }

    /** conmgr.conf and the component must mean the same by a parameter that is not set. */
    @ParameterizedTest
    @EnumSource
    void aParameterOfConmgrConfIsAKeyWithTheSameDefault(Parameter parameter) throws Exception {
        Declared owner = declared().stream()
                .filter(declared -> declared.pid().equals(parameter.pid()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody declares " + parameter.pid()));
        assertThat(owner.factory()).isEqualTo(parameter.perInstance());
        assertThat(owner.defaults())
                .containsEntry(parameter.key(), parameter.defaultValue().orElse(""));
    }

    /** Else values of conmgr.conf would end up in the .cfg files. */
    @Test
    void configurationsAreNotSavedIntoTheirFiles() throws IOException {
        Properties properties = new Properties();
        Path file = BUNDLES.resolveSibling("karaf-assembly/src/main/resources/assembly/etc/custom.properties");
        try (var in = Files.newInputStream(file)) {
            properties.load(in);
        }
        assertThat(properties).containsEntry("felix.fileinstall.enableConfigSave", "false");
    }
}
