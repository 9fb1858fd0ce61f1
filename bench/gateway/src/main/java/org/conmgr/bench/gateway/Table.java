package org.conmgr.bench.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects runs and shows medians. */
final class Table {
    private final List<Way> ways;
    private final Map<Load, Map<String, List<Load.Run>>> runs = new LinkedHashMap<>();

    /** @param ways the one that is compared to the others last */
    Table(List<Way> ways) {
        this.ways = List.copyOf(ways);
    }

    void add(Load load, Way way, Load.Run run) {
        runs.computeIfAbsent(load, first -> new LinkedHashMap<>())
                .computeIfAbsent(way.name(), first -> new ArrayList<>())
                .add(run);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        String own = ways.get(ways.size() - 1).name();
        text.append(String.format(Locale.ROOT, "%-14s", "rate a second"));
        for (Way way : ways) {
            text.append(String.format(Locale.ROOT, "%12s", way.name()));
        }
        for (Way way : ways.subList(0, ways.size() - 1)) {
            text.append(String.format(Locale.ROOT, "%15s", "/ " + way.name()));
        }
        for (Way way : ways.subList(1, ways.size())) {
            text.append(String.format(Locale.ROOT, "%15s", "us " + way.name()));
        }
        text.append('\n');
        runs.forEach((load, byWay) -> {
            text.append(String.format(Locale.ROOT, "%-14s", load.name() + " " + load.unit()));
            for (Way way : ways) {
                text.append(String.format(Locale.ROOT, "%12.0f", median(rates(byWay, way.name()))));
            }
            for (Way way : ways.subList(0, ways.size() - 1)) {
                List<Double> ratios = new ArrayList<>();
                for (int i = 0; i < rates(byWay, own).size(); i++) {
                    ratios.add(
                            rates(byWay, own).get(i) / rates(byWay, way.name()).get(i));
                }
                text.append(String.format(Locale.ROOT, "%15.2f", median(ratios)));
            }
            for (Way way : ways.subList(1, ways.size())) {
                text.append(String.format(Locale.ROOT, "%15.1f", 1e6 * median(cpu(byWay, way.name()))));
            }
            text.append('\n');
        });
        return text.toString();
    }

    private static List<Double> rates(Map<String, List<Load.Run>> byWay, String way) {
        return byWay.getOrDefault(way, List.of()).stream().map(Load.Run::rate).toList();
    }

    private static List<Double> cpu(Map<String, List<Load.Run>> byWay, String way) {
        return byWay.getOrDefault(way, List.of()).stream().map(Load.Run::cpu).toList();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }
}
