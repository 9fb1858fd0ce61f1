/** The adapter that answers where to go and tells what happened to it. */
@NullMarked
package org.conmgr.direct.internal;

import org.jspecify.annotations.NullMarked;
