package org.conmgr.api.log;

/** PostgreSQL's severities in the order of the guide's {@code log_min_messages}, least first. */
public enum Severity {
    DEBUG,
    INFO,
    NOTICE,
    WARNING,
    ERROR,
    LOG,
    FATAL,
    PANIC
}
