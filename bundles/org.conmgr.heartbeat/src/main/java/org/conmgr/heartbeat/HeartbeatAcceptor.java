package org.conmgr.heartbeat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/** Opens the watchdog's end of heartbeat links. An OSGi service. */
@ProviderType
public interface HeartbeatAcceptor {
    /** Told of links; on an event loop, under no lock: must not block. */
    @ConsumerType
    interface Observer {
        void established(Peer peer);

        /** Called once for every link that was established. */
        void lost(Loss loss);
    }

    /** A listening endpoint and its links. All methods may be called on any thread and do not block. */
    @ProviderType
    interface Endpoint {
        /** Where it listens, with the real port. */
        List<InetSocketAddress> addresses();

        /**
         * What the instance is now. A change is pushed to every link at once; links established later get it with
         * their Welcome.
         *
         * @param why why the state is what it is, when it is not good; else empty
         */
        void publish(Identity identity, Attributes attributes, String why);

        /** Numbers for the next beats. */
        void progress(Progress progress);

        /** Links over this many are refused from now on. */
        void limit(int maxLinks);

        List<LinkStatus> links();

        /**
         * Whether any conmgr of this host has an established link. An IPv4 address and its IPv6-mapped form are one
         * host, so are {@code 127.0.0.1} and {@code ::1}.
         */
        boolean beats(InetAddress host);

        /**
         * Says Goodbye to every link and stops listening. Idempotent. Waits for at most a second for the Goodbyes to
         * leave; must not be called on an event loop. The observer is told nothing more.
         */
        void close(Departure departure);
    }

    /**
     * Listens. Until {@link Endpoint#publish} is called first, conmgrs are told that the instance is not reachable.
     *
     * @param name the watchdog's name, for messages and Welcomes
     * @param addresses where to listen; port 0 takes a free one
     * @param admission who may have links
     * @throws IOException if it cannot; the message names address and cause
     */
    Endpoint open(String name, List<InetSocketAddress> addresses, Admission admission, Observer observer)
            throws IOException;
}
