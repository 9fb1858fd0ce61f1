/** The one implementation of the transport. */
@NullMarked
package org.conmgr.netty.internal;

import org.jspecify.annotations.NullMarked;
