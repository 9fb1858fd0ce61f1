package org.conmgr.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import javax.naming.NamingException;
import javax.naming.RefAddr;
import javax.naming.Reference;
import javax.naming.StringRefAddr;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.ds.common.BaseDataSource;

/**
 * {@link ConmgrDriver} as a bean. It has every property of pgjdbc's own data sources ({@code serverNames}, {@code
 * portNumbers}, {@code databaseName}, {@code user}, {@code password}, {@code targetServerType}, {@code loginTimeout},
 * {@code sslMode}, ...) or a whole {@code url}, and this driver's own; a port that is not set is conmgr's, 27546. Not a
 * pool. Configure it before connections are taken.
 */
public class ConmgrDataSource extends BaseDataSource implements DataSource {
    private static final List<String> OWN = List.of(Target.LIBPQ, Settings.LOSS, Settings.MIN_LSN);

    /** What does not stand among the parameters of a URL. */
    private static final Set<PGProperty> ELSEWHERE = EnumSet.of(
            PGProperty.PG_HOST, PGProperty.PG_PORT, PGProperty.PG_DBNAME, PGProperty.USER, PGProperty.PASSWORD);

    /** This driver's own parameters, by name. */
    private final Map<String, String> own = new LinkedHashMap<>();

    /** A data source that asks the conmgr at {@code localhost:27546}. */
    public ConmgrDataSource() {}

    @Override
    public String getDescription() {
        return "Data source that asks conmgr which PostgreSQL instance to connect to";
    }

    @Override
    public Connection getConnection() throws SQLException {
        return getConnection(getUser(), getPassword());
    }

    /** @throws SQLException as {@link ConmgrDriver#connect} */
    @Override
    public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
        Properties properties = new Properties();
        if (user != null) {
            properties.setProperty("user", user);
        }
        if (password != null) {
            properties.setProperty("password", password);
        }
        return ConmgrDriver.connect(ConmgrUrl.parse(getUrl()), properties);
    }

    /**
     * {@code jdbc:conmgr://...} with all that is set, without user and password. One port counts for all hosts.
     *
     * @throws IllegalArgumentException there are neither one nor as many ports as hosts
     */
    @Override
    public String getUrl() {
        String[] names = getServerNames();
        int[] ports = getPortNumbers();
        if (ports.length > 1 && ports.length != names.length) {
            throw new IllegalArgumentException(
                    "portNumbers: " + ports.length + " (expected: 1 or, as serverNames, " + names.length + ")");
        }
        StringBuilder url = new StringBuilder(ConmgrUrl.PREFIX).append("//");
        for (int i = 0; i < names.length; i++) {
            int port = ports.length == 0 ? 0 : ports[ports.length == 1 ? 0 : i];
            boolean bare = names[i].indexOf(':') >= 0 && !names[i].startsWith("[");
            url.append(i == 0 ? "" : ",").append(bare ? "[" + names[i] + "]" : names[i]);
            url.append(port == 0 ? "" : ":" + port);
        }
        url.append('/').append(getDatabaseName() == null ? "" : ConmgrUrl.encode(getDatabaseName()));
        for (PGProperty property : PGProperty.values()) {
            String value = ELSEWHERE.contains(property) ? null : getProperty(property);
            if (value != null && !value.equals(property.getDefaultValue())) {
                parameter(url, property.getName(), value);
            }
        }
        own.forEach((name, value) -> parameter(url, name, value));
        return url.toString();
    }

    private static void parameter(StringBuilder url, String name, String value) {
        url.append(url.indexOf("?") < 0 ? '?' : '&').append(name).append('=').append(ConmgrUrl.encode(value));
    }

    /**
     * Takes hosts, database and parameters from a URL of the driver. Properties that are set already stay.
     *
     * @throws IllegalArgumentException the URL is wrong
     */
    @Override
    public void setUrl(String url) {
        ConmgrUrl parsed;
        try {
            if (!ConmgrUrl.isOurs(url)) {
                throw Failures.setting("url", url, ConmgrUrl.PREFIX + "//host:port/database");
            }
            parsed = ConmgrUrl.parse(url);
        } catch (SQLException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        StringBuilder postgres = new StringBuilder(parsed.asPostgres());
        parsed.parameters().forEach((name, value) -> {
            if (OWN.contains(name)) {
                own.put(name, value);
            } else {
                parameter(postgres, name, value);
            }
        });
        String user = getUser();
        String password = getPassword();
        super.setUrl(postgres.toString());
        // pgjdbc would forget them.
        if (getUser() == null) {
            setUser(user);
        }
        if (getPassword() == null) {
            setPassword(password);
        }
    }

    // pgjdbc's two spellings lead to their own methods, but not through ours.

    @Override
    public String getURL() {
        return getUrl();
    }

    @Override
    public void setURL(String url) {
        setUrl(url);
    }

    /** Any parameter by its name. */
    @Override
    public @Nullable String getProperty(String name) throws SQLException {
        return OWN.contains(name) ? own.get(name) : super.getProperty(name);
    }

    /**
     * Any parameter by its name; null unsets it.
     *
     * @throws SQLException neither pgjdbc nor this driver has such a parameter
     */
    @Override
    public void setProperty(String name, @Nullable String value) throws SQLException {
        if (!OWN.contains(name)) {
            super.setProperty(name, value);
        } else if (value == null) {
            own.remove(name);
        } else {
            own.put(name, value);
        }
    }

    /** {@code target_session_attrs}: what kind of instance, in libpq's words; null when not set. */
    public @Nullable String getTargetSessionAttrs() {
        return own.get(Target.LIBPQ);
    }

    /** Sets {@code target_session_attrs}. */
    public void setTargetSessionAttrs(String word) {
        own.put(Target.LIBPQ, word);
    }

    /** {@code close} or {@code keep}: what happens to the session when conmgr is gone; null when not set. */
    public @Nullable String getConmgrLoss() {
        return own.get(Settings.LOSS);
    }

    /** Sets {@code conmgrLoss}. */
    public void setConmgrLoss(String word) {
        own.put(Settings.LOSS, word);
    }

    /** The position of the WAL that the instance must have reached; null when not set. */
    public @Nullable String getConmgrMinLsn() {
        return own.get(Settings.MIN_LSN);
    }

    /** Sets {@code conmgrMinLsn}, as in {@code 16/B374D848}. */
    public void setConmgrMinLsn(String position) {
        own.put(Settings.MIN_LSN, position);
    }

    @Override
    public Reference getReference() throws NamingException {
        Reference reference = super.getReference();
        own.forEach((name, value) -> reference.add(new StringRefAddr(name, value)));
        return reference;
    }

    @Override
    protected Reference createReference() {
        return new Reference(getClass().getName(), ConmgrObjectFactory.class.getName(), null);
    }

    @Override
    public void setFromReference(Reference reference) {
        super.setFromReference(reference);
        for (String name : OWN) {
            RefAddr address = reference.get(name);
            if (address != null) {
                own.put(name, (String) address.getContent());
            }
        }
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("Cannot unwrap to " + type.getName());
    }
}
