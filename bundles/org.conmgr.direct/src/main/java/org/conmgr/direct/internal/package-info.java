/**
 * The adapter that answers where to go and tells what happened to it. {@link
 * org.conmgr.direct.internal.DirectAdapter} takes the ask to the router; {@link org.conmgr.direct.internal.Answers}
 * writes to the driver, {@link org.conmgr.direct.internal.DriverFrames} reads from it.
 */
@NullMarked
package org.conmgr.direct.internal;

import org.jspecify.annotations.NullMarked;
