package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.conmgr.watchdog.jdbc.internal.Instances.access;
import static org.conmgr.watchdog.jdbc.internal.Instances.address;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.conmgr.api.watchdog.LinkPublisher;
import org.conmgr.api.watchdog.WatchdogView;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.Await;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The extension and what the watchdog publishes to it, on primary and standby. */
class ExtensionTest {
    private static final Path FILES = Path.of("src/main/resources/org/conmgr/watchdog/jdbc/extension");
    private static final Path SCRIPT = FILES.resolve("watchdog--1.0.sql");
    private static final String OBJECTS = "select (select count(*) from pg_class where relname like 'pgx%')"
            + " + (select count(*) from pg_proc where proname like 'pgx%')";
    private static final String VIEW = "select string_agg(concat_ws(' ', conmgr_addr, conmgr_port, heartbeat_interval,"
            + " heartbeat_timeout), ', ' order by conmgr_port) from pgx_stat_watchdog";

    private static final WatchdogView.Link ONE = link("c1", "192.0.2.7", 40001, Duration.ofSeconds(10), null);
    private static final WatchdogView.Link TWO =
            link("c\u00e92", "2001:db8::7", 40002, Duration.ofMillis(200), Duration.ofNanos(250_000));

    private static WatchdogView.Link link(
            String name, String address, int port, Duration interval, @Nullable Duration roundTrip) {
        return new WatchdogView.Link(
                name,
                address(address),
                port,
                interval,
                interval.multipliedBy(2),
                Instant.parse("2026-05-04T12:00:00Z"),
                Instant.now().plusSeconds(3600),
                118,
                3,
                roundTrip,
                5000,
                6000);
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 15, 17, 18})
    void showsTheLinksOfEachInstance(int version) throws Exception {
        try (EmbeddedCluster cluster = Instances.start(Instances.builder()
                .version(version)
                .standbys(1)
                .extension(FILES.resolve("watchdog.control"), SCRIPT))) {
            EmbeddedInstance primary = cluster.primary();
            EmbeddedInstance standby = cluster.standbys().get(0);
            nothingIsThereWithoutIt(primary);

            primary.query("create extension watchdog");
            cluster.awaitReplay();
            hasTheColumnsOfTheGuide(primary);
            for (EmbeddedInstance instance : List.of(primary, standby)) {
                showsWhatIsInTheFile(instance);
            }
            primary.query("grant execute on function pgx_watchdog_publish to " + Instances.ROLE);
            cluster.awaitReplay();
            for (EmbeddedInstance instance : List.of(primary, standby)) {
                showsWhatTheFunctionWrites(instance);
            }
            isNeverHalfWritten(primary, LinkPublisher.Way.FILE);
            isNeverHalfWritten(primary, LinkPublisher.Way.SQL);
            primary.query("drop extension watchdog");
            assertThat(primary.query(OBJECTS)).isEqualTo("0");

            primary.query(Files.readString(SCRIPT));
            assertThat(ofAnybody(primary, VIEW)).isNull();
            primary.query(Files.readString(FILES.resolve("watchdog-uninstall.sql")));
            assertThat(primary.query(OBJECTS)).isEqualTo("0");
        }
    }

    @Test
    void isPartOfTheBundle() throws IOException {
        WatchdogExtension extension = new WatchdogExtension();
        assertThat(extension.files().keySet()).containsExactlyInAnyOrder("watchdog.control", "watchdog--1.0.sql");
        assertThat(extension.script()).isEqualTo(Files.readString(SCRIPT));
    }

    private static void nothingIsThereWithoutIt(EmbeddedInstance primary) {
        try (LinkPublisher.Connection publisher = publisher(primary, LinkPublisher.Way.SQL)) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> publisher.publish(List.of(ONE)))
                    .withMessage("role \"watchdog\" has no pgx_watchdog_publish() at " + primary.jdbcUrl("postgres"));
        }
    }

    private static void hasTheColumnsOfTheGuide(EmbeddedInstance primary) throws SQLException {
        assertThat(ofAnybody(
                        primary,
                        "select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)"
                                + " from pg_attribute where attrelid = 'pgx_stat_watchdog'::regclass and attnum > 0"))
                .isEqualTo("conmgr_addr inet, conmgr_port integer, heartbeat_interval integer, heartbeat_timeout"
                        + " integer");
    }

    private static void showsWhatIsInTheFile(EmbeddedInstance instance) throws Exception {
        assertThat(ofAnybody(instance, VIEW)).isNull();
        try (LinkPublisher.Connection publisher = publisher(instance, LinkPublisher.Way.AUTO)) {
            publisher.publish(List.of(ONE, TWO));
            showsBoth(instance);
            Path directory = instance.dataDirectory().resolve("pg_stat_tmp");
            Path file = directory.resolve("conmgr_watchdog.0.json");
            Files.delete(file);
            publisher.publish(List.of(ONE));
            assertThat(ofAnybody(instance, VIEW)).isEqualTo("192.0.2.7 40001 10 20");
            showsNothingThatIsStaleOrBroken(instance, new LinkFile(directory));
            publisher.publish(List.of(ONE));
            publisher.publish(List.of());
            assertThat(ofAnybody(instance, VIEW)).isNull();
            assertThat(file).doesNotExist();
        }
    }

    private static void showsNothingThatIsStaleOrBroken(EmbeddedInstance instance, LinkFile file) throws Exception {
        file.write(LinkDocument.of("pg1", List.of(ONE), Instant.now().minusMillis(3100)));
        assertThat(ofAnybody(instance, VIEW)).as("from a dead watchdog").isNull();
        file.write(LinkDocument.of("pg1", List.of(ONE), Instant.now().plusSeconds(60)));
        assertThat(ofAnybody(instance, VIEW))
                .as("from before the clock was put back")
                .isNull();
        String whole = LinkDocument.of("pg1", List.of(ONE), Instant.now());
        for (String broken : List.of("", "{", whole.substring(0, whole.length() - 1), "[1]", "{\"at\":\"now\"}")) {
            file.write(broken);
            assertThat(ofAnybody(instance, VIEW)).as(broken).isNull();
        }
    }

    private static void showsWhatTheFunctionWrites(EmbeddedInstance instance) throws Exception {
        try (LinkPublisher.Connection publisher = publisher(instance, LinkPublisher.Way.SQL)) {
            publisher.publish(List.of(ONE));
            publisher.publish(List.of(ONE));
            publisher.publish(List.of(ONE, TWO));
            showsBoth(instance);
            assertThat(instance.query("select application_name from pg_stat_activity where usename = 'watchdog'"))
                    .isEqualTo(ApplicationName.PUBLISHER);
            publisher.publish(List.of());
            assertThat(ofAnybody(instance, VIEW)).isNull();
        }
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> ofAnybody(instance, "select pgx_watchdog_publish('{}', 0)"))
                .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    }

    private static void showsBoth(EmbeddedInstance instance) throws SQLException {
        assertThat(ofAnybody(instance, VIEW)).isEqualTo("192.0.2.7 40001 10 20, 2001:db8::7 40002 1 1");
        assertThat(ofAnybody(
                        instance,
                        "select concat_ws(' ', watchdog, conmgr_name, state, since at time zone 'UTC', last_beat,"
                                + " missed_beats, rtt_ms, bytes_received, bytes_sent, sessions, heartbeat_interval,"
                                + " heartbeat_timeout) from pgx_stat_watchdog_links where conmgr_port = 40002"))
                .isEqualTo("pg1 c?2 up 2026-05-04 12:00:00 118 0 0.25 5000 6000 3 00:00:00.2 00:00:00.4");
    }

    /** Reads as fast as it can while it is written as fast as that goes. */
    private static void isNeverHalfWritten(EmbeddedInstance instance, LinkPublisher.Way way) throws Exception {
        List<WatchdogView.Link> many = new ArrayList<>();
        for (int port = 1; port <= 100; port++) {
            many.add(link("c", "192.0.2.7", port, Duration.ofSeconds(1), null));
        }
        AtomicBoolean over = new AtomicBoolean();
        try (LinkPublisher.Connection publisher = publisher(instance, way);
                Connection reader = Instances.client(instance, "127.0.0.1")) {
            publisher.publish(many);
            AtomicInteger written = new AtomicInteger();
            Worker writer = Worker.launch(() -> {
                while (!over.get()) {
                    publisher.publish(many);
                    written.incrementAndGet();
                }
            });
            int read = 0;
            Instant end = Instant.now().plusMillis(300);
            while (Instant.now().isBefore(end)
                    || (written.get() == 0 && Instant.now().isBefore(end.plusSeconds(10)))) {
                assertThat(Instances.intOf(reader, "select count(*) from pgx_stat_watchdog"))
                        .as("read %s", read)
                        .isEqualTo(100);
                read++;
            }
            over.set(true);
            writer.awaitEnd();
            assertThat(written.get()).isPositive();
            System.getLogger(ExtensionTest.class.getName())
                    .log(System.Logger.Level.INFO, "{0}: {1} read while {2} were written", way, read, written);
            publisher.publish(List.of());
        } finally {
            over.set(true);
        }
        Await.until("the session has ended", () -> "0"
                .equals(instance.query("select count(*) from pg_stat_activity where usename = 'watchdog'")));
    }

    private static LinkPublisher.Connection publisher(EmbeddedInstance instance, LinkPublisher.Way way) {
        return new JdbcLinkPublisher().open("pg1", access(instance), way);
    }

    /** As a role without any right of its own. */
    private static @Nullable String ofAnybody(EmbeddedInstance instance, String sql) throws SQLException {
        try (Connection connection = Instances.client(instance, "127.0.0.1");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
