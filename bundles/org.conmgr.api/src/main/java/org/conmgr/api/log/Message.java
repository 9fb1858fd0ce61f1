package org.conmgr.api.log;

import static org.conmgr.api.log.Severity.DEBUG;
import static org.conmgr.api.log.Severity.ERROR;
import static org.conmgr.api.log.Severity.FATAL;
import static org.conmgr.api.log.Severity.LOG;
import static org.conmgr.api.log.Severity.NOTICE;
import static org.conmgr.api.log.Severity.WARNING;

import org.jspecify.annotations.Nullable;

/**
 * The catalogue: every message conmgr and its watchdog can write. Ids are stable: a message keeps its id for ever, an
 * id is never used again. The first digit tells the part: 1 configuration, 2 heartbeat link at conmgr, 3 watchdog, 4
 * application connections, 5 routing, 6 the log itself, 9 internal. Each {@code {}} stands for one value, in order.
 *
 * <p>A text starts in lower case and has no full stop; a hint is a sentence. After a change here, {@code
 * docs/messages.md} is written anew by {@code mvn test -pl :org.conmgr.api -Dtest=MessageTest -Dconmgr.update=true}.
 */
public enum Message {
    // 1: configuration
    INVALID_SETTING(
            "CM1001",
            ERROR,
            "{}: {}",
            "The setting is not applied. What was in force stays in force; if nothing was, nothing is."),
    DUPLICATE_INSTANCE("CM1002", ERROR, "{}: instance number {} is already configured by {}"),
    TIMEOUT_NOT_ABOVE_INTERVAL(
            "CM1003",
            WARNING,
            "heartbeat_timeout ({}) is not above heartbeat_interval ({}): every link will time out between two beats"),
    CONF_WARNING("CM1004", WARNING, "{}: {}"),
    CONF_NOTICE("CM1005", NOTICE, "{}: {}"),
    CONF_APPLIED("CM1006", LOG, "{} applied: {}"),
    CONF_NOT_APPLIED("CM1007", ERROR, "{} is not applied", "What was in force stays in force."),
    CONF_GONE("CM1008", WARNING, "{} is gone", "What it said stays in force until the process ends."),
    SETTING_OVERRULED("CM1009", WARNING, "{}: {} = {} is overruled by {}: {}"),
    INSTANCE_OVERRULED("CM1010", WARNING, "{}: instance {} is not used, because {} does not have it"),
    CONF_NOT_WRITTEN("CM1011", ERROR, "could not put {} into force: {}", "It is tried again."),
    INSTANCE_NOT_OVERRULED(
            "CM1012",
            ERROR,
            "{}: instance {} is used, although {} does not have it",
            "Delete the .cfg file. Set felix.fileinstall.enableConfigSave = false in etc/custom.properties, else to"
                    + " take it out of use would delete it."),
    PID_FILE_NOT_WRITTEN("CM1013", WARNING, "could not write {}: {}", "Without it cm_ctl does not find this process."),
    TOO_FEW_FILES(
            "CM1014",
            ERROR,
            "{}: {}",
            "Raise the limit of open files (ulimit -n; LimitNOFILE in a systemd unit), or lower max_connections."),
    STOP_WAITS(
            "CM1015",
            LOG,
            "new applications are refused from now on; conmgr stops when the last of {} application connections has ended"),
    FILES_READ_ANEW("CM1016", LOG, "{}: read anew, for links to come: {}"),
    FILES_NOT_READ("CM1017", ERROR, "{}: {}", "What was read before stays in use."),
    CERTIFICATE_EXPIRES(
            "CM1018", WARNING, "{}: the certificate in {} is valid until {}", "No link is made with it after that."),
    CONF_UNCHANGED("CM1019", DEBUG, "{} was read again: nothing changed"),
    SETTING_WITHOUT_EFFECT("CM1020", WARNING, "{}: {} has no effect: {}"),

