/** Checking attributes and ending backends over JDBC. */
@NullMarked
package org.conmgr.watchdog.jdbc.internal;

import org.jspecify.annotations.NullMarked;
