package org.conmgr.api.routing;

import java.net.InetSocketAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One application connection as every view shows it.
 *
 * @param id counts up from 1 while conmgr runs
 * @param request what it asked for
 * @param instance the instance it is bound to; -1 while it waits for one
 * @param since when it was bound, or began to wait
 * @param sqlSocket the client's end of its SQL connection; null until told
 */
public record ApplicationStatus(
        long id,
        RouteRequest request,
        int instance,
        Instant since,
        @Nullable InetSocketAddress sqlSocket) {}
