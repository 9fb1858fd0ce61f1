/**
 * Where a connection with a given target goes, and what becomes of it.
 *
 * <p>Two directions meet in the registry. The heartbeat side feeds {@link
 * org.conmgr.api.routing.InstanceRegistry} with what it learns; the application side asks {@link
 * org.conmgr.api.routing.Router} and is told, through {@link
 * org.conmgr.api.routing.SessionObserver}, when the instance it was sent to is dead or no longer
 * what it asked for. {@link org.conmgr.api.routing.RegistryView} shows both to status commands.
 *
 * <p><b>Threads.</b> Every method may be called on any thread and never blocks. Observers are called
 * under no lock, one call at a time for one session, in order; they must not block either, so an
 * adapter hops to its own event loop.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.routing;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
