package org.conmgr.config;

import static org.conmgr.config.ConfSyntax.shortened;

import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;

/** What assignments mean: which parameter, whether its value is one, and whether all of them together make sense. */
final class ConfRules {
    /** The number of a parameter that is not one instance's. */
    private static final int NONE = -1;

    private final Platform platform;
    private final Problems problems;
    private final Map<Name, Assignment> assignments = new LinkedHashMap<>();
    private final Map<Integer, Name> firstOfInstance = new HashMap<>();
    private final Map<Parameter, String> values = new EnumMap<>(Parameter.class);
    private final SortedMap<Integer, Map<Parameter, String>> instances = new TreeMap<>();

    private ConfRules(Platform platform, Problems problems) {
        this.platform = platform;
        this.problems = problems;
    }

    /** The parameter, and the instance number behind it if it has one. */
    private record Name(Parameter parameter, int number) {
        @Override
        public String toString() {
            return number == NONE ? parameter.key() : parameter.key() + number;
        }
    }

    /** What the assignments say; null when they have an error. */
    static @Nullable Conf apply(List<Assignment> assignments, Platform platform, Problems problems) {
        ConfRules rules = new ConfRules(platform, problems);
        assignments.forEach(rules::assign);
        rules.assignments.forEach(rules::evaluate);
        rules.requireHosts();
        if (problems.hasErrors()) {
            return null;
        }
        Conf conf = new Conf(rules.values, rules.instances);
        rules.compareTimes(conf);
        rules.findTwins(conf, Parameter.BACKEND_PORT);
        rules.findTwins(conf, Parameter.WATCHDOG_PORT);
        return conf;
    }

    private void assign(Assignment assignment) {
        resolve(assignment).ifPresent(name -> {
            firstOfInstance.putIfAbsent(name.number(), name);
            Assignment earlier = assignments.put(name, assignment);
            if (earlier != null) {
                problems.remark(
                        Message.CONF_WARNING,
                        assignment.line(),
                        name + ": " + shown(assignment.value()) + " replaces " + shown(earlier.value()) + " of line "
                                + earlier.line());
            }
        });
    }

    private Optional<Name> resolve(Assignment assignment) {
        String written = assignment.name();
        int digits = written.length();
        while (digits > 0 && written.charAt(digits - 1) >= '0' && written.charAt(digits - 1) <= '9') {
            digits--;
        }
        String number = written.substring(digits);
        Optional<Parameter> parameter = Parameter.ofKey(written.substring(0, digits));
        if (parameter.isPresent() && parameter.get().perInstance() != number.isEmpty()) {
            return numbered(assignment, parameter.get(), number);
        }
        problems.error(assignment.line(), () -> shortened(written) + ": " + unknown(written, parameter, number));
        return Optional.empty();
    }

    private Optional<Name> numbered(Assignment assignment, Parameter parameter, String number) {
        if (number.isEmpty()) {
            return Optional.of(new Name(parameter, NONE));
        }
        try {
            return Optional.of(new Name(parameter, Setting.integer("instance number", number, 0, Integer.MAX_VALUE)));
        } catch (InvalidSetting e) {
            problems.error(
                    assignment.line(),
                    shortened(assignment.name()) + ": instance number too large (expected: at most " + Integer.MAX_VALUE
                            + ")");
            return Optional.empty();
        }
    }

    private static String unknown(String written, Optional<Parameter> parameter, String number) {
        if (parameter.isPresent()) {
            String key = parameter.get().key();
            return number.isEmpty()
                    ? "no instance number (expected: " + key + "0, " + key + "1, ...)"
                    : "unknown parameter (" + key + " has no instance number)";
        }
        return "unknown parameter"
                + Spelling.nearest(written)
                        .map(near -> " (did you mean " + near + "?)")
                        .orElse("");
    }

    private void evaluate(Name name, Assignment assignment) {
        Parameter parameter = name.parameter();
        Map<Parameter, String> target = name.number() == NONE
                ? values
                : instances.computeIfAbsent(name.number(), number -> new EnumMap<>(Parameter.class));
        try {
            target.put(parameter, parameter.canonical(name.toString(), assignment.value(), platform));
        } catch (InvalidSetting e) {
            problems.error(assignment.line(), String.valueOf(e.getMessage()));
            // Given, though badly: that it is missing must not be said as well.
            target.put(parameter, assignment.value());
        }
        if (parameter.platform().filter(only -> only != platform).isPresent()) {
            problems.remark(Message.CONF_NOTICE, assignment.line(), name + ": has no effect on " + platform);
        }
    }

    private void requireHosts() {
        instances.forEach((number, given) -> {
            if (given.getOrDefault(Parameter.BACKEND_HOST, "").isEmpty()
                    && given.getOrDefault(Parameter.BACKEND_HOSTADDR, "").isEmpty()) {
                Name first = firstOf(number);
                problems.error(
                        line(first),
                        first + ": instance " + number + " has no host (expected: "
                                + new Name(Parameter.BACKEND_HOST, number) + " or "
                                + new Name(Parameter.BACKEND_HOSTADDR, number) + ")");
            }
        });
        if (instances.isEmpty() && !problems.hasErrors()) {
            problems.error(0, "no instance (expected: backend_host0 or backend_hostaddr0, and one for each instance)");
        }
    }

    private Name firstOf(int number) {
        return Objects.requireNonNull(firstOfInstance.get(number));
    }

    private void compareTimes(Conf conf) {
        Duration interval = time(conf, Parameter.HEARTBEAT_INTERVAL);
        Duration timeout = time(conf, Parameter.HEARTBEAT_TIMEOUT);
        if (timeout.compareTo(interval) <= 0) {
            problems.remark(
                    Message.TIMEOUT_NOT_ABOVE_INTERVAL,
                    Math.max(
                            line(new Name(Parameter.HEARTBEAT_TIMEOUT, NONE)),
                            line(new Name(Parameter.HEARTBEAT_INTERVAL, NONE))),
                    "heartbeat_timeout: " + Setting.text(timeout) + " is not above heartbeat_interval: "
                            + Setting.text(interval) + "; every link will time out between two beats");
        }
    }

    private static Duration time(Conf conf, Parameter parameter) {
        String text = conf.values().getOrDefault(parameter, "");
        return Setting.time(parameter.key(), text, TimeUnit.SECONDS, Duration.ZERO);
    }

    /** Two numbers for one server: it would be counted, beaten and balanced twice, or show the other's attributes. */
    private void findTwins(Conf conf, Parameter port) {
        Map<String, Integer> seen = new HashMap<>();
        conf.instances().forEach((number, instance) -> {
            String server = conf.host(number).toLowerCase(Locale.ROOT) + " " + conf.get(number, port);
            Integer twin = seen.putIfAbsent(server, number);
            if (twin != null) {
                int line = Math.max(line(new Name(port, number)), line(new Name(port, twin)));
                problems.remark(
                        Message.CONF_WARNING,
                        line > 0 ? line : line(firstOf(number)),
                        new Name(port, number) + ": instances " + twin + " and " + number + " have the same host ("
                                + conf.host(number) + ") and " + port.key() + " (" + conf.get(number, port) + ")");
            }
        });
    }

    /** Where the parameter is set; 0 when it is not. */
    private int line(Name name) {
        Assignment assignment = assignments.get(name);
        return assignment == null ? 0 : assignment.line();
    }

    private static String shown(String value) {
        return value.isEmpty() ? "''" : shortened(value);
    }
}
