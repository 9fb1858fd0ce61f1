/**
 * The log: from {@link org.conmgr.api.log.MessageLog} to every destination.
 *
 * <p>{@link org.conmgr.log.internal.AsyncMessageLog} filters by severity and puts a message into the {@link
 * org.conmgr.log.internal.Outbox} of each destination; nothing else happens on the caller's thread. Each sink has a
 * thread of its own, its {@link org.conmgr.log.internal.Courier}, so a slow or dead sink delays neither callers nor
 * other sinks. A destination without a sink keeps its messages, within bounds, for the sink that comes.
 *
 * <p>The log is the one service that every other component refers to: it must outlive every change of settings and
 * sinks. So it has no configuration of its own. Settings come from {@link org.conmgr.log.internal.LogSettingsSource},
 * which restarts when they change; that and the sinks are dynamic references.
 *
 * <p>Besides, every message goes to Karaf's log through slf4j, whatever {@code log_destination} says. A console
 * appender of Karaf must leave the logger {@code org.conmgr} out, or what the stderr sink writes is seen twice.
 */
@NullMarked
package org.conmgr.log.internal;

import org.jspecify.annotations.NullMarked;
