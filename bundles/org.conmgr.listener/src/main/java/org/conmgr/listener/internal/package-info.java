/** Accepting, admission and the first packet. */
@NullMarked
package org.conmgr.listener.internal;

import org.jspecify.annotations.NullMarked;
