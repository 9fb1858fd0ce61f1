/** The watchdog: links, checks, terminations. */
@NullMarked
package org.conmgr.watchdog.internal;

import org.jspecify.annotations.NullMarked;
