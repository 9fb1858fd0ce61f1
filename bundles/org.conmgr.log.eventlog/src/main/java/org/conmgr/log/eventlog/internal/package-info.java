/** The sink that writes to the Windows event log. */
@NullMarked
package org.conmgr.log.eventlog.internal;

import org.jspecify.annotations.NullMarked;