    // 2: heartbeat link, at conmgr
    LINK_ESTABLISHED("CM2001", LOG, "heartbeat link to {} established: {}"),
    LINK_FAILED("CM2002", LOG, "no heartbeat link to {}: {}"),
    INSTANCE_DEAD("CM2003", LOG, "{} declared dead: {}"),
    INSTANCE_UNMONITORED("CM2004", WARNING, "{} is unmonitored: {}", "Is its watchdog running?"),
    ATTRIBUTES_CHANGED("CM2005", LOG, "attributes of {} changed from ({}) to ({})"),
    SYSTEM_IDENTIFIERS_DIFFER(
            "CM2006",
            ERROR,
            "{} has system identifier {}, but {} has {}: they do not replicate each other",
            "One conmgr serves one set of replicating instances."),
    DETECTOR_MISSING(
            "CM2008",
            WARNING,
            "{} names \"{}\", but there is no such failure detector, only {}: links are judged without it",
            "Is the feature that brings it installed?"),
    SHADOW_ALARM(
            "CM2009",
            NOTICE,
            "failure detector {}, in shadow, would have declared {} dead {} s before it was heard again: {}",
            "It does not act. SHOW VERDICTS tells what it would have decided."),
    WATCHDOG_RESTARTS("CM2010", LOG, "{} is unmonitored for a while: {}"),
    GIVEN_UP_BY_WATCHDOG("CM2011", WARNING, "{} is unmonitored: {}", "Was this host overloaded, paused or cut off?"),
    PROBE_NOT_SENT(
            "CM2012",
            WARNING,
            "{} could not be probed: {}",
            "It is taken to be there until it can. Is this host out of file descriptors, or of local ports?"),

    // 3: watchdog
    WATCHDOG_LISTENING("CM3001", LOG, "watchdog \"{}\" listens on {}"),
    WATCHDOG_CANNOT_LISTEN("CM3002", ERROR, "watchdog \"{}\" cannot listen on {}: {}"),
    CONMGR_CONNECTED("CM3003", LOG, "heartbeat link from conmgr \"{}\" at {} established"),
    CONMGR_LOST("CM3004", LOG, "heartbeat link from conmgr \"{}\" at {} lost: {}"),
    LINK_REFUSED("CM3005", LOG, "heartbeat link from {} refused: {}"),
    TOO_MANY_LINKS(
            "CM3006", LOG, "heartbeat link from {} refused: {} links are open", "Raise max_heartbeat_connections."),
    BACKENDS_TERMINATED("CM3007", LOG, "terminated {} backends of {}"),
    TERMINATION_FAILED("CM3008", ERROR, "could not terminate the backends of {}: {}"),
    INSTANCE_SEEN("CM3009", LOG, "watchdog \"{}\" watches its instance: {}"),
    INSTANCE_LOST("CM3010", LOG, "watchdog \"{}\" lost its instance: {}"),
    INSTANCE_CHANGED("CM3011", LOG, "watchdog \"{}\": attributes changed from ({}) to ({})"),
    WATCHDOG_STOPPED("CM3012", LOG, "watchdog \"{}\" stopped"),
    TERMINATOR_NOT_READY("CM3013", WARNING, "the terminator of watchdog \"{}\" cannot reach its instance: {}"),
    READ_ONLY_UNSEEN(
            "CM3014",
            WARNING,
            "cannot see default_transaction_read_only of the instance at {}, taken as off: the session of role \"{}\" has"
                    + " one of its own",
            "ALTER ROLE ... RESET default_transaction_read_only, or take it out of url."),
    BACKENDS_SPARED(
            "CM3015",
            WARNING,
            "{} backends of {} were not terminated: the watchdog's role may not end them",
            "They are superusers', or the role lacks pg_signal_backend."),
    VIEW_NOT_KEPT(
            "CM3016",
            LOG,
            "watchdog \"{}\" cannot keep pgx_stat_watchdog: {}",
            "The view is empty. Create the extension in the database of url and grant EXECUTE on pgx_watchdog_publish to"
                    + " the role, or set stat_view = off."),
    INSTANCE_DEGRADED(
            "CM3017",
            WARNING,
            "watchdog \"{}\": its instance takes no new connections: {}",
            "Sessions that it has stay; conmgrs send it no new ones until this is over."),
    ROLE_LIMITS(
            "CM3018",
            LOG,
            "as role \"{}\" at {} the watchdog cannot: {}",
            "Behind each stands what it would take; docs/watchdog-role.md says more."),
    LINKS_REFUSED("CM3019", LOG, "watchdog \"{}\" refused {} more heartbeat links within {} s, the last from {}"),
    LINKS_UNPROTECTED(
            "CM3020",
            WARNING,
            "watchdog \"{}\" serves only conmgrs of its own host: neither certificates nor a shared secret is configured",
            "Set certificate, key and ca in org.conmgr.tls, or secret_file in org.conmgr.auth, at both ends; or auth ="
                    + " trust; or listen_addresses = localhost if that is all it is for."),
    INSTANCE_NOT_ASKED(
            "CM3021",
            WARNING,
            "watchdog \"{}\" could not ask its instance: {}",
            "What it saw last stands until it can. Is this host out of file descriptors, or of local ports?"),

