/**
 * Plug-in contracts of the watchdog: how it learns the attributes of its instance, how it ends backends and how it shows
 * its links inside the instance; and what views show of it. Checker and terminator work on connections that are opened at
 * start and kept, so that they still work when the instance has run out of connection slots.
 */
@Export
@Version("1.1.0")
@NullMarked
package org.conmgr.api.watchdog;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
