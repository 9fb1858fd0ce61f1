package org.conmgr.shell.internal;

import static org.conmgr.shell.internal.Column.number;
import static org.conmgr.shell.internal.Column.text;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.Target;
import org.conmgr.api.watchdog.WatchdogView;
import org.jspecify.annotations.Nullable;

/** What each view shows, in this order and under these names, which every other view of conmgr uses too. */
final class Columns {
    private Columns() {}

    /** A link with the name of the watchdog it leads to. */
    record NamedLink(String watchdog, WatchdogView.Link link) {}

    /** A question and its answer. */
    record Answered(Target target, RouteAnswer answer) {
        @Nullable
        Route route() {
            return answer instanceof Route route ? route : null;
        }

        @Nullable
        Refusal refusal() {
            return answer instanceof Refusal refusal ? refusal : null;
        }

        @Nullable
        ConfiguredInstance instance() {
            Route route = route();
            return route == null ? null : route.instance();
        }
    }

    static final List<Column<InstanceStatus>> INSTANCES = List.of(
            number("instance", row -> row.instance().number()),
            text("host", row -> row.instance().host()),
            text("hostaddr", row -> address(row.instance().hostaddr())),
            number("port", row -> row.instance().backendPort()),
            number("watchdog_port", row -> row.instance().watchdogPort()),
            text("role", Columns::role),
            text("state", Columns::state),
            text("link", row -> row.link().word()),
            text("since", row -> time(row.since())),
            text("last_beat", row -> time(row.lastBeat())),
            number("timeline", Columns::timeline),
            text("server_version", row -> known(row.identity().versionText())),
            text("lsn", row -> known(row.progress().lsnText())),
            number("replay_lag_ms", row -> known(row.progress().replayLagMillis())),
            number("free_slots", row -> known(row.progress().freeSlots())),
            number("application_connections", InstanceStatus::applicationConnections),
            text("reason", InstanceStatus::reason));

    /** The part of {@link #INSTANCES} that fits a narrow terminal. */
    static final List<Column<InstanceStatus>> STATUS = INSTANCES.stream()
            .filter(column -> List.of(
                            "instance", "host", "port", "role", "state", "link", "application_connections", "reason")
                    .contains(column.name()))
            .toList();

    static final List<Column<ApplicationStatus>> APPLICATIONS = List.of(
            number("id", ApplicationStatus::id),
            text("application", row -> row.request().application()),
            number("pid", row -> row.request().pid() == 0 ? null : row.request().pid()),
            text("path", row -> row.request().path()),
            text("target", row -> row.request().target().word()),
            number("instance", row -> row.instance() == -1 ? null : row.instance()),
            text("since", row -> time(row.since())),
            text("sql_address", row -> socket(row.sqlSocket())));

    static final List<Column<NamedLink>> LINKS = List.of(
            text("watchdog", NamedLink::watchdog),
            text("conmgr", row -> row.link().name()),
            text("address", row -> address(row.link().address())),
            number("port", row -> row.link().port()),
            number("heartbeat_interval", row -> seconds(row.link().interval())),
            number("heartbeat_timeout", row -> seconds(row.link().timeout())),
            text("since", row -> time(row.link().since())),
            text("last_heard", row -> time(row.link().lastHeard())),
            number("last_beat", row -> row.link().lastBeat()),
            number("sessions", row -> row.link().sessions()),
            number("rtt_ms", row -> millis(row.link().roundTrip())),
            number("bytes_received", row -> row.link().bytesReceived()),
            number("bytes_sent", row -> row.link().bytesSent()));

    static final List<Column<Answered>> ROUTE = List.of(
            text("target", row -> row.target().word()),
            number(
                    "instance",
                    row -> row.instance() == null ? null : row.instance().number()),
            text("host", row -> row.instance() == null ? null : row.instance().host()),
            text(
                    "hostaddr",
                    row -> row.instance() == null
                            ? null
                            : address(row.instance().hostaddr())),
            number("port", row -> row.instance() == null ? null : row.instance().backendPort()),
            text("role", row -> row.route() == null ? null : row.route().role().word()),
            text("monitored", row -> row.route() == null ? null : row.route().monitored()),
            text("others", Columns::others),
            text("sqlstate", row -> row.refusal() == null ? null : row.refusal().sqlState()),
            text("refusal", row -> row.refusal() == null ? null : row.refusal().text()));

    private static @Nullable String role(InstanceStatus row) {
        return row.attributes() == null ? null : row.attributes().role().word();
    }

    private static @Nullable String state(InstanceStatus row) {
        return row.attributes() == null ? null : row.attributes().state().word();
    }

    private static @Nullable Integer timeline(InstanceStatus row) {
        return row.attributes() == null || row.attributes().timeline() == 0
                ? null
                : row.attributes().timeline();
    }

    private static @Nullable List<Integer> others(Answered row) {
        Route route = row.route();
        return route == null
                ? null
                : route.others().stream().map(ConfiguredInstance::number).toList();
    }

    private static @Nullable String known(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Long known(long number) {
        return number == -1 ? null : number;
    }

    /** ISO 8601, UTC, milliseconds. */
    private static @Nullable String time(@Nullable Instant at) {
        return at == null ? null : at.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** The guide's unit of the heartbeat's parameters; a fraction for what is shorter. */
    private static BigDecimal seconds(Duration duration) {
        BigDecimal exact = BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros();
        return exact.scale() < 0 ? exact.setScale(0) : exact;
    }

    /** To the microsecond. */
    private static @Nullable BigDecimal millis(@Nullable Duration duration) {
        return duration == null ? null : BigDecimal.valueOf(duration.toNanos() / 1000, 3);
    }

    private static @Nullable String address(@Nullable InetAddress address) {
        return address == null ? null : address.getHostAddress();
    }

    /** {@code 10.0.0.1:5432}, {@code [fe80::1]:5432}. */
    private static @Nullable String socket(@Nullable InetSocketAddress socket) {
        if (socket == null) {
            return null;
        }
        String host = socket.isUnresolved()
                ? socket.getHostString()
                : socket.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + socket.getPort();
    }
}
