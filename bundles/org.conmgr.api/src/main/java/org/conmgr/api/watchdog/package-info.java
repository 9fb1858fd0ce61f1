/**
 * Plug-in contracts of the watchdog: how it learns the attributes of its instance and how it ends
 * backends. Both work on connections that are opened at start and kept, so that they still work when
 * the instance has run out of connection slots.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.watchdog;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
