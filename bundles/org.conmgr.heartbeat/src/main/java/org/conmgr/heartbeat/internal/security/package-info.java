/**
 * What protects a link: certificates (PID {@code org.conmgr.tls}), a shared secret and the rule who needs them (PID
 * {@code org.conmgr.auth}), for both ends alike.
 *
 * <p>What is configured is demanded of every peer. Where nothing is configured, only links within the host are made,
 * over the loopback interface. {@code auth = trust} demands nothing, and uses what both ends have.
 *
 * <p>No secret, key or password is in any text that a class of this package makes.
 */
@NullMarked
package org.conmgr.heartbeat.internal.security;

import org.jspecify.annotations.NullMarked;
