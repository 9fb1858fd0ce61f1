/**
 * What tests of several bundles share: a virtual clock, waiting for conditions, an OSGi framework in the JVM, certificates,
 * free ports, server sockets, queries that last for ever, contract tests of the plug-ins.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.testkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
