/**
 * The heartbeat link between a conmgr and a watchdog, both ends in one library. What this package exports is the
 * watchdog's end: an {@link org.conmgr.heartbeat.HeartbeatAcceptor} opens an endpoint that accepts links. conmgr's end
 * needs no caller: it opens a link to every configured instance and reports to {@link
 * org.conmgr.api.routing.InstanceRegistry}.
 *
 * <p><b>Wire.</b> TCP, opened by conmgr to {@code watchdog_port}. Frames, network byte order:
 *
 * <pre>
 *  Byte type | Int32 length (itself included, type not; at most 8192) | payload
 *
 *  'H' Hello       conmgr    Int32 "CMHB", Byte major, Byte minor, Int64 x2 conmgr id,
 *                            Int32 heartbeat_interval ms, Int32 heartbeat_timeout ms, String name, options
 *  'W' Welcome     watchdog  Byte major, Byte minor, attribute set, Byte n + n bytes: the address it
 *                            sees the peer at, Int16 port, options
 *  'C' Challenge   watchdog  32 bytes: its nonce
 *  'P' Proof       both      32 bytes: HMAC-SHA-256, see SharedSecret
 *  'B' Beat        both      Int64 sequence, Int64 last sequence heard, Int32 us it was sent late,
 *                            Int32 us the sender's loop stalled since its last beat,
 *                            Int64 LSN, Int64 replay lag ms, Int32 free slots (-1: not known),
 *                            Int32 us since it heard that last sequence
 *  'A' Attributes  watchdog  the whole attribute set: Int64 system identifier, Int32 server version,
 *                            Byte state, Byte role, Byte default_transaction_read_only,
 *                            Int32 timeline, String why (the state is what it is)
 *  'S' Sessions    conmgr    Byte what (0 forget all, 1 add, 2 remove), Int16 count, count times
 *                            (Byte n + n bytes address, Int16 port)
 *  'G' Goodbye     both      Byte reason, String text
 * </pre>
 *
 * A String is Int16 length + UTF-8; options are Int16 count + count times two Strings. Bytes behind what a message
 * needs are ignored, unknown types are skipped, unknown options are ignored: so minor versions can add. Another major
 * version is answered by Goodbye(protocol error) with both versions in its text. Until a peer is admitted its frames may
 * have 2048 bytes at most.
 *
 * <p><b>Protection.</b> All of it may be in TLS, which begins with the first byte: 22 is a TLS handshake, no frame begins
 * so. Nothing is negotiated: what is configured at an end is what that end demands, so that nobody in between can talk
 * the two out of it. With a shared secret the Hello has the option {@code nonce}, 32 bytes in hexadecimal, and the link
 * begins
 *
 * <pre>
 *  conmgr                        watchdog
 *  Hello(nonce)          ---&gt;
 *                        &lt;---    Challenge(nonce)
 *  Proof                 ---&gt;
 *                        &lt;---    Proof, Welcome
 * </pre>
 *
 * A watchdog that has a secret refuses a Hello without a nonce, a conmgr that has one a Welcome without a Proof. Goodbye
 * (unauthenticated) from either end of a link says that its sender lives, but has no link on these terms: no session is
 * lost. A conmgr says so to a watchdog of minor version 2 or later, to an earlier one that it is to be back.
 *
 * <p><b>Leaving.</b> The link to an instance that is taken out of the configuration, or gets another address in it, ends
 * with Goodbye(unwatched): conmgr lives, and ends itself what it had registered. A watchdog before minor version 3 is
 * told that conmgr is to be back.
 *
 * <p><b>Rules.</b> Both ends send beats at a fixed rate, whatever else is sent, more of them while one stays
 * unacknowledged, and each judges the other by its own timer: deadline = last receipt of anything + {@code
 * heartbeat_timeout}. The watchdog uses the interval and timeout of the conmgr's Hello; a Hello on an established link
 * changes them. See {@code ConmgrLink} and {@code WatchdogLink} for the states of the two ends.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.heartbeat;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
