package org.conmgr.shell.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.CommandException;
import org.conmgr.api.routing.Target;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** {@code conmgr:odbc-dsn}. */
@Service
@Command(
        scope = "conmgr",
        name = "odbc-dsn",
        description = "Prints ODBC data sources for the gateway, one for each target",
        detailedDescription = """
                In the syntax of odbc.ini. A target that has a port of its own (etc/org.conmgr.gateway.odbc-NAME.cfg) is \
                reached by that, and TLS may be used; the others by conmgr's port, without TLS.\
                """)
@SuppressWarnings("NullAway.Init") // fields are set by the shell
public final class OdbcDsnCommand implements Action {
    private static final int DEFAULT_PORT = 27546;

    @Reference
    private ConfigurationAdmin configurations;

    @Option(name = "--driver", description = "The driver's name in odbcinst.ini, or its file")
    private String driver = "PostgreSQL Unicode";

    @Option(name = "--host", description = "Where conmgr is")
    private String host = "localhost";

    @Option(name = "--database", description = "The database")
    private String database = "postgres";

    @Option(name = "--install", description = "A file to put them into, as /etc/odbc.ini; others in it stay")
    private String file = "";

    @Override
    public String execute() throws CommandException {
        try {
            Map<String, String> sources =
                    DataSources.all(new DataSources.Site(driver, host, port(), ports(), database));
            if (file.isEmpty()) {
                return DataSources.text(sources);
            }
            DataSources.install(Path.of(file), sources);
            return file + ": " + String.join(", ", sources.keySet());
        } catch (IOException | InvalidSyntaxException e) {
            throw new CommandException(String.valueOf(e), e);
        }
    }

    private int port() throws IOException, InvalidSyntaxException {
        for (Dictionary<String, Object> listener : properties("(service.pid=org.conmgr.listener)")) {
            Object port = listener.get("port");
            if (port != null) {
                return Integer.parseInt(port.toString().strip());
            }
        }
        return DEFAULT_PORT;
    }

    private Map<Target, Integer> ports() throws IOException, InvalidSyntaxException {
        Map<Target, Integer> ports = new EnumMap<>(Target.class);
        for (Dictionary<String, Object> port : properties("(service.factoryPid=org.conmgr.gateway.odbc)")) {
            Object number = port.get("port");
            Object word = port.get("target_session_attrs");
            if (number != null && word != null) {
                Target.ofWord(word.toString())
                        .ifPresent(target -> ports.put(
                                target, Integer.parseInt(number.toString().strip())));
            }
        }
        return ports;
    }

    private Iterable<Dictionary<String, Object>> properties(String filter) throws IOException, InvalidSyntaxException {
        Configuration[] found = configurations.listConfigurations(filter);
        return found == null
                ? List.of()
                : Arrays.stream(found).map(Configuration::getProperties).toList();
    }
}
