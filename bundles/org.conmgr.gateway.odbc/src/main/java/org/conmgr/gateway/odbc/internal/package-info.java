/**
 * How psqlODBC gets to the gateway: by conmgr's own port ({@link org.conmgr.gateway.odbc.internal.OdbcAdapter}) and by
 * ports with a target of their own ({@link org.conmgr.gateway.odbc.internal.OdbcPort}). Its data sources are written by
 * {@code conmgr:odbc-dsn}.
 */
@NullMarked
package org.conmgr.gateway.odbc.internal;

import org.jspecify.annotations.NullMarked;
