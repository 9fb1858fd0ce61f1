package org.conmgr.api.routing;

import java.util.Locale;
import java.util.Optional;

/** What kind of instance a connection wants; the words of libpq's {@code target_session_attrs}. */
public enum Target {
    /** Any live instance. */
    ANY,
    /** A primary whose {@code default_transaction_read_only} is off. */
    READ_WRITE,
    /** A standby, or an instance whose {@code default_transaction_read_only} is on. */
    READ_ONLY,
    /** {@code pg_is_in_recovery()} is false. */
    PRIMARY,
    /** {@code pg_is_in_recovery()} is true. */
    STANDBY,
    /** A standby, else any. */
    PREFER_STANDBY,
    /** The primary, else any. */
    PREFER_PRIMARY,
    /** pgjdbc's {@code preferSecondary}: what matches {@link #READ_ONLY}, else any. */
    PREFER_READ_ONLY,
    /** pgjdbc's {@code preferPrimary}: what matches {@link #READ_WRITE}, else any. */
    PREFER_READ_WRITE;

    /** The word used on the wire, in messages and in settings, e.g. {@code prefer-standby}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Reads libpq's spelling, as on the wire; empty when it is none. Case does not matter. */
    public static Optional<Target> ofWord(String word) {
        String wanted = word.strip().toLowerCase(Locale.ROOT);
        for (Target target : values()) {
            if (target.word().equals(wanted)) {
                return Optional.of(target);
            }
        }
        return Optional.empty();
    }

    /**
     * Reads pgjdbc's {@code targetServerType}, old spellings included. The words mean what pgjdbc verifies with
     * {@code show transaction_read_only}: its primary is a {@link #READ_WRITE} instance.
     */
    public static Optional<Target> ofTargetServerType(String word) {
        return switch (word) {
            case "any" -> Optional.of(ANY);
            case "primary", "master" -> Optional.of(READ_WRITE);
            case "secondary", "slave" -> Optional.of(READ_ONLY);
            case "preferSecondary", "preferSlave" -> Optional.of(PREFER_READ_ONLY);
            case "preferPrimary" -> Optional.of(PREFER_READ_WRITE);
            default -> Optional.empty();
        };
    }
}
