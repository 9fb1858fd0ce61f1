package org.conmgr.log.syslog.internal;

import org.conmgr.api.log.Severity;

/** The facilities that {@code syslog_facility} may name, with their codes (RFC 5424, 6.2.1). */
enum Facility {
    LOCAL0(16),
    LOCAL1(17),
    LOCAL2(18),
    LOCAL3(19),
    LOCAL4(20),
    LOCAL5(21),
    LOCAL6(22),
    LOCAL7(23);

    private final int code;

    Facility(int code) {
        this.code = code;
    }

    /** The PRI of a message, with PostgreSQL's choice of the syslog severity (elog.c, send_message_to_server_log). */
    int priority(Severity severity) {
        int level =
                switch (severity) {
                    case DEBUG -> 7;
                    case INFO, LOG -> 6;
                    case NOTICE, WARNING -> 5;
                    case ERROR -> 4;
                    case FATAL -> 3;
                    case PANIC -> 2;
                };
        return code * 8 + level;
    }
}
