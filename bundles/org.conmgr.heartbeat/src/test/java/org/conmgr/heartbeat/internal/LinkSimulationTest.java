package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.heartbeat.internal.World.MS;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.BeatFacts;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.link.VerdictRecord;
import org.conmgr.api.link.VerdictRecord.Outcome;
import org.conmgr.heartbeat.internal.Packet.AttributeSet;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both ends of a link under virtual time, over a network that delays, loses and cuts, with processes that stall and
 * die: the same state machines that run on event loops. Thousands of random schedules, each repeatable by its seed.
 */
@NullUnmarked
class LinkSimulationTest {
    private static World up(long seed) {
        World world = new World(seed);
        world.start();
        world.run(2000 * MS + world.random.nextInt(500) * MS);
        assertThat(world.seen).isEqualTo(LinkState.UP);
        return world;
    }

    @Test
    void silenceCostsAtMostTheTimeoutAndNeverLess() {
        for (long seed = 0; seed < 2000; seed++) {
            World world = up(seed);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            long took = (world.deadAt - cutAt) / MS;
            // U(timeout - interval, timeout), a delay on the wire and one grace.
            assertThat(took).as("seed %d, %s", seed, world.log).isBetween(399L, 604L);
            assertThat(world.lastVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
            assertThat(world.watchdogVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
        }
    }

    /** Whatever happens, every end of an instance's life is on record, once, with the beats of the link that ended. */
    @Test
    void everyVerdictLeavesARecord() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat(world.records).as("seed %d, %s", seed, world.log).hasSize(1);
            VerdictRecord record = world.records.get(0);
            assertThat(record.outcome()).isEqualTo(Outcome.DEAD);
            assertThat(record.verdict()).isEqualTo(world.lastVerdict);
            BeatFacts beats = record.beats();
            assertThat(beats.silence()).isBetween(Duration.ofMillis(600), Duration.ofMillis(604));
            assertThat(beats.ownStall()).isZero();
            // What was sent before the cut arrived: each end says the same of the last beat, give or take the wire.
            assertThat(beats.heard().at()).isBefore(Instant.EPOCH.plusNanos(cutAt + 2 * MS));
            assertThat(beats.sent().sequence())
                    .isGreaterThan(world.watchdogBeats.heard().sequence());
            assertThat(world.watchdogBeats.sent().sequence())
                    .isGreaterThan(beats.heard().sequence());
            assertThat(beats.confirmed())
                    .isBetween(
                            world.watchdogBeats.heard().sequence() - 1,
                            world.watchdogBeats.heard().sequence());
            assertThat(beats.established()).isBefore(Instant.EPOCH.plus(Duration.ofMillis(100)));

            world.cut = false;
            world.run(world.now + 3000 * MS);
            world.killWatchdog();
            world.run(world.now + 3000 * MS);
            world.instanceDead = true;
            world.run(world.now + 3000 * MS);
            assertThat(world.records)
                    .as("seed %d, %s", seed, world.log)
                    .extracting(VerdictRecord::outcome)
                    .containsExactly(Outcome.DEAD, Outcome.UNMONITORED, Outcome.DEAD);
            assertThat(world.records.get(1).probe()).isEqualTo("answers");
            assertThat(world.records.get(1).beats().heard().sequence()).isPositive();
            assertThat(world.records.get(2).probe()).isEqualTo("refused the probe");
            assertThat(world.records.get(2).beats()).isNull();
        }
    }

