/**
 * The contract between the listener, which owns conmgr's {@code port}, and the adapters it hands connections to.
 *
 * <p><b>Life of a connection.</b> The listener accepts it, counts it against {@code max_connections} until it is
 * closed, and reads its first packet: at most {@link org.conmgr.listener.FirstPacket#MAX_LENGTH} bytes within
 * {@code authentication_timeout}. Then it asks every {@link org.conmgr.listener.ApplicationAdapter}, highest
 * {@code service.ranking} first, and gives the channel to the first that accepts. From then on the connection is that
 * adapter's own: neither a change of the listener's settings nor a new adapter touches it.
 *
 * <p><b>Ports of their own.</b> An adapter may have more ports ({@link org.conmgr.listener.AdapterPorts}); what comes
 * in there is counted and limited as all else and goes to that adapter alone.
 *
 * <p><b>What nobody wants.</b> A {@link org.conmgr.listener.FirstPacket.Negotiation} (SSLRequest, GSSENCRequest, ask)
 * is answered with {@code N}, as PostgreSQL does, and the client may go on with its next packet on the same
 * connection. So an adapter that wants an SSLRequest itself, to pass it through, accepts it, and may give the connection
 * back by {@link org.conmgr.listener.FrontDoor}; one that only wants the
 * StartupMessage behind it need not know of it. A StartupMessage is refused with an {@link
 * org.conmgr.listener.ErrorResponse}; all else is closed.
 *
 * <p><b>Threads.</b> Adapters are called on the event loop of the channel and must not block. They may come, go and be
 * replaced at any time.
 */
@Export
@Version("1.2.0")
@NullMarked
package org.conmgr.listener;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
