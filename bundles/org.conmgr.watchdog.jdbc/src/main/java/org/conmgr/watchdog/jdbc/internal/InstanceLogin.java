package org.conmgr.watchdog.jdbc.internal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Pattern;
import org.conmgr.api.watchdog.InstanceAccess;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * How to log in to an instance: the access as configured, validated, and with what a watchdog's session needs. The
 * password is looked up anew for each login, so a corrected password file counts at the next attempt.
 */
final class InstanceLogin {
    /** Bounds each step of a login: a frozen postmaster completes the TCP connect and never answers. */
    private static final String STEP_SECONDS = "3";

    private static final Pattern USER_INFO = Pattern.compile("//.*@");

    private final Properties properties;
    private final @Nullable Path passfile;

    private InstanceLogin(Properties properties, @Nullable Path passfile) {
        this.properties = properties;
        this.passfile = passfile;
    }

    /**
     * Validates the access.
     *
     * @param applicationName what the session calls itself in {@code pg_stat_activity}
     * @throws UnusableAccess if the URL is none, names several hosts or no user, or a property cannot be used here
     */
    static InstanceLogin of(InstanceAccess access, String applicationName) throws UnusableAccess {
        Properties given = new Properties();
        given.putAll(access.properties());
        given.putIfAbsent("user", "");
        Properties parsed = Driver.parseURL(access.url(), given);
        if (parsed == null) {
            throw new UnusableAccess(
                    "url: " + withoutSecrets(access.url()) + " (expected: jdbc:postgresql://host:port/database)");
        }
        Properties properties = new Properties();
        parsed.stringPropertyNames().forEach(key -> properties.setProperty(key, parsed.getProperty(key)));
        if (properties.getProperty("user").isEmpty()) {
            throw new UnusableAccess("user: missing (expected: the watchdog's role)");
        }
        String host = properties.getProperty(PGProperty.PG_HOST.getName());
        if (host.contains(",")) {
            throw new UnusableAccess("url: hosts " + host + " (expected: one, a watchdog has one instance)");
        }
        if (properties.containsKey(PGProperty.SOCKET_FACTORY.getName())) {
            throw new UnusableAccess("socketFactory: not possible here (the watchdog brings its own)");
        }
        boolean ownPassword = access.properties().containsKey("password")
                || access.url().contains("?password=")
                || access.url().contains("&password=");
        Object passfile = properties.remove("passfile");
        PGProperty.SOCKET_FACTORY.set(properties, CuttableSocketFactory.class.getName());
        PGProperty.APPLICATION_NAME.set(properties, applicationName);
        // Lets the driver put application_name into the startup packet: known from the first moment, a round trip less.
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "13");
        // From the first execution on, the server keeps the statement and its plan.
        PGProperty.PREPARE_THRESHOLD.set(properties, "1");
        // No object of a schema that others may write to can take the place of a catalogue's.
        PGProperty.CURRENT_SCHEMA.set(properties, "pg_catalog");
        PGProperty.TARGET_SERVER_TYPE.set(properties, "any");
        PGProperty.READ_ONLY.set(properties, "false");
        PGProperty.TCP_KEEP_ALIVE.set(properties, "true");
        // With a login timeout the driver logs in on a thread of its own, which goes on after the timeout.
        PGProperty.LOGIN_TIMEOUT.set(properties, "0");
        properties.putIfAbsent(PGProperty.CONNECT_TIMEOUT.getName(), STEP_SECONDS);
        properties.putIfAbsent(PGProperty.SOCKET_TIMEOUT.getName(), STEP_SECONDS);
        properties.putIfAbsent(PGProperty.SSL_RESPONSE_TIMEOUT.getName(), STEP_SECONDS + "000");
        return new InstanceLogin(
                properties, ownPassword || !(passfile instanceof String text) ? null : passfilePath(text));
    }

    private static Path passfilePath(String text) throws UnusableAccess {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UnusableAccess("passfile: " + text + " (expected: the path of a file)");
        }
    }

    /**
     * Logs in on a socket of the cutter.
     *
     * @throws SQLException if that fails; {@link UnusableAccess} for a password file that does not help
     */
    Connection connect(SocketCutter cutter) throws SQLException {
        Properties complete = new Properties();
        complete.putAll(properties);
        if (passfile != null) {
            complete.setProperty("password", Passfile.password(passfile, host(), port(), database(), user()));
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        // The driver's own class loader does not see this bundle: it asks the thread's for the socket factory.
        thread.setContextClassLoader(CuttableSocketFactory.class.getClassLoader());
        CuttableSocketFactory.LOGGING_IN.set(cutter);
        try {
            // All else is in the properties; a URL with a query would overrule them.
            String url = "jdbc:postgresql:" + URLEncoder.encode(database(), StandardCharsets.UTF_8);
            Connection connection = new Driver().connect(url, complete);
            if (connection == null) {
                throw new IllegalStateException("the driver does not know its own URL");
            }
            return connection;
        } finally {
            CuttableSocketFactory.LOGGING_IN.remove();
            thread.setContextClassLoader(before);
        }
    }

    /**
     * Returns what the driver holds of a session. On a cut connection at once, on a living one after a moment at most.
     * What goes wrong here tells nothing: the session is over either way.
     */
    @SuppressWarnings("EmptyCatch")
    static void disconnect(Connection connection) {
        try {
            connection.close();
        } catch (SQLException expected) {
            // as said
        }
    }

    String user() {
        return properties.getProperty("user");
    }

    /** Where this leads to, without any property: {@code jdbc:postgresql://localhost:5432/postgres}. */
    String url() {
        return "jdbc:postgresql://" + properties.getProperty(PGProperty.PG_HOST.getName()) + ":" + port() + "/"
                + database();
    }

    /** As a password file has it: an IPv6 address without its brackets. */
    private String host() {
        String host = properties.getProperty(PGProperty.PG_HOST.getName());
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private String port() {
        return properties.getProperty(PGProperty.PG_PORT.getName());
    }

    private String database() {
        return properties.getProperty(PGProperty.PG_DBNAME.getName());
    }

    private static String withoutSecrets(String url) {
        int query = url.indexOf('?');
        return USER_INFO.matcher(query < 0 ? url : url.substring(0, query)).replaceFirst("//");
    }
}
