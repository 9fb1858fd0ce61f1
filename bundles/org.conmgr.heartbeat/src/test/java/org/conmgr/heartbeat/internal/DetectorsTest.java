package org.conmgr.heartbeat.internal;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.log.Message;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.testkit.Configs;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.Test;

class DetectorsTest {
    private static final Timing TIMING = new Timing(ms(1000), ms(2000));

    private final RecordingLog log = new RecordingLog();
    private final Detectors detectors = new Detectors(log);
    private final FailureDetector half = new HalfTimeout();
    private final List<Throwable> failures = new ArrayList<>();

    private static long ms(long millis) {
        return MILLISECONDS.toNanos(millis);
    }

    private static DetectorNames names(String acting, String shadow) {
        return DetectorNames.of(Configs.of(
                HeartbeatConfig.class, Map.of("failure_detector", acting, "shadow_failure_detector", shadow)));
    }

    private Pulse pulse(Detection detection) {
        return new Pulse(0, TIMING, detection, (detector, failure) -> failures.add(failure));
    }

    @Test
    void areFoundByName() {
        FailureDetector fixed = new FixedTimeout();
        List<FailureDetector> there = List.of(fixed, half);
        assertThat(detectors.find(DetectorNames.DEFAULT, there)).isEqualTo(Detection.FIXED);
        assertThat(detectors.find(names("fixed", "half"), there)).isEqualTo(new Detection(null, half));
        assertThat(detectors.find(names(" half ", "fixed"), there)).isEqualTo(new Detection(half, fixed));
        assertThat(log.messages()).isEmpty();
        assertThatThrownBy(() -> names("", ""))
                .isInstanceOf(InvalidSetting.class)
                .hasMessage("failure_detector: '' (expected: the name of a failure detector)");
        assertThatThrownBy(() -> names("fixed", "Phi Accrual")).hasMessageStartingWith("shadow_failure_detector: Phi");
    }

    @Test
    void oneThatIsMissingIsSaidOnceAndTheFixedTimeoutActs() {
        assertThat(detectors.find(names("half", "other"), List.of())).isEqualTo(Detection.FIXED);
        assertThat(detectors.find(names("half", "other"), List.of())).isEqualTo(Detection.FIXED);
        assertThat(log.texts(Message.DETECTOR_MISSING))
                .containsExactly(
                        "failure_detector names \"half\", but there is no such failure detector, only fixed: links are"
                                + " judged without it",
                        "shadow_failure_detector names \"other\", but there is no such failure detector, only fixed:"
                                + " links are judged without it");
        assertThat(detectors.find(names("half", ""), List.of(half)).acting()).isEqualTo(half);
        detectors.find(names("half", ""), List.of());
        assertThat(log.texts(Message.DETECTOR_MISSING)).as("gone again").hasSize(3);
    }

    @Test
    void noneBearsMoreThanTheTimeout() {
        FailureDetector patient = new FailureDetector() {
            @Override
            public String name() {
                return "patient";
            }

            @Override
            public Watch watch(Duration interval, Duration timeout, long now) {
                return half.watch(interval, timeout.multipliedBy(10), now);
            }
        };
        Pulse pulse = pulse(new Detection(patient, null));
        assertThat(pulse.expired(ms(1999), () -> Long.MAX_VALUE)).isFalse();
        assertThat(pulse.expired(ms(2000), () -> Long.MAX_VALUE)).isFalse();
        assertThat(pulse.expired(ms(2002), () -> Long.MAX_VALUE)).isTrue();
        assertThat(pulse.evidence(ms(2002))).isEqualTo("silent for 2.00 s; last beat #0; own stall 0 ms");
    }

