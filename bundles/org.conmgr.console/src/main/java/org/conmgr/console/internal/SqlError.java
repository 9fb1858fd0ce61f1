package org.conmgr.console.internal;

import org.jspecify.annotations.Nullable;

/** A statement that fails, with what the client is told. The connection goes on. */
final class SqlError extends Exception {
    static final String PROTOCOL_VIOLATION = "08P01";
    static final String INVALID_PARAMETER_VALUE = "22023";
    static final String INVALID_PASSWORD = "28P01";
    static final String INVALID_STATEMENT_NAME = "26000";
    static final String INVALID_CURSOR_NAME = "34000";
    static final String SYNTAX_ERROR = "42601";
    static final String UNDEFINED_OBJECT = "42704";
    static final String DUPLICATE_CURSOR = "42P03";
    static final String DUPLICATE_STATEMENT = "42P05";
    static final String PROGRAM_LIMIT_EXCEEDED = "54000";
    static final String CONFIG_FILE_ERROR = "F0000";

    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final @Nullable String detail;
    private final @Nullable String hint;

    SqlError(String sqlState, String message) {
        this(sqlState, message, null);
    }

    SqlError(String sqlState, String message, @Nullable String hint) {
        this(sqlState, message, null, hint);
    }

    SqlError(String sqlState, String message, @Nullable String detail, @Nullable String hint) {
        // The client's mistake and no fault of ours: where it was found says nothing.
        super(message, null, false, false);
        this.sqlState = sqlState;
        this.detail = detail;
        this.hint = hint;
    }

    String sqlState() {
        return sqlState;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    @Nullable
    String detail() {
        return detail;
    }

    @Nullable
    String hint() {
        return hint;
    }
}
