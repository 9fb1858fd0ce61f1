/**
 * How libpq and every other client that speaks PostgreSQL's protocol gets to the gateway: by conmgr's own port ({@link
 * org.conmgr.gateway.libpq.internal.LibpqAdapter}) and by ports with a target of their own ({@link
 * org.conmgr.gateway.libpq.internal.LibpqPort}). Both only take connections in; to replace them ends none.
 */
@NullMarked
package org.conmgr.gateway.libpq.internal;

import org.jspecify.annotations.NullMarked;
