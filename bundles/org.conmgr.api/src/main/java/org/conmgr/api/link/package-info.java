/**
 * The outcome of watching a heartbeat link: the {@link org.conmgr.api.link.Verdict} and the state a
 * link is in, in the words that every message, view and answer uses.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.link;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
