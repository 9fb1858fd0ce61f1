package org.conmgr.testkit;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The configuration of a component as Declarative Services makes it from a PID's properties. */
public final class ComponentConfig {
    private ComponentConfig() {}

    /**
     * A component's configuration with these settings, all others at their defaults.
     *
     * @param type the component's annotation; its methods return strings
     * @param settings values by key, as {@code max_connections}
     * @throws IllegalArgumentException for a key that the type does not have
     */
    public static <T> T of(Class<T> type, Map<String, String> settings) {
        Set<String> unknown = new HashSet<>(settings.keySet());
        Arrays.stream(type.getDeclaredMethods())
                .map(ComponentConfig::key)
                .toList()
                .forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no " + unknown);
        }
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> settings.getOrDefault(key(method), defaultOf(method))));
    }

    /** Every key of the type with its default. */
    public static Map<String, String> defaults(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .collect(Collectors.toMap(ComponentConfig::key, ComponentConfig::defaultOf));
    }

    /** The key that a method stands for: {@code max__connections} for {@code max_connections}. */
    private static String key(Method method) {
        return method.getName().replace("__", "_");
    }

    private static String defaultOf(Method method) {
        return String.valueOf(method.getDefaultValue());
    }
}
