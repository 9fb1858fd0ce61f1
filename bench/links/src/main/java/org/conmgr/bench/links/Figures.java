package org.conmgr.bench.links;

import java.util.HashMap;
import java.util.Map;

/** What a side answers: {@code name=number} separated by blanks. */
record Figures(Map<String, Double> values) {
    static Figures parse(String line) {
        Map<String, Double> values = new HashMap<>();
        for (String figure : line.split(" ", -1)) {
            int equals = figure.indexOf('=');
            values.put(figure.substring(0, equals), Double.valueOf(figure.substring(equals + 1)));
        }
        return new Figures(values);
    }

    double get(String name) {
        Double value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is not in " + values);
        }
        return value;
    }
}
