package org.conmgr.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A {@code conmgr.conf} that can be used: every parameter valid, in its canonical spelling, defaults filled in.
 *
 * @param values the parameters of the whole process, every one
 * @param instances the parameters of each instance by instance number; without the host or the address that is not
 *     given
 */
public record Conf(Map<Parameter, String> values, SortedMap<Integer, Map<Parameter, String>> instances) {
    public Conf {
        Map<Parameter, String> allValues = new EnumMap<>(Parameter.class);
        SortedMap<Integer, Map<Parameter, String>> allInstances = new TreeMap<>();
        for (Parameter parameter : Parameter.values()) {
            if (!parameter.perInstance()) {
                put(allValues, parameter, values);
            }
        }
        instances.forEach((number, given) -> {
            Map<Parameter, String> instance = new EnumMap<>(Parameter.class);
            for (Parameter parameter : Parameter.values()) {
                if (parameter.perInstance()) {
                    put(instance, parameter, given);
                }
            }
            allInstances.put(number, Map.copyOf(instance));
        });
        values = Map.copyOf(allValues);
        instances = Collections.unmodifiableSortedMap(allInstances);
    }

    private static void put(Map<Parameter, String> all, Parameter parameter, Map<Parameter, String> given) {
        Optional.ofNullable(given.get(parameter))
                .filter(value -> !value.isEmpty())
                .or(parameter::defaultValue)
                .ifPresent(value -> all.put(parameter, value));
    }

    /** What belongs into Config Admin: for each PID its keys and values. Instances are {@code org.conmgr.instance~N}. */
    public SortedMap<String, Map<String, String>> configurations() {
        SortedMap<String, Map<String, String>> configurations = new TreeMap<>();
        values.forEach((parameter, value) -> configurations
                .computeIfAbsent(parameter.pid(), pid -> new TreeMap<>())
                .put(parameter.key(), value));
        instances.forEach((number, given) -> given.forEach((parameter, value) -> configurations
                .computeIfAbsent(pid(number), pid -> new TreeMap<>())
                .put(parameter.key(), value)));
        return configurations;
    }

    /** The PID of an instance. */
    public static String pid(int number) {
        return Parameter.Pid.INSTANCE + "~" + number;
    }

    /** What this file says otherwise than an earlier one, in words and in order; empty when nothing. */
    public List<String> changesFrom(Conf earlier) {
        List<String> changes = new ArrayList<>();
        for (Parameter parameter : Parameter.values()) {
            addChange(changes, parameter.key(), earlier.values.get(parameter), values.get(parameter));
        }
        earlier.instances.keySet().stream()
                .filter(number -> !instances.containsKey(number))
                .forEach(number -> changes.add(earlier.describe(number) + " removed"));
        instances.forEach((number, now) -> {
            Map<Parameter, String> before = earlier.instances.get(number);
            if (before == null) {
                changes.add(describe(number) + " added");
                return;
            }
            for (Parameter parameter : Parameter.values()) {
                addChange(changes, parameter.key() + number, before.get(parameter), now.get(parameter));
            }
        });
        return changes;
    }

    private static void addChange(List<String> changes, String name, @Nullable String before, @Nullable String now) {
        if (!Objects.equals(before, now)) {
            changes.add(name + ": " + orNone(before) + " -> " + orNone(now));
        }
    }

    private static String orNone(@Nullable String value) {
        return value == null ? "none" : value;
    }

    /** For messages: {@code instance 2 (db3:5432)}. */
    String describe(int number) {
        return "instance " + number + " (" + host(number) + ":" + get(number, Parameter.BACKEND_PORT) + ")";
    }

    /** Where an instance is connected to: its address when that is given, else its host. */
    String host(int number) {
        String address = get(number, Parameter.BACKEND_HOSTADDR);
        return address.isEmpty() ? get(number, Parameter.BACKEND_HOST) : address;
    }

    /** A value of an instance; empty when there is none. */
    String get(int number, Parameter parameter) {
        Map<Parameter, String> instance = instances.get(number);
        return instance == null ? "" : instance.getOrDefault(parameter, "");
    }
}
