/** The driver plug-in for Java applications. */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.jdbc;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
