/**
 * Messages: every message that an administrator can see has an entry in {@link
 * org.conmgr.api.log.Message}, a severity in PostgreSQL's words and a stable id, and goes through
 * {@link org.conmgr.api.log.MessageLog} to every {@link org.conmgr.api.log.LogSink}.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.log;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
