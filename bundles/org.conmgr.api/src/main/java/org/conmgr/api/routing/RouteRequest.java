package org.conmgr.api.routing;

import java.util.Set;

/**
 * What an application connection asks for.
 *
 * @param target the kind of instance
 * @param application {@code application_name} or program name, for views; may be empty
 * @param pid process id of the application on its host; 0 when not told
 * @param path how it reaches the instance: {@code direct} or the gateway adapter's name
 * @param minLsn only instances that have reached this byte position (see {@link
 *     org.conmgr.api.instance.Progress#lsn()}); 0 for any
 * @param avoid numbers of instances that will not do, because the asker has just failed to connect to them
 * @param prefer number of the instance to choose if it is among the best; -1 for none
 * @param instance {@code host:port} of the one instance that the application has found by itself and wants to be bound
 *     to: it is answered when sessions with this target may stay there, and no other ever; the answer is an end when
 *     it is known that they may not, and a refusal when nothing is known of it; empty for any
 */
public record RouteRequest(
        Target target,
        String application,
        long pid,
        String path,
        long minLsn,
        Set<Integer> avoid,
        int prefer,
        String instance) {
    /** An instance number that is none. */
    public static final int NO_PREFERENCE = -1;

    public RouteRequest {
        avoid = Set.copyOf(avoid);
    }

    /** For any instance. */
    public RouteRequest(
            Target target, String application, long pid, String path, long minLsn, Set<Integer> avoid, int prefer) {
        this(target, application, pid, path, minLsn, avoid, prefer, "");
    }

    /** The same, of an application that calls itself so. */
    public RouteRequest named(String name) {
        return new RouteRequest(target, name, pid, path, minLsn, avoid, prefer, instance);
    }

    /** Avoids and prefers none. */
    public RouteRequest(Target target, String application, long pid, String path, long minLsn) {
        this(target, application, pid, path, minLsn, Set.of(), NO_PREFERENCE);
    }
}
