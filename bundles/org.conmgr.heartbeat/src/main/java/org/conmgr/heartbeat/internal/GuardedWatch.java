package org.conmgr.heartbeat.internal;

import java.time.Duration;
import java.util.function.BiConsumer;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.link.FailureDetector.Watch;
import org.jspecify.annotations.Nullable;

/**
 * A plug-in's watch that may fail without harm to the link: from then on it has no opinion, so that {@code
 * heartbeat_timeout} decides alone, and that is reported once.
 */
final class GuardedWatch implements Watch {
    private static final long NEVER = Long.MAX_VALUE;

    private final FailureDetector detector;
    private final BiConsumer<FailureDetector, Throwable> failures;
    private @Nullable Watch watch;
    private long deadline = NEVER;

    GuardedWatch(FailureDetector detector, Timing timing, long now, BiConsumer<FailureDetector, Throwable> failures) {
        this.detector = detector;
        this.failures = failures;
        try {
            watch = detector.watch(Duration.ofNanos(timing.interval()), Duration.ofNanos(timing.timeout()), now);
            deadline = watch.deadline();
        } catch (RuntimeException | LinkageError e) {
            failed(e);
        }
    }

    FailureDetector detector() {
        return detector;
    }

    @Override
    public void beat(long now, long stall) {
        Watch sound = watch;
        if (sound != null) {
            try {
                sound.beat(now, stall);
                deadline = sound.deadline();
            } catch (RuntimeException | LinkageError e) {
                failed(e);
            }
        }
    }

    @Override
    public void heard(long now) {
        Watch sound = watch;
        if (sound != null) {
            try {
                sound.heard(now);
                deadline = sound.deadline();
            } catch (RuntimeException | LinkageError e) {
                failed(e);
            }
        }
    }

    /** {@link Long#MAX_VALUE} when it has no opinion. */
    @Override
    public long deadline() {
        return deadline;
    }

    @Override
    public String evidence(long now) {
        Watch sound = watch;
        if (sound != null) {
            try {
                return sound.evidence(now);
            } catch (RuntimeException | LinkageError e) {
                failed(e);
            }
        }
        return "";
    }

    private void failed(Throwable failure) {
        watch = null;
        deadline = NEVER;
        failures.accept(detector, failure);
    }
}
