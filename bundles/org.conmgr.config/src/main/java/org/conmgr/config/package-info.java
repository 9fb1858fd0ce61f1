/**
 * The file {@code conmgr.conf}: its parameters, its grammar, and every problem it can have. Plain Java: {@code cm_ctl}
 * uses it without OSGi.
 */
@NullMarked
package org.conmgr.config;

import org.jspecify.annotations.NullMarked;
