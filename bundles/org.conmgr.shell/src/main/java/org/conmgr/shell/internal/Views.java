package org.conmgr.shell.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.api.watchdog.WatchdogView;
import org.conmgr.shell.internal.Columns.Answered;
import org.conmgr.shell.internal.Columns.NamedLink;
import org.jspecify.annotations.Nullable;

/** The text of each command. */
final class Views {
    static final String NO_INSTANCE = "No instance is configured (backend_host0 = ... in conmgr.conf).";
    static final String NO_APPLICATION = "No application connection.";
    static final String NO_WATCHDOG = "No watchdog is configured here.";

    private Views() {}

    /** How conmgr is, in a few lines. As JSON one object. */
    static String status(RegistryView registry, boolean json) {
        List<InstanceStatus> instances = registry.instances();
        List<ApplicationStatus> applications = registry.applications();
        long waiting = applications.stream().filter(row -> row.instance() == -1).count();
        Route primary = primary(registry);
        if (json) {
            List<Column<RegistryView>> columns = List.of(
                    Column.number("instances", row -> instances.size()),
                    Column.number("instances_up", row -> up(instances)),
                    Column.number("primary", row -> number(primary)),
                    Column.number("application_connections", row -> applications.size() - waiting),
                    Column.number("waiting", row -> waiting));
            return JsonText.object(columns, registry);
        }
        if (instances.isEmpty()) {
            return NO_INSTANCE;
        }
        return count(instances.size(), "instance") + ": " + links(instances) + "; primary: "
                + (primary == null ? "none" : primary.instance().number()) + "\n"
                + count(applications.size() - waiting, "application connection") + ", " + waiting + " waiting\n\n"
                + Table.of(Columns.STATUS, instances);
    }

    static String instances(RegistryView registry, boolean json) {
        return rows(Columns.INSTANCES, registry.instances(), NO_INSTANCE, json);
    }

    static String applications(RegistryView registry, boolean json) {
        return rows(Columns.APPLICATIONS, registry.applications(), NO_APPLICATION, json);
    }

    static String links(List<WatchdogView> watchdogs, boolean json) {
        List<NamedLink> links = new ArrayList<>();
        for (WatchdogView watchdog : watchdogs) {
            watchdog.links().forEach(link -> links.add(new NamedLink(watchdog.name(), link)));
        }
        String none = watchdogs.isEmpty()
                ? NO_WATCHDOG
                : "No conmgr is linked to "
                        + watchdogs.stream()
                                .map(watchdog -> "watchdog " + watchdog.name())
                                .collect(Collectors.joining(", "))
                        + ".";
        return rows(Columns.LINKS, links, none, json);
    }

    static String route(RegistryView registry, Target target, boolean json) {
        Answered answered =
                new Answered(target, registry.preview(new RouteRequest(target, "conmgr:route", 0, "direct", 0)));
        if (json) {
            return JsonText.object(Columns.ROUTE, answered);
        }
        if (answered.refusal() != null) {
            return answered.refusal().sqlState() + ": " + answered.refusal().text();
        }
        List<Column<Answered>> columns = Columns.ROUTE.stream()
                .filter(column ->
                        !column.name().equals("sqlstate") && !column.name().equals("refusal"))
                .toList();
        return Table.of(columns, List.of(answered));
    }

    private static <R> String rows(List<Column<R>> columns, List<R> rows, String none, boolean json) {
        if (json) {
            return JsonText.array(columns, rows);
        }
        return rows.isEmpty() ? none : Table.of(columns, rows);
    }

    private static @Nullable Route primary(RegistryView registry) {
        return registry.preview(new RouteRequest(Target.PRIMARY, "conmgr:status", 0, "direct", 0))
                        instanceof Route route
                ? route
                : null;
    }

    private static @Nullable Integer number(@Nullable Route route) {
        return route == null ? null : route.instance().number();
    }

    private static long up(List<InstanceStatus> instances) {
        return instances.stream().filter(row -> row.link() == LinkState.UP).count();
    }

    /** {@code 1 up, 2 down}. */
    private static String links(List<InstanceStatus> instances) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        instances.forEach(row -> counts.merge(row.link().word(), 1, Integer::sum));
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    private static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
