/** Throughput through the gateway beside HAProxy's and PgBouncer's. */
@NullMarked
package org.conmgr.bench.gateway;

import org.jspecify.annotations.NullMarked;
