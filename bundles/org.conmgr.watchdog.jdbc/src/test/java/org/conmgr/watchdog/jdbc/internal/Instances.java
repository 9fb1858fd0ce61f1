package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.conmgr.api.watchdog.AttributeChecker;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.NotAsked;
import org.conmgr.api.watchdog.Observation;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.RecordingLog;
import org.postgresql.Driver;

/** Real instances with the watchdog's role, and clients of them. */
final class Instances {
    /** A role as {@code docs/watchdog-role.md} makes it. */
    static final String ROLE = "watchdog";

    /** A role of applications. */
    static final String APPLICATION = "app";

    private Instances() {}

    static EmbeddedCluster.Builder builder() {
        return EmbeddedCluster.builder().role(ROLE).role(APPLICATION);
    }

    static EmbeddedCluster start(EmbeddedCluster.Builder builder) throws SQLException {
        EmbeddedCluster cluster = builder.start();
        cluster.primary().query("grant pg_monitor, pg_signal_backend to " + ROLE);
        cluster.awaitReplay();
        return cluster;
    }

    static InstanceAccess access(EmbeddedInstance instance, String... properties) {
        Map<String, String> all = new HashMap<>();
        all.put("user", ROLE);
        for (int i = 0; i < properties.length; i += 2) {
            all.put(properties[i], properties[i + 1]);
        }
        return new InstanceAccess(instance.jdbcUrl("postgres"), all);
    }

    static AttributeChecker.Connection checker(EmbeddedInstance instance, String... properties) {
        return new JdbcAttributeChecker(new RecordingLog()).open(access(instance, properties));
    }

    static Terminator.Connection terminator(EmbeddedInstance instance, String... properties) {
        return new JdbcTerminator().open(access(instance, properties));
    }

    static Observation.Seen seen(AttributeChecker.Connection checker) {
        Observation observation = check(checker);
        assertThat(observation).isInstanceOf(Observation.Seen.class);
        return (Observation.Seen) observation;
    }

    static Observation.Lost lost(AttributeChecker.Connection checker) {
        Observation observation = check(checker);
        assertThat(observation).isInstanceOf(Observation.Lost.class);
        return (Observation.Lost) observation;
    }

    private static Observation check(AttributeChecker.Connection checker) {
        try {
            return checker.check();
        } catch (NotAsked e) {
            throw new AssertionError("this host lacks something", e);
        }
    }

    /** A session of an application that comes from this address. */
    static Connection client(EmbeddedInstance instance, String from, String role) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", role);
        properties.setProperty("localSocketAddress", from);
        properties.setProperty("sslmode", "disable");
        return Objects.requireNonNull(new Driver().connect(instance.jdbcUrl("postgres"), properties));
    }

    static Connection client(EmbeddedInstance instance, String from) throws SQLException {
        return client(instance, from, APPLICATION);
    }

    static int intOf(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
