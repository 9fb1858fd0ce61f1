package org.conmgr.watchdog.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Factory PID {@code org.conmgr.watchdog}; one watchdog for one instance, named by what is behind the {@code ~}. */
@ObjectClassDefinition(id = "org.conmgr.watchdog", name = "conmgr watchdog")
@interface WatchdogConfig {
    @AttributeDefinition(description = "The port on which the watchdog accepts heartbeat links from conmgrs.")
    String port() default "27545";

    @AttributeDefinition(description = "The addresses it listens on, separated by commas; * for all.")
    String listen__addresses() default "*";

    @AttributeDefinition(
            description = "The interval between checks of the instance's attributes; a bare number is in milliseconds.")
    String check__attr__interval() default "1000";

    @AttributeDefinition(
            description = "How long a check may go unanswered before the instance is called unresponsive; a bare number"
                    + " is in milliseconds, 0 waits for ever.")
    String check__timeout() default "0";

    @AttributeDefinition(
            description = "How often to connect anew, to see whether the instance still takes connections: when not,"
                    + " conmgrs send it no new ones; a bare number is in milliseconds, 0 never does.")
    String connect__check__interval() default "5000";

    @AttributeDefinition(
            description = "How many conmgrs may have a link; empty for the instance's own max_connections.")
    String max__heartbeat__connections() default "";

    @AttributeDefinition(
            description =
                    "The networks conmgrs may come from, as 192.0.2.0/24 or 2001:db8::/32, separated by commas; empty"
                            + " for any.")
    String client__networks() default "";

    @AttributeDefinition(description = "How many links conmgrs at one address may have.")
    String max__links__per__address() default "100";

    @AttributeDefinition(description = "How to reach the instance: a JDBC URL of PostgreSQL.")
    String url() default "jdbc:postgresql://localhost:5432/postgres";

    @AttributeDefinition(description = "The role the watchdog uses.")
    String user() default "watchdog";

    @AttributeDefinition(description = "Its password; better use passfile.", type = AttributeType.PASSWORD)
    String password() default "";

    @AttributeDefinition(description = "A file with its password, in the format of libpq's .pgpass.")
    String passfile() default "";

    @AttributeDefinition(
            description = "When a lost conmgr's backends are ended: any of timed_out, closed, shut_down, separated by"
                    + " commas.")
    String terminate__on() default "timed_out,closed,shut_down";

    @AttributeDefinition(
            description = "Which backends are ended: address for all from the conmgr's address, sessions for those it"
                    + " had registered, none for none.")
    String terminate__scope() default "address";

    @AttributeDefinition(
            description = "How the instance's view pgx_stat_watchdog learns of the links: file in the data directory,"
                    + " sql by the extension's function, auto for the first of them that works, off.")
    String stat__view() default "auto";

    @AttributeDefinition(
            description = "How long a conmgr that said it restarts may take to be back before its backends are ended;"
                    + " a bare number is in milliseconds.")
    String restart__grace() default "30000";
}
