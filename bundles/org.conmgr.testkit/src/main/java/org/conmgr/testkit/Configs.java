package org.conmgr.testkit;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Typed component configurations without a framework: the defaults of an annotation type with some keys set. */
public final class Configs {
    private Configs() {}

    /**
     * A configuration as Declarative Services would give it to a component.
     *
     * @param type its annotation type; a method {@code heartbeat__interval} is the key {@code heartbeat_interval}
     * @param settings values by key, as text
     */
    public static <A extends Annotation> A of(Class<A> type, Map<String, String> settings) {
        Set<String> unknown = new HashSet<>(settings.keySet());
        for (var method : type.getDeclaredMethods()) {
            unknown.remove(key(method.getName()));
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no keys " + unknown);
        }
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    String value = settings.get(key(method.getName()));
                    return value == null ? method.getDefaultValue() : value;
                }));
    }

    /** Every key of the type with its default. */
    public static Map<String, String> defaults(Class<? extends Annotation> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .collect(Collectors.toMap(
                        method -> key(method.getName()), method -> String.valueOf(method.getDefaultValue())));
    }

    private static String key(String method) {
        return method.replace("__", "_");
    }
}
