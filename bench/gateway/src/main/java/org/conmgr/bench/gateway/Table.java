package org.conmgr.bench.gateway;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Collects runs and shows medians: rates, ratios of the own ways to the peers, CPU. */
final class Table {
    private final List<Way> peers;
    private final List<Way> own;
    private final Map<Load, Map<Way, List<Load.Run>>> runs = new LinkedHashMap<>();

    /** @param own those that are compared to the peers */
    Table(List<Way> peers, List<Way> own) {
        this.peers = List.copyOf(peers);
        this.own = List.copyOf(own);
    }

    void add(Load load, Way way, Load.Run run) {
        runs.computeIfAbsent(load, first -> new LinkedHashMap<>())
                .computeIfAbsent(way, first -> new ArrayList<>())
                .add(run);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        section(text, "units a second", ways().map(Way::name).toList(), byWay -> ways().map(
                        way -> String.format(Locale.ROOT, "%.0f", median(rates(byWay, way))))
                .toList());
        for (Way way : own) {
            section(text, way.name() + " to", peers.stream().map(Way::name).toList(), byWay -> peers.stream()
                    .map(peer -> String.format(Locale.ROOT, "%.2f", ratio(byWay, way, peer)))
                    .toList());
        }
        section(text, "us CPU a unit", proxies().map(Way::name).toList(), byWay -> proxies()
                .map(way -> String.format(Locale.ROOT, "%.1f", 1e6 * median(cpu(byWay, way))))
                .toList());
        return text.toString();
    }

    private Stream<Way> ways() {
        return Stream.concat(peers.stream(), own.stream());
    }

    private Stream<Way> proxies() {
        return ways().filter(way -> !way.processes().isEmpty());
    }

    private interface Cells {
        List<String> of(Map<Way, List<Load.Run>> byWay);
    }

    private void section(StringBuilder text, String title, List<String> heads, Cells cells) {
        line(text, title, heads);
        runs.forEach((load, byWay) -> line(text, load.name() + " " + load.unit(), cells.of(byWay)));
        text.append('\n');
    }

    private static void line(StringBuilder text, String head, List<String> cells) {
        text.append(String.format(Locale.ROOT, "%-20s", head));
        cells.forEach(cell -> text.append(String.format(Locale.ROOT, "%12s", cell)));
        text.append('\n');
    }

    /** Of the runs of one round, so that what the machine does beside it counts for both. */
    private static double ratio(Map<Way, List<Load.Run>> byWay, Way way, Way peer) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < rates(byWay, way).size(); i++) {
            ratios.add(rates(byWay, way).get(i) / rates(byWay, peer).get(i));
        }
        return median(ratios);
    }

    private static List<Double> rates(Map<Way, List<Load.Run>> byWay, Way way) {
        return byWay.getOrDefault(way, List.of()).stream().map(Load.Run::rate).toList();
    }

    private static List<Double> cpu(Map<Way, List<Load.Run>> byWay, Way way) {
        return byWay.getOrDefault(way, List.of()).stream().map(Load.Run::cpu).toList();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }
}