    @Test
    void aProbeThatCouldNotBeSentTellsNothing() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.exhausted = true;
            world.instanceDead = true;
            world.killWatchdog();
            world.run(world.now + 3000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            assertThat(world.log).last().asString().endsWith(" without a Goodbye), and was not asked");
            world.exhausted = false;
            world.run(world.now + 3000 * MS);
            assertThat(world.records)
                    .as("seed %d, %s", seed, world.log)
                    .extracting(VerdictRecord::probe)
                    .containsExactly("was not asked", "refused the probe");
            assertThat(world.seen).isEqualTo(LinkState.DOWN);
        }
    }

    /** To a watchdog that has admitted it, one that leaves without a word has died, and its host's sessions end. */
    @Test
    void aConmgrThatStopsWhileItsWelcomeIsOnTheWaySaysSo() {
        int unwelcomed = 0;
        for (long seed = 0; seed < 500; seed++) {
            World world = new World(seed);
            world.start();
            world.run(world.random.nextInt((int) (8 * MS)));
            boolean up = world.seen == LinkState.UP;
            world.conmgr.link.stop(Goodbye.Reason.RESTART, "back soon");
            world.run(world.now + 100 * MS);
            if (world.log.contains("established")) {
                assertThat(world.log)
                        .as("seed %d", seed)
                        .last()
                        .asString()
                        .startsWith("lost: shut down by peer: back soon");
                unwelcomed += up ? 0 : 1;
            }
        }
        assertThat(unwelcomed).as("worlds in which it stopped in time").isGreaterThan(20);
    }

    @Test
    void aConmgrThatCannotReadItsWatchdogCostsNobodyAnything() {
        int welcomed = 0;
        int unwelcomed = 0;
        for (long seed = 0; seed < 500; seed++) {
            World world = new World(seed);
            world.start();
            world.run(world.random.nextInt((int) (16 * MS)));
            boolean up = world.seen == LinkState.UP;
            world.conmgr.link.corrupted(world.now, "nonsense");
            world.run(world.now + 100 * MS);
            if (world.log.contains("established")) {
                assertThat(world.log)
                        .as("seed %d", seed)
                        .anyMatch(line -> line.startsWith("lost: shut down by peer: protocol error: nonsense"))
                        .noneMatch(line -> line.startsWith("lost: closed by peer"));
                welcomed += up ? 1 : 0;
                unwelcomed += up ? 0 : 1;
            }
            world.run(world.now + 3000 * MS);
            assertThat(world.seen).as("seed %d", seed).isEqualTo(LinkState.UP);
        }
        assertThat(welcomed).as("worlds with a link").isGreaterThan(20);
        assertThat(unwelcomed).as("worlds in which the Welcome was on the way").isGreaterThan(20);
    }

    /** A watchdog that comes to its Hello too late finds it gone, alive: it will be back, and its host's sessions last. */
    @Test
    void aConmgrThatWaitsNoLongerForItsWelcomeSaysSo() {
        int late = 0;
        for (long seed = 0; seed < 50; seed++) {
            World world = new World(seed);
            world.start();
            world.stalledUntilWatchdog = 10_000 * MS;
            world.run(20_000 * MS);
            assertThat(world.log).as("seed %d", seed).noneMatch(line -> line.contains("closed by peer"));
            late += (int) world.log.stream()
                    .filter(line -> line.contains("no Welcome within"))
                    .count();
            assertThat(world.seen).as("seed %d", seed).isEqualTo(LinkState.UP);
        }
        assertThat(late).as("attempts that the watchdog came to too late").isGreaterThan(20);
    }

    /** A detector that gives up after half the timeout, acting: it does, and conmgr says what it went by. */
    @Test
    void anActingDetectorDecidesEarlier() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.conmgr.link.detection(world.now, new Detection(new HalfTimeout(), new FixedTimeout()));
            world.run(world.now + 1000 * MS);
            assertThat(world.seen).isEqualTo(LinkState.UP);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat((world.deadAt - cutAt) / MS)
                    .as("seed %d, %s", seed, world.log)
                    .isBetween(99L, 304L);
            assertThat(world.lastVerdict.evidence())
                    .startsWith("silent for 0.30 s")
                    .endsWith("; half of 600 ms");
            assertThat(world.records.get(0).shadow())
                    .isEqualTo("fixed would have waited another 0.30 s; heartbeat_timeout 600 ms");
        }
    }

    /** The same in shadow, over a wire that makes it wrong: it is counted, and nothing happens. */
    @Test
    void aDetectorInShadowOnlyTells() {
        int alarms = 0;
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.conmgr.link.detection(world.now, new Detection(null, new HalfTimeout()));
            world.maxDelay = 300 * MS;
            world.run(world.now + 20_000 * MS);
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
            alarms += world.alarms.size();
            assertThat(world.alarms).allSatisfy(alarm -> {
                assertThat(alarm.detector()).isEqualTo("half");
                assertThat(alarm.early()).isBetween(2 * MS, 200 * MS);
            });
            world.cut = true;
            world.run(world.now + 3000 * MS);
            assertThat(world.records.get(0).shadow())
                    .startsWith("half would have given up 0.3")
                    .contains(world.alarms.size() + (world.alarms.size() == 1 ? " time" : " times"));
        }
        assertThat(alarms).isGreaterThan(300);
    }

    @Test
    void noVerdictWhileBeatsArriveInTime() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            // Beats are 200 ms apart and up to 300 ms late: 500 ms between two at the worst.
            world.maxDelay = 300 * MS;
            world.run(world.now + 60_000 * MS);
            assertThat(world.beats).isBetween(295, 315);
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
        }
    }

    @Test
    void ownStallsShorterThanThePeersTimeoutCostNothing() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            for (int i = 0; i < 20; i++) {
                long stall = world.random.nextInt(350) * MS;
                if (world.random.nextBoolean()) {
                    world.stalledUntilConmgr = world.now + stall;
                } else {
                    world.stalledUntilWatchdog = world.now + stall;
                }
                world.run(world.now + stall + world.random.nextInt(1000) * MS + 450 * MS);
            }
            assertThat(world.log).as("seed %d", seed).containsExactlyInAnyOrder("up", "established");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {700, 1500, 5000})
    void aConmgrThatStalledForLongDoesNotDeclareTheInstanceDeadForIt(int stallMillis) {
        int told = 0;
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.stalledUntilConmgr = world.now + stallMillis * MS;
            world.run(world.now + (stallMillis + 5000) * MS);
            assertThat(world.watchdogVerdict.reason()).isEqualTo(VerdictReason.TIMED_OUT);
            assertThat(world.deadAt).as("seed %d, %s", seed, world.log).isEqualTo(-1);
            assertThat(world.seen).isEqualTo(LinkState.UP);
            // Now and then the link is back before the probe is.
            told += world.records.size();
            assertThat(world.log)
                    .as("seed %d: it says whose fault it was", seed)
                    .filteredOn(line -> line.startsWith("unmonitored"))
                    .hasSize(world.records.size())
                    .allMatch(line ->
                            line.matches("unmonitored: its watchdog gave this conmgr up \\(closed by peer: own stall"
                                    + " \\d+ ms; (not heard by the peer: silent for .*|connection closed without a Goodbye)"
                                    + "\\), but answers"));
            assertThat(world.records)
                    .allSatisfy(record -> assertThat(record.beats().ownStall().toMillis())
                            .isBetween(stallMillis - 250L, (long) stallMillis));
        }
        assertThat(told).isGreaterThan(200);
    }

    @Test
    void aWatchdogThatDiesAloneCostsNoSession() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            assertThat(world.deadAt).isEqualTo(-1);
            world.watchdogDead = false;
            world.run(world.now + 1000 * MS);
            assertThat(world.seen).isEqualTo(LinkState.UP);
        }
    }

    @Test
    void aWatchdogThatRestartsCostsNoSessionAndIsBackSoon() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            AttributeSet before = world.attributes;
            world.watchdog.link.stop(new Goodbye(Goodbye.Reason.RESTART, "watchdog restarts"));
            world.watchdogDead = true;
            world.run(world.now + 10 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            world.run(world.now + world.random.nextInt(1500) * MS);
            // It comes back before it has reached its instance, of which it may know before the probe does.
            world.attributes = AttributeSet.NOT_YET;
            world.watchdogDead = false;
            world.maxDelay = 40 * MS;
            World.WatchdogEnd old = world.watchdog;
            while (world.watchdog == old
                    || world.log.stream().filter("established"::equals).count() < 2) {
                world.run(world.now + 5 * MS);
            }
            world.run(world.now + world.random.nextInt(80) * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UNMONITORED);
            world.attributes = before;
            world.watchdog.link.attributesChanged();
            world.run(world.now + 100 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UP);
            assertThat(world.log).as("seed %d", seed).noneMatch(line -> line.startsWith("down"));
        }
    }

    @Test
    void aHostThatDiesWhileItsWatchdogRestartsIsFound() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            world.watchdog.link.stop(new Goodbye(Goodbye.Reason.RESTART, "watchdog restarts"));
            world.watchdogDead = true;
            world.run(world.now + world.random.nextInt(3000) * MS + 10 * MS);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 3000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.DOWN);
            assertThat((world.deadAt - cutAt) / MS)
                    .as("seed %d: the next attempt and its probe", seed)
                    .isLessThan(1500);
        }
    }

    @Test
    void aHostWhoseProcessesDieIsKnownAtOnce() {
        for (long seed = 0; seed < 500; seed++) {
            World world = up(seed);
            long killedAt = world.now;
            world.instanceDead = true;
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            assertThat(world.deadAt - killedAt)
                    .as("seed %d, %s", seed, world.log)
                    .isBetween(0L, 10 * MS);
            assertThat(world.lastVerdict.reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
        }
    }

    @Test
    void anUnmonitoredInstanceThatFallsSilentIsFound() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            world.killWatchdog();
            world.run(world.now + 2000 * MS);
            long cutAt = world.now;
            world.cut = true;
            world.run(cutAt + 5000 * MS);
            assertThat(world.deadAt - cutAt).as("seed %d, %s", seed, world.log).isBetween(0L, 1000 * MS);
        }
    }

    @Test
    void everyChangeOfAttributesArrives() {
        for (long seed = 0; seed < 300; seed++) {
            World world = up(seed);
            for (int timeline = 2; timeline < 30; timeline++) {
                world.attributes = World.alive(world.random.nextBoolean() ? Role.PRIMARY : Role.STANDBY, timeline);
                World.WatchdogEnd end = world.watchdog;
                world.onWatchdog(world.now, end, () -> end.link.attributesChanged());
                long changedAt = world.now;
                world.run(changedAt + 3 * MS);
                assertThat(world.told).as("seed %d", seed).isEqualTo(world.attributes.attributes());
            }
        }
    }

    @Test
    void lostPacketsCostNoVerdictAndNoNotification() {
        for (long seed = 0; seed < 200; seed++) {
            World world = up(seed);
            world.loss = 0.05;
            world.window = seed % 2 == 0 ? 2 : 10;
            for (int timeline = 2; timeline < 30; timeline++) {
                world.attributes = World.alive(world.random.nextBoolean() ? Role.PRIMARY : Role.STANDBY, timeline);
                World.WatchdogEnd end = world.watchdog;
                world.onWatchdog(world.now, end, () -> end.link.attributesChanged());
                world.run(world.now + 2000 * MS);
                assertThat(world.told).as("seed %d", seed).isEqualTo(world.attributes.attributes());
            }
            assertThat(world.log)
                    .as("seed %d", seed)
                    .doesNotContain("lost")
                    .allMatch(line -> line.equals("up") || line.equals("established"));
        }
    }

    /** What {@link Nudge} is for, and asking the kernel: the same network without them. */
    @ParameterizedTest
    @CsvSource({"false, true", "true, false"})
    void lostPacketsAreTakenForADeadPeerWithout(boolean nudged, boolean asked) {
        int verdicts = 0;
        for (long seed = 0; seed < 200; seed++) {
            World world = up(seed);
            world.nudged = nudged;
            world.asked = asked;
            world.loss = 0.05;
            world.window = 2;
            world.run(world.now + 60_000 * MS);
            verdicts += world.log.stream().anyMatch(line -> line.contains("silent for")) ? 1 : 0;
        }
        assertThat(verdicts).isGreaterThan(5);
    }

    @Test
    void nothingIsDecidedByTheWallClock() {
        for (long seed = 0; seed < 300; seed++) {
            List<List<String>> logs = new ArrayList<>();
            for (boolean mad : new boolean[] {false, true}) {
                World world = new World(seed);
                Random clock = new Random(seed);
                world.madClock = mad ? () -> Instant.ofEpochSecond(clock.nextInt()) : null;
                world.start();
                world.run(3000 * MS);
                world.stalledUntilConmgr = world.now + 900 * MS;
                world.run(world.now + 5000 * MS);
                world.cut = true;
                world.run(world.now + 3000 * MS);
                world.cut = false;
                world.run(world.now + 3000 * MS);
                logs.add(world.log);
            }
            assertThat(logs.get(1)).as("seed %d", seed).isEqualTo(logs.get(0));
        }
    }

    /** Any mixture of faults; when all is well again both ends agree again, and silence was never overlooked. */
    @Test
    void bothEndsAgreeAgainAfterAnyFaults() {
        for (long seed = 0; seed < 3000; seed++) {
            World world = up(seed);
            for (int i = 0; i < 8; i++) {
                switch (world.random.nextInt(7)) {
                    case 6 -> world.loss = world.loss > 0 ? 0 : 0.1;
                    case 0 -> world.cut = true;
                    case 1 -> world.cut = false;
                    case 2 -> world.stalledUntilConmgr = world.now + world.random.nextInt(2000) * MS;
                    case 3 -> world.stalledUntilWatchdog = world.now + world.random.nextInt(2000) * MS;
                    case 4 -> world.killWatchdog();
                    default -> world.watchdogDead = false;
                }
                world.run(world.now + world.random.nextInt(1500) * MS);
                if (world.cut && world.now > world.stalledUntilConmgr) {
                    long silentSince = world.now;
                    world.run(world.now + 2500 * MS + Math.max(0, world.stalledUntilConmgr - world.now));
                    assertThat(world.seen)
                            .as("seed %d: silent since %d ms, %s", seed, silentSince / MS, world.log)
                            .isEqualTo(LinkState.DOWN);
                }
            }
            world.cut = false;
            world.loss = 0;
            world.watchdogDead = false;
            world.run(Math.max(world.now, Math.max(world.stalledUntilConmgr, world.stalledUntilWatchdog)) + 5000 * MS);
            assertThat(world.seen).as("seed %d, %s", seed, world.log).isEqualTo(LinkState.UP);
            assertThat(world.watchdog.closed).as("seed %d, %s", seed, world.log).isFalse();
        }
    }
}
