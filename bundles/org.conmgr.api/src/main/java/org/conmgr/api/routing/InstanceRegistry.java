package org.conmgr.api.routing;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.Verdict;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Fed by the heartbeat side with what it learns. An OSGi service. Reports on one instance come in order; a report on
 * an instance that is not in the registry is ignored.
 */
@ProviderType
public interface InstanceRegistry {
    /** Told which SQL sockets are bound to an instance, to pass on to its watchdog. */
    @ConsumerType
    interface SessionsObserver {
        /**
         * The whole set as it is now; several changes within a few milliseconds are told as one. Same calling rules
         * as {@link SessionObserver}.
         *
         * @param sqlSockets the client's ends
         */
        void sessions(Set<InetSocketAddress> sqlSockets);
    }

    /**
     * How old the facts about an unmonitored instance may grow before it is no longer offered as a primary. Until
     * this is called it is zero: an unmonitored instance is then never offered as one.
     *
     * @param timeout {@code heartbeat_timeout}, not negative
     */
    void heartbeatTimeout(Duration timeout);

    /**
     * Takes an instance into the books, as {@link org.conmgr.api.link.LinkState#CONNECTING}.
     *
     * @throws IllegalStateException if its number is taken
     */
    void add(ConfiguredInstance instance, SessionsObserver observer);

    /**
     * Takes it out; sessions bound to it end with {@link SessionEnd.Cause#REMOVED}.
     *
     * @param why in words, for their users: {@code it is no longer configured}
     */
    void remove(int number, String why);

    /**
     * The link came up, or came back, or its attributes changed. Attributes whose state is not {@link
     * org.conmgr.api.instance.InstanceState#alive() alive} count as a verdict: see {@link #down}.
     */
    void up(int number, Identity identity, Attributes attributes);

    /** A beat came. Called for every beat: does nothing but remember. */
    void beat(int number, Instant at, Progress progress);

    /**
     * The watchdog is gone, the instance answers.
     *
     * @param why in words
     * @param grace how long the facts about it are relied on as if it were watched, because its watchdog only restarts;
     *     zero when that was not planned
     */
    void unmonitored(int number, String why, Duration grace);

    /**
     * The instance is dead, or was never reached: its sessions end with {@link SessionEnd.Cause#DEAD}. May be called
     * again with a newer verdict.
     */
    void down(int number, Verdict verdict);
}
