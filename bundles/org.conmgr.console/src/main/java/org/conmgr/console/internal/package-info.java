/**
 * The virtual database {@code conmgr}: answers {@code SHOW ...} in PostgreSQL's protocol, so that psql and any driver
 * are a status command.
 *
 * <p>{@link org.conmgr.console.internal.ConsoleAdapter} takes the connection; {@link
 * org.conmgr.console.internal.FrontendDecoder} reads messages, {@link org.conmgr.console.internal.Conversation} holds
 * the dialogue of one connection, {@link org.conmgr.console.internal.Replies} writes. What statements mean is {@link
 * org.conmgr.console.internal.Commands}' business, which knows nothing of the protocol.
 *
 * <p>Message formats and flow: PostgreSQL's documentation, "Frontend/Backend Protocol".
 */
@NullMarked
package org.conmgr.console.internal;

import org.jspecify.annotations.NullMarked;
