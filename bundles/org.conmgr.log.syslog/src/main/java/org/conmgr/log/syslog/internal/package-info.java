/** The sink that writes to syslog. */
@NullMarked
package org.conmgr.log.syslog.internal;

import org.jspecify.annotations.NullMarked;
