/** How many links one watchdog holds, and what they cost it. */
@NullMarked
package org.conmgr.bench.links;

import org.jspecify.annotations.NullMarked;
