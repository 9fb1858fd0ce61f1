/**
 * The gateway: relays the bytes of clients that know nothing of conmgr.
 *
 * <p>An adapter takes the client's first packet from the listener, says by a {@link org.conmgr.gateway.Door} how this
 * kind of client is to be understood, and gives the connection to the {@link org.conmgr.gateway.Gateway}. From then on
 * it is the gateway's alone: adapters may come, go and change their settings, the connections stay.
 *
 * <p><b>Way of a connection.</b> A StartupMessage is read for what the client wants; the router names the instance; the
 * same bytes go there, and from then on every byte passes both ways untouched. An SSLRequest or GSSENCRequest is put to
 * an instance and its answer given back, so the client is told the truth: after {@code N} the client's next packet is
 * read as a first one again, after {@code S} or {@code G} all that follows is opaque and passes untouched.
 *
 * <p><b>Threads.</b> Both ends of a relayed connection, and all that is known of it, belong to one event loop.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.conmgr.gateway;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
