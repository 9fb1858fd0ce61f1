/**
 * A real PostgreSQL primary with streaming standbys from embedded binaries, for trials, tests and benchmarks.
 *
 * <p>Linux on x86_64 only. A server is a child process of this JVM, run by an unprivileged user also when the JVM is
 * root's. When the JVM ends, in whatever way, its servers end too. Nothing here is meant for data that matters: fsync
 * is off, the superuser needs no password from this host.
 *
 * <p>Threads: every method may be called from any thread. Methods that wait are bounded and throw
 * {@link EmbeddedPostgresException} when the time is up.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.embedded;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
