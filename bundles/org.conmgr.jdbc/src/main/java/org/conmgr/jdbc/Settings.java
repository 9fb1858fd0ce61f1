package org.conmgr.jdbc;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.conmgr.direct.protocol.Ask;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;

/**
 * What the parameters of a connection say, checked.
 *
 * @param target what kind of instance
 * @param keepOnLoss whether the session goes on unwatched when conmgr is gone
 * @param connectMillis the most that one host of the list may take, 0 for any time
 * @param loginMillis the most that the whole connect may take, 0 for any time
 * @param cancelMillis the most that a cancel may take, 0 for any time
 * @param shuffle whether the hosts are tried in random order
 * @param localAddress what the SQL socket is bound to, null for any
 * @param application shown by conmgr
 * @param minLsn byte position the instance must have reached, 0 for any
 */
record Settings(
        Target target,
        boolean keepOnLoss,
        long connectMillis,
        long loginMillis,
        long cancelMillis,
        boolean shuffle,
        @Nullable String localAddress,
        String application,
        long minLsn) {
    static final String LOSS = "conmgrLoss";
    static final String MIN_LSN = "conmgrMinLsn";

    /** @throws SQLException 22023 at the first parameter that is wrong */
    static Settings of(Properties properties) throws SQLException {
        String application = PGProperty.APPLICATION_NAME.getOrDefault(properties);
        return new Settings(
                Target.of(properties),
                keepOnLoss(properties),
                1000 * seconds(PGProperty.CONNECT_TIMEOUT, properties),
                loginMillis(properties),
                1000 * seconds(PGProperty.CANCEL_SIGNAL_TIMEOUT, properties),
                Boolean.parseBoolean(PGProperty.LOAD_BALANCE_HOSTS.getOrDefault(properties)),
                PGProperty.LOCAL_SOCKET_ADDRESS.getOrDefault(properties),
                application == null ? "" : application.replace("\0", ""),
                minLsn(properties));
    }

    /** The question for conmgr. */
    Ask ask() {
        return new Ask(target.word(), application, ProcessHandle.current().pid(), minLsn);
    }

    private static boolean keepOnLoss(Properties properties) throws SQLException {
        String loss = properties.getProperty(LOSS, "close");
        return switch (loss) {
            case "close" -> false;
            case "keep" -> true;
            default -> throw Failures.setting(LOSS, loss, "close or keep");
        };
    }

    private static long seconds(PGProperty property, Properties properties) throws SQLException {
        String text = property.getOrDefault(properties);
        if (text == null) {
            return 0;
        }
        if (!text.matches("[0-9]{1,9}")) {
            throw Failures.setting(property.getName(), text, "seconds, an integer >= 0");
        }
        return Long.parseLong(text);
    }

    private static long loginMillis(Properties properties) throws SQLException {
        String text = properties.getProperty(PGProperty.LOGIN_TIMEOUT.getName());
        if (text == null) {
            return 1000L * DriverManager.getLoginTimeout();
        }
        if (!text.matches("[0-9]{1,9}(\\.[0-9]*)?")) {
            throw Failures.setting(PGProperty.LOGIN_TIMEOUT.getName(), text, "seconds, a number >= 0");
        }
        return Math.round(1000 * Double.parseDouble(text));
    }

    private static long minLsn(Properties properties) throws SQLException {
        String text = properties.getProperty(MIN_LSN);
        if (text == null) {
            return 0;
        }
        if (!text.matches("[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")) {
            throw Failures.setting(MIN_LSN, text, "a position of the WAL, as in 16/B374D848");
        }
        return LogSequenceNumber.valueOf(text).asLong();
    }
}
