package org.conmgr.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every parameter of {@code conmgr.conf}: the single table that the reader, the mapping to Config Admin, the sample
 * file and the documentation are made from or held to. The order is the guide's.
 */
public enum Parameter {
    PORT(Pid.LISTENER, ValueType.PORT, "27546", "The port where applications reach conmgr."),
    BACKEND_HOST(
            Pid.INSTANCE,
            ValueType.HOST,
            null,
            "Host name or address of the instance; the name that a certificate is checked against."),
    BACKEND_HOSTADDR(
            Pid.INSTANCE,
            ValueType.ADDRESS,
            null,
            "Address of the instance: used instead of the host name, so that no name needs to be resolved."),
    BACKEND_PORT(Pid.INSTANCE, ValueType.PORT, "27500", "The port of the instance's postmaster."),
    WATCHDOG_PORT(Pid.INSTANCE, ValueType.PORT, "27545", "The port of the watchdog beside the instance."),
    HEARTBEAT_INTERVAL(
            Pid.HEARTBEAT, ValueType.SECONDS, "10", "Time between two beats; both ends of a link send at this rate."),
    HEARTBEAT_TIMEOUT(
            Pid.HEARTBEAT,
            ValueType.SECONDS,
            "20",
            "How long an end of a link may hear nothing before it takes the other for dead; more than the interval."),
    HEARTBEAT_CONNECT_INTERVAL(
            Pid.HEARTBEAT,
            ValueType.SECONDS,
            "1",
            "Time from the start of one attempt to establish a link to the start of the next."),
    HEARTBEAT_CONNECT_TIMEOUT(
            Pid.HEARTBEAT,
            ValueType.SECONDS,
            "10",
            "How long one attempt may take, from resolving the name to the watchdog's answer."),
    LOG_DESTINATION(Pid.LOG, ValueType.DESTINATIONS, "stderr", "Where messages go."),
    SYSLOG_FACILITY(
            Pid.SYSLOG, Platform.LINUX, ValueType.FACILITY, "LOCAL0", "The facility of messages that go to syslog."),
    SYSLOG_IDENT(
            Pid.SYSLOG, Platform.LINUX, ValueType.IDENT, "conmgr", "The program name of messages that go to syslog."),
    EVENT_SOURCE(
            Pid.EVENTLOG,
            Platform.WINDOWS,
            ValueType.SOURCE,
            "conmgr",
            "The event source of messages that go to the event log."),
    LOG_MIN_MESSAGES(Pid.LOG, ValueType.SEVERITY, "WARNING", "The least severity that is written."),
    MAX_CONNECTIONS(
            Pid.LISTENER,
            ValueType.COUNT,
            "0",
            "How many application connections may be open at once; one more is closed. 0 is no limit.");

    /** The PIDs that the parameters go to. Of {@link #INSTANCE} there is one configuration for each instance number. */
    public static final class Pid {
        public static final String LISTENER = "org.conmgr.listener";
        public static final String INSTANCE = "org.conmgr.instance";
        public static final String HEARTBEAT = "org.conmgr.heartbeat";
        public static final String LOG = "org.conmgr.log";
        public static final String SYSLOG = "org.conmgr.log.syslog";
        public static final String EVENTLOG = "org.conmgr.log.eventlog";

        private Pid() {}
    }

    private final String key = name().toLowerCase(Locale.ROOT);
    private final String pid;
    private final @Nullable Platform platform;
    private final ValueType type;
    private final @Nullable String defaultValue;
    private final String sentence;

    Parameter(String pid, ValueType type, @Nullable String defaultValue, String sentence) {
        this(pid, null, type, defaultValue, sentence);
    }

    Parameter(String pid, @Nullable Platform platform, ValueType type, @Nullable String defaultValue, String sentence) {
        this.pid = pid;
        this.platform = platform;
        this.type = type;
        this.defaultValue = defaultValue;
        this.sentence = sentence;
    }

    /** The parameter with this key, in any case, without an instance number. */
    public static Optional<Parameter> ofKey(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        for (Parameter parameter : values()) {
            if (parameter.key.equals(lower)) {
                return Optional.of(parameter);
            }
        }
        return Optional.empty();
    }

    /**
     * The parameters that a configuration holds.
     *
     * @param factoryPid null for a configuration that is no factory's
     */
    public static List<Parameter> of(String pid, @Nullable String factoryPid) {
        String owner = factoryPid == null ? pid : factoryPid;
        return Stream.of(values())
                .filter(parameter -> parameter.pid.equals(owner))
                .toList();
    }

    /** The name in the file, without an instance number, and the key in Config Admin. */
    public String key() {
        return key;
    }

    /** The PID, or the factory PID of a parameter of one instance. */
    public String pid() {
        return pid;
    }

    /** Whether its name is followed by an instance number. */
    public boolean perInstance() {
        return pid.equals(Pid.INSTANCE);
    }

    /** The only platform where it has an effect; empty when it has on all. */
    public Optional<Platform> platform() {
        return Optional.ofNullable(platform);
    }

    /** The guide's word for its type: integer, string or enum. */
    public String type() {
        return type.guide();
    }

    /** What is allowed, in words. */
    public String range() {
        return type.range();
    }

    /** Empty for a parameter that is simply not set when it is not given. */
    public Optional<String> defaultValue() {
        return Optional.ofNullable(defaultValue);
    }

    /** What it is for. */
    public String sentence() {
        return sentence;
    }

    /**
     * From any allowed spelling to the one that goes to Config Admin: {@code warning} to {@code WARNING}, {@code
     * 2000ms} to {@code 2}.
     *
     * @param name how to call it in the error: the key, with its instance number if it has one
     * @throws org.conmgr.api.setting.InvalidSetting if the text is not a value of this parameter
     */
    public String canonical(String name, String text, Platform on) {
        return type.canonical(name, text, on);
    }
}
