/** The one implementation of the transport and of the resolver. */
@NullMarked
package org.conmgr.netty.internal;

import org.jspecify.annotations.NullMarked;
