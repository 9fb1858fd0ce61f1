package org.conmgr.watchdog.jdbc.internal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;

/**
 * The one statement of every check: one row, prepared by the server, planned once. It asks whether the instance is a
 * standby once and decides everything else by that, so a row is of one moment even while the instance is promoted.
 *
 * <p>{@code default_transaction_read_only} is that of a new session whose role has no setting of its own: of {@code
 * ALTER DATABASE} for the database that the watchdog's URL names, else of {@code ALTER ROLE ALL}, else the instance's
 * (configuration files, {@code ALTER SYSTEM}, command line). The first two count for sessions to come and are read from
 * the catalogue; the last is this session's own value, which follows a reload unless something of its own hides it.
 *
 * <p>The timeline of a primary is that of the segment it writes: right from the moment of promotion on, which the control
 * file is not before the next checkpoint. A standby is on the highest it received or noted in the control file.
 *
 * <p>The lag of a standby is told while it receives; {@link StandbyLag} counts on from there. That it has replayed all
 * it received says nothing alone, as one that lost its primary has too. Nor does a WAL receiver that calls itself
 * streaming: one that cannot go on, as the WAL it needs is removed or the standby is on another timeline, does so for
 * moments, again and again. So the end of WAL that the sender told must not lie before what is replayed, which it does
 * for a standby that diverged; what an earlier receiver was told counts no more, so the present one must have written
 * something. Only at the start of a segment of an idle primary it has nothing to write: there it counts once it has
 * lived longer than one that cannot go on. What is replayed is read first, as both grow. A role without {@code
 * pg_monitor} sees no more than that there is a receiver.
 */
final class AttributeQuery {
    private static final String SQL = """
            with instance as materialized (
              select pg_is_in_recovery() as standby, pg_last_wal_replay_lsn() as replayed
            ), own as materialized (
              select (select oid from pg_database where datname = current_database()) as db,
                     (select oid from pg_roles where rolname = session_user) as role
            ), read_only as materialized (
              select s.setdatabase, s.setrole, split_part(setting, '=', 2)::boolean as value
                from own, pg_db_role_setting s, unnest(s.setconfig) as setting
               where s.setdatabase in (0, own.db) and s.setrole in (0, own.role)
                 and starts_with(setting, 'default_transaction_read_only=')
            ), sessions as materialized (
              select count(*) as used, count(*) filter (where not coalesce(%1$s, false)) as others
                from pg_stat_activity
               where backend_type = 'client backend'
            )
            select standby,
                   (select value from read_only where setrole = 0 order by setdatabase desc limit 1) as read_only_of_all,
                   current_setting('default_transaction_read_only')::boolean as read_only_here,
                   exists (select from read_only where setrole <> 0) as read_only_of_role,
                   case when standby
                        then greatest((select received_tli from pg_stat_wal_receiver), %2$s)
                        else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
                        end as timeline,
                   (case when standby then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
                     - '0/0')::bigint as lsn,
                   case when not standby then 0
                        when not exists (
                               select from pg_stat_wal_receiver as receiver
                                where status is null
                                   or status = 'streaming'
                                      and case when written_lsn is not null then latest_end_lsn >= replayed
                                               else (select clock_timestamp() - backend_start > interval '3 s'
                                                       from pg_stat_activity where pid = receiver.pid) end)
                        then null
                        when pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() then 0
                        else greatest(0, extract(epoch from clock_timestamp()
                                                              - pg_last_xact_replay_timestamp()) * 1000)::bigint
                        end as replay_lag,
                   case when pg_has_role('pg_read_all_stats', 'usage') then used end as used,
                   case when pg_has_role('pg_read_all_stats', 'usage') then others end as others
              from instance, sessions
            """;

    private static final String CONTROL_FILE =
            "(select min_recovery_end_timeline from pg_control_recovery()), (select timeline_id from pg_control_checkpoint())";

    private final PreparedStatement statement;
    private final InstanceFacts facts;

    /** As long as the session: an instance that has started again may have other data. */
    private final StandbyLag lag = new StandbyLag();

    AttributeQuery(Connection connection, InstanceFacts facts) throws SQLException {
        this.facts = facts;
        statement = connection.prepareStatement(
                SQL.formatted(ApplicationName.OWN_SESSION, facts.controlFile() ? CONTROL_FILE : "null"));
    }

    /** Asks; blocks for as long as the instance takes. */
    Answer ask() throws SQLException {
        long asked = System.nanoTime();
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            Role role = row.getBoolean("standby") ? Role.STANDBY : Role.PRIMARY;
            boolean ofAll = row.getBoolean("read_only_of_all");
            boolean ofAllKnown = !row.wasNull();
            int used = orUnknown(row, "used");
            Progress progress = new Progress(
                    longOrUnknown(row, "lsn"),
                    longOrUnknown(row, "replay_lag"),
                    used < 0 ? used : Math.max(0, facts.maxConnections() - facts.reservedConnections() - used));
            return new Answer(
                    new Attributes(
                            InstanceState.ACCEPTING,
                            role,
                            ofAllKnown ? ofAll : !facts.readOnlyHidden() && row.getBoolean("read_only_here"),
                            row.getInt("timeline")),
                    lag.complete(role, progress, asked),
                    orUnknown(row, "others"),
                    facts.readOnlyHidden() && !ofAllKnown,
                    facts.readOnlyHiddenByCatalogue() && !ofAllKnown && !row.getBoolean("read_only_of_role"));
        }
    }

    private static int orUnknown(ResultSet row, String column) throws SQLException {
        return (int) longOrUnknown(row, column);
    }

    private static long longOrUnknown(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? -1 : value;
    }

    /**
     * One row.
     *
     * @param otherSessions client sessions besides the watchdog's own two, -1 while unknown
     * @param readOnlyUnseen the instance's own {@code default_transaction_read_only} counts and is hidden, so off is
     *     assumed
     * @param readOnlyUndone what hides it is undone: another login would see it
     */
    record Answer(
            Attributes attributes,
            Progress progress,
            int otherSessions,
            boolean readOnlyUnseen,
            boolean readOnlyUndone) {}
}
