/**
 * What is known of a PostgreSQL instance. Values only: immutable, no threads, no life cycle.
 *
 * <p>Three kinds of facts are kept apart because they travel apart: {@link
 * org.conmgr.api.instance.Identity} never changes while an instance lives, {@link
 * org.conmgr.api.instance.Attributes} change rarely and are pushed at once, {@link
 * org.conmgr.api.instance.Progress} changes all the time and rides on the heartbeat.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.conmgr.api.instance;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
