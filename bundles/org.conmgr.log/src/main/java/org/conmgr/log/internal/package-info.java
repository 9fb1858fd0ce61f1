/** The severity filter, the bounded queue and the fan-out to the sinks. */
@NullMarked
package org.conmgr.log.internal;

import org.jspecify.annotations.NullMarked;