    // 4: application connections
    LISTENING("CM4001", LOG, "listening for applications on {}"),
    CANNOT_LISTEN("CM4002", ERROR, "cannot listen for applications on {}: {}"),
    TOO_MANY_CONNECTIONS("CM4003", LOG, "closed a connection from {}: {} are open", "Raise max_connections."),
    INVALID_FIRST_PACKET("CM4004", DEBUG, "closed a connection from {}: {}"),
    FIRST_PACKET_TIMED_OUT("CM4005", DEBUG, "closed a connection from {}: nothing useful within {}"),
    STOPPED_LISTENING("CM4006", LOG, "no longer listening for applications on {}"),
    CONNECTION_BROKEN("CM4007", DEBUG, "connection from {} broke: {}"),
    CANNOT_ACCEPT(
            "CM4008",
            WARNING,
            "cannot accept connections of applications on {}, trying again every second: {}",
            "Raise the limit of open files of this process."),
    CONSOLE_LOGIN_REFUSED("CM4009", LOG, "console login of \"{}\" from {} refused: {}"),
    STILL_LISTENING(
            "CM4010",
            WARNING,
            "still listening for applications on {}, because it cannot listen where it should: {}",
            "It changes over as soon as it listens everywhere that port and listen_addresses say."),
    INSTANCE_NOT_REACHED(
            "CM4020",
            WARNING,
            "the gateway cannot connect clients to {}: {}",
            "Its watchdog says that it is there; is backend_port right, and may this host connect to it?"),
    RELAY_BROKEN("CM4021", DEBUG, "a relayed connection to {} broke: {}"),
    ENCRYPTED_CLIENT_REFUSED("CM4022", LOG, "closed an encrypted connection from {}, which cannot be told why: {}"),

    // 5: routing
    TWO_PRIMARIES(
            "CM5001", WARNING, "two primaries: {} on timeline {} and {} on timeline {}; the higher timeline is used"),
    SESSIONS_ENDED("CM5002", LOG, "ended {} application connections to {}: {}"),
    EQUAL_PRIMARIES(
            "CM5003",
            WARNING,
            "two primaries on timeline {}: {} and {}; the first of them, which was primary before, is used",
            "Which one is right cannot be told from here: stop the other one."),
    STALE_PRIMARY(
            "CM5004",
            WARNING,
            "{} claims to be primary on timeline {}, but {} was primary on timeline {}: it is not used",
            "Make it a standby of the newer primary (pg_rewind), or stop it."),
    HELD_DOWN(
            "CM5005",
            LOG,
            "{} is held down until {}: deaths soon after it had come back: {}",
            "It is used only where no other instance will do. See flap_window and hold_down."),
    RELEASED("CM5006", LOG, "{} is no longer held down"),
    BALANCE_POLICY_MISSING(
            "CM5007",
            WARNING,
            "{}: balance_policy names \"{}\", but there is no such policy, only {}: {} is used until it is there",
            "Is it spelled right, and is the feature that brings it installed? The other settings are in force."),

    // 6: the log itself
    SINK_MISSING(
            "CM6001",
            WARNING,
            "messages are to go to \"{}\", but nothing writes there",
            "Is the feature that brings it installed, and is it one for this system? Its messages are kept until it comes."),
    SINK_FAILED("CM6002", WARNING, "messages cannot be written to \"{}\": {}"),
    MESSAGES_LOST(
            "CM6003", LOG, "messages lost here: {}", "They came faster than they could be written, or not at all."),

    // 9: internal
    SUPERVISED_FAILURE("CM9001", ERROR, "{} failed and goes on: {}"),
    CANNOT_START("CM9002", FATAL, "cannot start: {}");

    private final String id;
    private final Severity severity;
    private final String template;
    private final @Nullable String hint;

    Message(String id, Severity severity, String template) {
        this(id, severity, template, null);
    }

    Message(String id, Severity severity, String template, @Nullable String hint) {
        this.id = id;
        this.severity = severity;
        this.template = template;
        this.hint = hint;
    }

    public String id() {
        return id;
    }

    public Severity severity() {
        return severity;
    }

    /** The text with {@code {}} where values go. */
    public String template() {
        return template;
    }

    public @Nullable String hint() {
        return hint;
    }

    /** The text with its values. A value too few leaves its {@code {}}, one too many is appended: never an exception. */
    String fill(Object... values) {
        StringBuilder text = new StringBuilder(template.length() + 32);
        int from = 0;
        int next = 0;
        for (int at = template.indexOf("{}"); at >= 0 && next < values.length; at = template.indexOf("{}", from)) {
            text.append(template, from, at).append(values[next++]);
            from = at + 2;
        }
        text.append(template, from, template.length());
        while (next < values.length) {
            text.append(' ').append(values[next++]);
        }
        return text.toString();
    }
}
