package org.conmgr.watchdog.jdbc.internal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.StringJoiner;
import org.conmgr.api.instance.Identity;
import org.jspecify.annotations.Nullable;

/**
 * What cannot change while a session with the instance lasts, asked once per login.
 *
 * @param maxConnections {@code max_connections}
 * @param reservedConnections how many of them an ordinary role cannot have
 * @param controlFile whether the role may call {@code pg_control_recovery()} and {@code pg_control_checkpoint()}
 * @param readOnlySource where this session has its {@code default_transaction_read_only} from, as in {@code
 *     pg_settings.source}
 * @param postmaster null if the role may not see where it lies
 * @param limits what the watchdog cannot do as this role and system user, for people; empty when nothing
 */
record InstanceFacts(
        Identity identity,
        int maxConnections,
        int reservedConnections,
        boolean controlFile,
        String readOnlySource,
        @Nullable PostmasterFile postmaster,
        String limits) {
    /** The oldest server whose catalogues and functions the queries fit. */
    private static final int OLDEST_MAJOR_VERSION = 13;

    private static final Set<String> INSTANCE_SOURCES =
            Set.of("default", "environment variable", "configuration file", "command line");

    private static final Set<String> CATALOGUE_SOURCES = Set.of("global", "database", "user", "database user");

    // The limits that a role or database may carry would end a check or, between two checks, the session.
    private static final String FACTS = """
            select current_setting('server_version_num')::int as server_version,
                   current_setting('max_connections')::int as max_connections,
                   current_setting('superuser_reserved_connections')::int
                     + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved_connections,
                   has_function_privilege('pg_control_system()', 'execute') as control_system,
                   has_function_privilege('pg_control_recovery()', 'execute')
                     and has_function_privilege('pg_control_checkpoint()', 'execute') as control_file,
                   (select source from pg_settings where name = 'default_transaction_read_only') as read_only_source,
                   case when pg_has_role('pg_read_all_settings', 'usage')
                        then current_setting('data_directory') end as data_directory,
                   current_setting('port')::int as port,
                   extract(epoch from pg_postmaster_start_time())::bigint as start_time,
                   (select rolsuper from pg_roles where rolname = current_user) as superuser,
                   pg_has_role('pg_signal_backend', 'usage') as ends_others,
                   pg_has_role('pg_read_all_stats', 'usage') as sees_clients,
                   (select count(set_config(name, '0', false)) from pg_settings
                     where name in ('statement_timeout', 'lock_timeout', 'idle_session_timeout',
                                    'transaction_timeout')) as unlimited
            """;

    private static final String SYSTEM_IDENTIFIER = "select system_identifier from pg_control_system()";

    /** True if this session does not have the instance's own {@code default_transaction_read_only}. */
    boolean readOnlyHidden() {
        return !INSTANCE_SOURCES.contains(readOnlySource);
    }

    /** True if what hides it is an {@code ALTER ROLE} or {@code ALTER DATABASE}, which a new login may find undone. */
    boolean readOnlyHiddenByCatalogue() {
        return CATALOGUE_SOURCES.contains(readOnlySource);
    }

    /**
     * Asks, and lifts the time limits that the session came with.
     *
     * @throws UnusableAccess if the server is too old
     */
    static InstanceFacts of(Connection connection) throws SQLException {
        int major = connection.getMetaData().getDatabaseMajorVersion();
        if (major < OLDEST_MAJOR_VERSION) {
            throw new UnusableAccess(
                    "the instance is PostgreSQL " + major + " (expected: " + OLDEST_MAJOR_VERSION + " or later)");
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(FACTS)) {
            row.next();
            String dataDirectory = row.getString("data_directory");
            int port = row.getInt("port");
            long startTime = row.getLong("start_time");
            PostmasterFile postmaster = dataDirectory == null
                    ? null
                    : new PostmasterFile(Path.of(dataDirectory, "postmaster.pid"), port, startTime);
            return new InstanceFacts(
                    new Identity(
                            row.getBoolean("control_system") ? systemIdentifier(connection) : 0,
                            row.getInt("server_version")),
                    row.getInt("max_connections"),
                    row.getInt("reserved_connections"),
                    row.getBoolean("control_file"),
                    row.getString("read_only_source"),
                    postmaster,
                    limits(row, postmaster));
        }
    }

    private static String limits(ResultSet row, @Nullable PostmasterFile postmaster) throws SQLException {
        StringJoiner limits = new StringJoiner("; ");
        if (!row.getBoolean("sees_clients")) {
            limits.add("see where clients come from, so nobody is ended, and count free slots (pg_monitor)");
        }
        if (!row.getBoolean("superuser")) {
            limits.add(
                    row.getBoolean("ends_others")
                            ? "end sessions of superusers (superuser)"
                            : "end sessions of other roles (pg_signal_backend)");
        }
        if (!row.getBoolean("control_system") || !row.getBoolean("control_file")) {
            limits.add("see the control file: system identifier, timeline of a standby (EXECUTE on pg_control_system(),"
                    + " pg_control_recovery(), pg_control_checkpoint())");
        }
        if (postmaster == null) {
            limits.add("see data_directory, so a smart shutdown goes unnoticed (pg_monitor)");
        } else if (!postmaster.isOwn()) {
            limits.add("read " + postmaster.file() + ", so a smart shutdown goes unnoticed (the server's system user)");
        }
        return limits.toString();
    }

    private static long systemIdentifier(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SYSTEM_IDENTIFIER)) {
            row.next();
            return row.getLong(1);
        }
    }
}
