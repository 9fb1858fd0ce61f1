/**
 * The sink that writes to the event log of Windows, through JNA.
 *
 * <p>Elsewhere the bundle starts and does nothing: its components wait for {@link
 * org.conmgr.log.eventlog.internal.Windows}, as {@code scr:info} tells, and no class of JNA is loaded. What only Windows
 * can do is behind {@link org.conmgr.log.eventlog.internal.EventLog}, whose one implementation, {@link
 * org.conmgr.log.eventlog.internal.JnaEventLog}, is nothing but the three calls.
 */
@NullMarked
package org.conmgr.log.eventlog.internal;

import org.jspecify.annotations.NullMarked;
