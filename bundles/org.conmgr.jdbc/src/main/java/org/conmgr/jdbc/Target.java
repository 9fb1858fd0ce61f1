package org.conmgr.jdbc;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What kind of instance a connection wants: libpq's words, which conmgr is asked for, and how the instance is verified
 * after the connect. pgjdbc's words mean what pgjdbc verifies with {@code show transaction_read_only}, so its
 * {@code primary} is a {@code read-write} instance.
 */
enum Target {
    ANY("any", null, null),
    READ_WRITE("primary", null, null),
    READ_ONLY("secondary", null, null),
    PRIMARY("any", false, null),
    STANDBY("any", true, null),
    PREFER_STANDBY("any", null, STANDBY),
    PREFER_PRIMARY("any", null, PRIMARY),
    PREFER_READ_ONLY("any", null, READ_ONLY),
    PREFER_READ_WRITE("any", null, READ_WRITE);

    /** libpq's parameter. */
    static final String LIBPQ = "target_session_attrs";

    /** pgjdbc's parameter. */
    static final String PGJDBC = "targetServerType";

    private final String serverType;
    private final @Nullable Boolean inRecovery;
    private final @Nullable Target preferred;

    Target(String serverType, @Nullable Boolean inRecovery, @Nullable Target preferred) {
        this.serverType = serverType;
        this.inRecovery = inRecovery;
        this.preferred = preferred;
    }

    /** What conmgr is asked for, e.g. {@code prefer-read-only}. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The {@code targetServerType} that pgjdbc verifies. */
    String serverType() {
        return serverType;
    }

    /** What {@code pg_is_in_recovery()} must say, null when that does not matter. */
    @Nullable
    Boolean inRecovery() {
        return inRecovery;
    }

    /** What a server must be in the first pass over the list; itself when it does not just prefer. */
    Target strict() {
        return preferred == null ? this : preferred;
    }

    boolean prefers() {
        return preferred != null;
    }

    /**
     * Reads {@value #PGJDBC} or {@value #LIBPQ}.
     *
     * @throws SQLException 22023 when the word is unknown or both are given
     */
    static Target of(Properties properties) throws SQLException {
        String libpq = properties.getProperty(LIBPQ);
        String pgjdbc = properties.getProperty(PGJDBC);
        // Data sources of pgjdbc set "any" when nobody did.
        if (libpq != null && pgjdbc != null && !pgjdbc.equals(ANY.serverType)) {
            throw Failures.setting(LIBPQ, libpq + ", and " + PGJDBC + ": " + pgjdbc, "one of the two");
        }
        if (libpq != null) {
            for (Target target : values()) {
                if (target.word().equals(libpq)) {
                    return target;
                }
            }
            throw Failures.setting(
                    LIBPQ, libpq, Arrays.stream(values()).map(Target::word).collect(Collectors.joining(", ")));
        }
        return pgjdbc == null ? ANY : ofServerType(pgjdbc);
    }

    private static Target ofServerType(String word) throws SQLException {
        return switch (word) {
            case "any" -> ANY;
            case "primary", "master" -> READ_WRITE;
            case "secondary", "slave" -> READ_ONLY;
            case "preferSecondary", "preferSlave" -> PREFER_READ_ONLY;
            case "preferPrimary" -> PREFER_READ_WRITE;
            default -> throw Failures.setting(PGJDBC, word, "any, primary, secondary, preferSecondary, preferPrimary");
        };
    }
}
