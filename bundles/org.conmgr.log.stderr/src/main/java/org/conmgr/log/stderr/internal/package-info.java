/** The sink that writes to standard error. */
@NullMarked
package org.conmgr.log.stderr.internal;

import org.jspecify.annotations.NullMarked;
