/**
 * The file {@code conmgr.conf}: its parameters, its grammar, and every problem it can have. Plain Java: {@code cm_ctl}
 * uses it without OSGi. Names, types and defaults of the parameters are those of the connection manager that comes with
 * some commercial distributions of PostgreSQL, so that its files can be kept; here and elsewhere "the guide" is its user
 * guide.
 */
@NullMarked
package org.conmgr.config;

import org.jspecify.annotations.NullMarked;
