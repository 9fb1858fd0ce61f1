package org.conmgr.watchdog.jdbc.internal;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.conmgr.api.watchdog.ViewExtension;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The extension that reads what {@link JdbcLinkPublisher} writes; its files are in this bundle. */
@Component(service = ViewExtension.class)
public final class WatchdogExtension implements ViewExtension {
    private static final String CONTROL = "watchdog.control";
    private static final String SCRIPT = "watchdog--1.0.sql";

    @Activate
    public WatchdogExtension() {}

    @Override
    public Map<String, String> files() {
        return Map.of(CONTROL, read(CONTROL), SCRIPT, read(SCRIPT));
    }

    @Override
    public String script() {
        return read(SCRIPT);
    }

    private static String read(String name) {
        try (InputStream in =
                WatchdogExtension.class.getResourceAsStream("/org/conmgr/watchdog/jdbc/extension/" + name)) {
            if (in == null) {
                throw new FileNotFoundException(name + " is not in this bundle");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
