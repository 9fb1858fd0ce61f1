/**
 * The relay engine. {@link org.conmgr.gateway.internal.RelayGateway} has what all connections share. A connection goes
 * through {@link org.conmgr.gateway.internal.Negotiation} or {@link org.conmgr.gateway.internal.TlsStart} if it begins
 * so, has an {@link org.conmgr.gateway.internal.Upstream} to its instance, and ends as a {@link
 * org.conmgr.gateway.internal.Relay}.
 */
@NullMarked
package org.conmgr.gateway.internal;

import org.jspecify.annotations.NullMarked;
