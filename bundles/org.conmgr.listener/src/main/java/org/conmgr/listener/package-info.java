/** The contract between the listener and the adapters it hands connections to. */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.listener;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
