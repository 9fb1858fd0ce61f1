package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Holds {@code etc/PID.cfg} to the configuration type it is for: every key, commented out, at its default, with its
 * sentence. Where they differ the file is written anew by {@code -Dconmgr.update=true}.
 */
public final class ShippedSettings {
    private ShippedSettings() {}

    /**
     * Fails unless the file says what the type's metatype annotations say.
     *
     * @param pid names the file in {@code etc}, two directories above the one the test runs in
     */
    public static void check(String pid, Class<? extends Annotation> type) {
        Path file = Path.of("..", "..", "etc", pid + ".cfg");
        String expected = text(type);
        try {
            if (Boolean.getBoolean("conmgr.update")) {
                Files.writeString(file, expected);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(file)
                .as("run this test with -Dconmgr.update=true to write the file anew")
                .hasContent(expected);
    }

    private static String text(Class<? extends Annotation> type) {
        Element ocd = (Element) metatype(type).getElementsByTagName("OCD").item(0);
        StringBuilder text = new StringBuilder("# " + ocd.getAttribute("description") + "\n");
        NodeList keys = ocd.getElementsByTagName("AD");
        for (int index = 0; index < keys.getLength(); index++) {
            Element key = (Element) keys.item(index);
            String setting = "#" + key.getAttribute("id") + " = " + key.getAttribute("default");
            text.append("\n# ").append(key.getAttribute("description")).append('\n');
            text.append(setting.stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** What bnd has written; a class file does not show it at run time. */
    private static Element metatype(Class<?> type) {
        String name = "/OSGI-INF/metatype/" + type.getName() + ".xml";
        try (InputStream xml = Objects.requireNonNull(type.getResourceAsStream(name), name)) {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(xml)
                    .getDocumentElement();
        } catch (IOException | ParserConfigurationException | SAXException e) {
            throw new IllegalStateException(name, e);
        }
    }
}
