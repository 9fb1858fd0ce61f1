/**
 * Karaf shell commands that show what conmgr and the watchdogs of this process know. Each command returns its text, so
 * it can be piped and assigned; {@code --json} makes that text JSON for programs.
 *
 * <p>The columns stand in {@link org.conmgr.shell.internal.Columns}, once for table and JSON; the commands only fetch
 * the rows. Everything is answered from memory.
 */
@NullMarked
package org.conmgr.shell.internal;

import org.jspecify.annotations.NullMarked;
