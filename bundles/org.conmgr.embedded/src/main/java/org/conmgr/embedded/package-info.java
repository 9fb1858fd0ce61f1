/** A real PostgreSQL primary with streaming standbys from embedded binaries, for trials, tests and benchmarks. */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.embedded;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
