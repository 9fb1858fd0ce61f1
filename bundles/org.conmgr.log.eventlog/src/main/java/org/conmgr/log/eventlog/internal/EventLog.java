package org.conmgr.log.eventlog.internal;

import java.io.IOException;
import org.conmgr.api.log.Severity;

/** The event log of Windows, as far as the sink uses it. */
interface EventLog {
    /** RegisterEventSource, on this computer. */
    Source register(String name) throws IOException;

    /** A registered event source. */
    interface Source {
        /** ReportEvent, with event id 0 as PostgreSQL has it. */
        void report(Type type, String text) throws IOException;

        /** DeregisterEventSource. Called once. */
        void deregister();
    }

    /** The types of events, with the values of winnt.h. */
    enum Type {
        ERROR(0x1),
        WARNING(0x2),
        INFORMATION(0x4);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        /** PostgreSQL's choice (elog.c, write_eventlog). */
        static Type of(Severity severity) {
            return switch (severity) {
                case DEBUG, INFO, NOTICE, LOG -> INFORMATION;
                case WARNING -> WARNING;
                case ERROR, FATAL, PANIC -> ERROR;
            };
        }
    }
}
