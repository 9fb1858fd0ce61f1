/**
 * The books of conmgr, which instances there are and who is bound to which, and the choice of where a connection goes.
 * No I/O. {@link org.conmgr.routing.internal.Switchboard} is the one object that has state; the rest are
 * what it decides by.
 *
 * <p><b>Who is offered.</b> An instance that accepts connections and whose link is up, or is unmonitored
 * with facts from before its watchdog went away. Of an unmonitored one that was last heard of longer than
 * {@code heartbeat_timeout} ago nobody knows whether it is still primary: it is not taken for one,
 * unless its watchdog said that it only restarts and may take its time ({@code restart_grace}). A
 * degraded instance keeps its sessions and gets no new ones.
 *
 * <p><b>The order of fallback</b>, for every target: what was asked for; the same, unmonitored; with {@code
 * any} and {@code prefer-*} then any other; any other, unmonitored; the standby that is least behind when
 * all that is left is further behind than {@code max_lag}. With the other targets a standby further behind
 * than {@code max_lag}, or whose lag is not known, is never used. {@code min_lsn} is a promise to the
 * application: a standby not known to have reached it is never used, with any target. Neither concerns a
 * primary. Among those that suit equally well a {@link org.conmgr.api.routing.BalancePolicy} chooses.
 * Both bound where a connection goes, not where it stays: no session ends because its standby has fallen behind.
 *
 * <p><b>The others</b> in an answer are for a driver that goes on by itself (libpq) and that can tell of an instance its role
 * alone. Left out is what it would take for that and should not: what will not do for another reason than its role, and what
 * it would take before something better, as with {@code prefer-standby} a standby too far behind, or held down, before a
 * primary.
 *
 * <p><b>Flapping.</b> An instance that dies again within {@code flap_window} of coming back is held down when it is back,
 * first for {@code hold_down}, then each time for twice as long up to {@code max_hold_down}; the first return is always
 * at once, and a life longer than the window makes it as good as new. Held down means last choice, not no choice: it
 * comes behind everything but what lags, and is used at once where nothing else will do, for writing too. An outage that
 * is sure would be worse than one that is feared. Its sessions stay.
 *
 * <p><b>Pace.</b> Those that have waited for an instance are sent there at {@code route_pace}, so that a thousand do not
 * connect at the same moment; the first ones at once. Who asks meanwhile and would wait as well stands in line behind them.
 * A wait that ends in that time ends with the instance, not with a refusal. See {@link
 * org.conmgr.routing.internal.Pace}.
 *
 * <p><b>Several primaries.</b> See {@link org.conmgr.routing.internal.Primacy}. A primary with the lesser
 * claim is offered to nobody, not even to those who take any: what is read there is old too.
 *
 * <p><b>Fence.</b> When an instance stops being what a session asked for, that session ends, and no other.
 * Sessions that asked for any, or only preferred something, stay, and do not move when what they prefer
 * comes up.
 *
 * <p><b>Threads.</b> One lock, held for moments. What is to be told is told after it is free: to each
 * session's observer in order, one call at a time, by whichever thread had the news; to the observers of
 * an instance's SQL sockets by the timer thread, a few milliseconds after the first change.
 */
@NullMarked
package org.conmgr.routing.internal;

import org.jspecify.annotations.NullMarked;
