package org.conmgr.jdbc;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code jdbc:conmgr://host[:port][,host[:port]...]/database?name=value&...}, read as pgjdbc reads its own.
 *
 * @param hosts in the order listed, at least one
 * @param database as written, still percent-encoded; may be empty
 * @param parameters decoded, in the order written; the last of a name counts
 */
record ConmgrUrl(List<Endpoint> hosts, String database, Map<String, String> parameters) {
    static final String PREFIX = "jdbc:conmgr:";

    /** Where conmgr listens when the URL names no port. */
    static final int DEFAULT_PORT = 27546;

    ConmgrUrl {
        hosts = List.copyOf(hosts);
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    static boolean isOurs(String url) {
        return url.startsWith(PREFIX);
    }

    /** The same hosts, all with their port, and the database as a URL of pgjdbc's; without the parameters. */
    String asPostgres() {
        return "jdbc:postgresql://" + hosts.stream().map(Endpoint::toString).collect(Collectors.joining(",")) + "/"
                + database;
    }

    static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /**
     * Reads a URL that {@link #isOurs}.
     *
     * @throws SQLException 22023: the piece that is wrong and what was expected; never the whole URL, which may hold a
     *     password
     */
    static ConmgrUrl parse(String url) throws SQLException {
        String rest = url.substring(PREFIX.length());
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        String address = question < 0 ? rest : rest.substring(0, question);
        if (!address.startsWith("//")) {
            throw Failures.setting("URL", PREFIX + address, PREFIX + "//host:port/database");
        }
        int slash = address.indexOf('/', 2);
        String list = slash < 0 ? address.substring(2) : address.substring(2, slash);
        List<Endpoint> hosts = new ArrayList<>();
        for (String host : list.split(",", -1)) {
            hosts.add(endpoint(host));
        }
        return new ConmgrUrl(hosts, slash < 0 ? "" : address.substring(slash + 1), parameters(query));
    }

    private static Endpoint endpoint(String text) throws SQLException {
        int bracket = text.lastIndexOf(']');
        int colon = text.indexOf(':', bracket + 1);
        String host = colon < 0 ? text : text.substring(0, colon);
        if (bracket >= 0) {
            if (!text.startsWith("[") || bracket != host.length() - 1) {
                throw Failures.setting("host", text, "an IPv6 address in brackets, as in [::1]:" + DEFAULT_PORT);
            }
            host = host.substring(1, bracket);
        }
        if (host.isBlank()) {
            throw Failures.setting("host", text, "a host name or an address");
        }
        return new Endpoint(host, colon < 0 ? DEFAULT_PORT : port(text.substring(colon + 1), text));
    }

    private static int port(String text, String host) throws SQLException {
        if (text.matches("[0-9]{1,5}")) {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        }
        String expected = "1 to 65535";
        if (text.indexOf(':') >= 0) {
            expected += "; an IPv6 address stands in brackets, as in [::1]:" + DEFAULT_PORT;
        }
        throw Failures.setting("port of " + host, text, expected);
    }

    private static Map<String, String> parameters(String query) throws SQLException {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            try {
                String value = equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
                parameters.put(name, value);
            } catch (IllegalArgumentException e) {
                throw Failures.setting(name, "not decodable", "percent-encoded UTF-8");
            }
        }
        return parameters;
    }
}
