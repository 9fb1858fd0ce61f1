/** The heartbeat link of both ends. */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.heartbeat;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