    @Test
    void anActingOneDecidesAndIsQuoted() {
        Pulse pulse = pulse(new Detection(half, null));
        pulse.beat(0, Progress.UNKNOWN);
        assertThat(pulse.wakeAt()).as("looks again in time").isLessThanOrEqualTo(ms(1000));
        pulse.heard(ms(600), new Packet.Beat(1, 0, 0, 0, Progress.UNKNOWN, -1));
        assertThat(pulse.expired(ms(1599), () -> Long.MAX_VALUE)).isFalse();
        assertThat(pulse.expired(ms(1600), () -> Long.MAX_VALUE))
                .as("the socket is read first")
                .isFalse();
        assertThat(pulse.expired(ms(1602), () -> Long.MAX_VALUE)).isTrue();
        assertThat(pulse.evidence(ms(1602)))
                .isEqualTo("silent for 1.00 s; last beat #1; own stall 0 ms; half of 2000 ms");
        assertThat(pulse.shadowOpinion(ms(1602), true)).isEmpty();
    }

    @Test
    void oneThatFailsLeavesTheTimeout() {
        FailureDetector failing = new FailureDetector() {
            @Override
            public String name() {
                return "failing";
            }

            @Override
            public Watch watch(Duration interval, Duration timeout, long now) {
                Watch sound = half.watch(interval, timeout, now);
                return new Watch() {
                    @Override
                    public void beat(long at, long stall) {
                        throw new IllegalStateException("broken");
                    }

                    @Override
                    public void heard(long at) {
                        sound.heard(at);
                    }

                    @Override
                    public long deadline() {
                        return sound.deadline();
                    }

                    @Override
                    public String evidence(long at) {
                        throw new IllegalStateException("never asked");
                    }
                };
            }
        };
        Pulse pulse = pulse(new Detection(failing, failing));
        pulse.beat(0, Progress.UNKNOWN);
        pulse.heard(ms(500), new Packet.Beat(1, 0, 0, 0, Progress.UNKNOWN, -1));
        pulse.heard(ms(900), new Packet.Beat(2, 0, 0, 0, Progress.UNKNOWN, -1));
        assertThat(failures).as("once each").hasSize(2);
        assertThat(pulse.expired(ms(2899), () -> Long.MAX_VALUE)).isFalse();
        assertThat(pulse.expired(ms(2900), () -> Long.MAX_VALUE)).isFalse();
        assertThat(pulse.expired(ms(2902), () -> Long.MAX_VALUE)).isTrue();
        assertThat(pulse.shadowOpinion(ms(2902), true)).isEqualTo("failing has no opinion");
    }

    @Test
    void theShadowIsWrongWhenThePeerIsHeardAgain() {
        Pulse pulse = pulse(new Detection(null, half));
        pulse.heard(ms(1001));
        assertThat(pulse.takeShadowAlarm()).as("the grace would have saved it").isNull();
        pulse.heard(ms(2101), new Packet.Beat(1, 0, 0, 0, Progress.UNKNOWN, -1));
        assertThat(pulse.takeShadowAlarm()).isEqualTo(new ShadowAlarm("half", ms(100), "half of 2000 ms"));
        assertThat(pulse.takeShadowAlarm()).isNull();
        assertThat(pulse.shadowOpinion(ms(2200), false)).isEqualTo("half had been wrong 1 time on this link");
        pulse.woke(ms(3900), ms(2500));
        pulse.heard(ms(3901));
        assertThat(pulse.takeShadowAlarm())
                .as("an own stall is not held against it")
                .isNull();
        assertThat(pulse.shadowOpinion(ms(5901), true))
                .isEqualTo("half would have given up 1.00 s earlier; half of 2000 ms; half had been wrong 1 time on"
                        + " this link");
    }

    @Test
    void newOnesGiveThePeerAWholeTimeout() {
        Pulse pulse = pulse(Detection.FIXED);
        pulse.beat(0, Progress.UNKNOWN);
        pulse.detect(ms(1900), new Detection(half, null));
        assertThat(pulse.expired(ms(2899), () -> Long.MAX_VALUE)).isFalse();
        pulse.detect(ms(2899), Detection.FIXED);
        assertThat(pulse.expired(ms(4898), () -> Long.MAX_VALUE)).isFalse();
        pulse.retime(ms(4898), new Timing(ms(100), ms(300)));
        assertThat(pulse.takeShadowAlarm()).isNull();
        assertThat(pulse.expired(ms(5197), () -> Long.MAX_VALUE)).isFalse();
    }
}
