/** The wire codec, the state machines and their drivers on Netty. */
@NullMarked
package org.conmgr.heartbeat.internal;

import org.jspecify.annotations.NullMarked;
