/** The registry of instances and application connections, and the choice of targets. */
@NullMarked
package org.conmgr.routing.internal;

import org.jspecify.annotations.NullMarked;
