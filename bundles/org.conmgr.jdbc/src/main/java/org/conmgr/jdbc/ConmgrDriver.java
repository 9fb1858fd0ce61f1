package org.conmgr.jdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/**
 * The driver of {@code jdbc:conmgr://host[:port][,host[:port]...]/database?name=value&...}: asks conmgr where to go,
 * connects there with pgjdbc, and closes the connection when conmgr says that the instance is gone. What the
 * application gets is pgjdbc's own connection; its URL names the instance.
 *
 * <p>Every parameter of pgjdbc is passed on; of this driver's own are {@code target_session_attrs} (libpq's words
 * instead of {@code targetServerType}), {@code conmgrLoss} ({@code close} or {@code keep}: what happens to the session
 * when conmgr itself is gone) and {@code conmgrMinLsn} (only instances that have reached this position of the WAL).
 * {@code connectTimeout} bounds each host of the list as a whole, {@code loginTimeout} the whole connect.
 */
public final class ConmgrDriver implements Driver {
    private static final ConmgrDriver REGISTERED = new ConmgrDriver();

    static {
        try {
            register();
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** For {@link java.util.ServiceLoader}. */
    public ConmgrDriver() {}

    /** Makes {@link DriverManager} know the driver again after {@link #deregister}; of no effect when it does. */
    public static void register() throws SQLException {
        DriverManager.registerDriver(REGISTERED);
    }

    /** Makes {@link DriverManager} forget the driver, so that its classes can be unloaded. */
    public static void deregister() throws SQLException {
        DriverManager.deregisterDriver(REGISTERED);
    }

    /** {@inheritDoc} */
    @Override
    public boolean acceptsURL(String url) {
        return ConmgrUrl.isOurs(url);
    }

    /**
     * Connects.
     *
     * @return null when the URL is another driver's
     * @throws SQLException 22023: the URL or a parameter is wrong; 08001: nowhere to go, with what each host said; or
     *     what a server said
     */
    @Override
    public @Nullable Connection connect(String url, @Nullable Properties info) throws SQLException {
        if (!ConmgrUrl.isOurs(url)) {
            return null;
        }
        return connect(ConmgrUrl.parse(url), info);
    }

    static Connection connect(ConmgrUrl url, @Nullable Properties info) throws SQLException {
        Properties properties = properties(url, info);
        String factory = properties.getProperty(PGProperty.SOCKET_FACTORY.getName());
        if (factory != null) {
            throw Failures.setting(
                    PGProperty.SOCKET_FACTORY.getName(), factory, "none with " + ConmgrUrl.PREFIX + " URLs");
        }
        Settings settings = Settings.of(properties);
        return new Connector(url.hosts(), settings, new Login(url.database(), settings, properties)).connect();
    }

    /** As with pgjdbc, what the URL says comes before the properties. */
    private static Properties properties(ConmgrUrl url, @Nullable Properties info) {
        Properties properties = new Properties();
        if (info != null) {
            for (String name : info.stringPropertyNames()) {
                properties.setProperty(name, info.getProperty(name, ""));
            }
        }
        properties.putAll(url.parameters());
        return properties;
    }

    /** {@inheritDoc} */
    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, @Nullable Properties info) throws SQLException {
        Properties properties = ConmgrUrl.isOurs(url) ? properties(ConmgrUrl.parse(url), info) : new Properties();
        Stream<DriverPropertyInfo> postgres =
                Arrays.stream(PGProperty.values()).map(property -> property.toDriverPropertyInfo(properties));
        Stream<DriverPropertyInfo> own = Stream.of(
                own(properties, Target.LIBPQ, "What kind of instance, in libpq's words", words()),
                own(properties, Settings.LOSS, "What happens to the session when conmgr is gone", "close", "keep"),
                own(properties, Settings.MIN_LSN, "Position of the WAL that the instance must have reached"));
        return Stream.concat(own, postgres).toArray(DriverPropertyInfo[]::new);
    }

    private static String[] words() {
        return Arrays.stream(Target.values()).map(Target::word).toArray(String[]::new);
    }

    private static DriverPropertyInfo own(Properties properties, String name, String description, String... choices) {
        DriverPropertyInfo property = new DriverPropertyInfo(name, properties.getProperty(name));
        property.description = description;
        property.choices = choices.length == 0 ? null : choices;
        return property;
    }

    @Override
    public int getMajorVersion() {
        return 1;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    /** Not as the specification defines it: PostgreSQL does not cover all of SQL-92 entry level. */
    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getLogger("org.conmgr.jdbc");
    }
}
