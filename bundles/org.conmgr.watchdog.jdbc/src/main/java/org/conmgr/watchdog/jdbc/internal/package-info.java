/**
 * Checking attributes and ending backends over JDBC: two service components, each handing out one kept session per
 * watchdog.
 *
 * <p>Threading: a session belongs to the one thread that uses it; only {@code close()} comes from elsewhere. It cuts the
 * raw socket below the driver (and below TLS), so it returns at once and wakes the user whatever that waits for: a name
 * server apart, which Java cannot interrupt. No threads, timers or queries of this package's own.
 *
 * <p>Rights: each fact degrades to unknown when the role may not see it; {@code docs/watchdog-role.md} lists them.
 */
@NullMarked
package org.conmgr.watchdog.jdbc.internal;

import org.jspecify.annotations.NullMarked;
