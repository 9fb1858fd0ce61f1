package org.conmgr.api.link;

import java.time.Duration;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides from the beats of a link how long its peer may be silent. A plug-in, registered as an OSGi service, chosen by
 * name: one acts, another may run beside it in shadow, where it is only asked what it would have decided.
 *
 * <p>A detector sees silence only. What tells more than silence, a connection that ends or an instance that says
 * that it stops, is acted on at once whatever it thinks; and whatever it thinks, {@code heartbeat_timeout} stays the
 * longest silence that is borne.
 */
@ConsumerType
public interface FailureDetector {
    /** The name it is chosen by in {@code failure_detector} and {@code shadow_failure_detector}, e.g. {@code phi}. */
    String name();

    /**
     * A link was established, or its settings have changed: begins to watch it, with an empty memory. Any thread.
     *
     * @param interval {@code heartbeat_interval}, at which the peer sends
     * @param timeout {@code heartbeat_timeout}
     * @param now nanoseconds since any origin, never negative; all times of one watch have the same origin and do not
     *     go back
     */
    Watch watch(Duration interval, Duration timeout, long now);

    /** The memory of one link. Called on the link's event loop: must be quick and must not block. */
    @ConsumerType
    interface Watch {
        /**
         * A beat of the peer came.
         *
         * @param stall nanoseconds that this process itself had stood still since anything last came, in which nothing
         *     could have been heard; 0 mostly
         */
        void beat(long now, long stall);

        /** Something else came: the peer lives, but it says nothing about the rhythm of its beats. */
        void heard(long now);

        /** When the peer is to be given up if nothing more comes. Changes only by {@link #beat} and {@link #heard}. */
        long deadline();

        /** What its opinion rests on now, in a few words for the verdict: {@code phi 8.0, threshold 8}. */
        String evidence(long now);
    }
}
