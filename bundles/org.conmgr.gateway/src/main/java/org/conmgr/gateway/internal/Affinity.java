package org.conmgr.gateway.internal;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.jspecify.annotations.Nullable;

/**
 * Where the opaque connections of an address are. An encrypted cancel request cannot be told from a new session, so it
 * can only reach the right instance if new connections go where the old ones are. Thread-safe.
 */
final class Affinity {
    private record Key(InetAddress client, Target target) {}

    private record Place(int instance, int connections) {}

    private final Map<Key, Place> places = new ConcurrentHashMap<>();

    /** The instance that connections of this client with this target are on; else none. */
    int preferred(GatewaySettings settings, Channel client, Target target) {
        if (settings.affinity() && client.remoteAddress() instanceof InetSocketAddress address) {
            Place place = places.get(new Key(address.getAddress(), target));
            return place == null ? RouteRequest.NO_PREFERENCE : place.instance();
        }
        return RouteRequest.NO_PREFERENCE;
    }

    /** A connection has begun; the newest instance counts. */
    void began(@Nullable InetAddress client, Target target, int instance) {
        if (client != null) {
            places.merge(
                    new Key(client, target),
                    new Place(instance, 1),
                    (old, one) -> new Place(instance, old.connections() + 1));
        }
    }

    /** A connection that {@link #began} is over. */
    void over(@Nullable InetAddress client, Target target) {
        if (client != null) {
            places.computeIfPresent(
                    new Key(client, target),
                    (key, place) ->
                            place.connections() == 1 ? null : new Place(place.instance(), place.connections() - 1));
        }
    }
}
