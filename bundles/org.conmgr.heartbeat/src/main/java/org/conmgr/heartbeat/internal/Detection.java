package org.conmgr.heartbeat.internal;

import org.conmgr.api.link.FailureDetector;
import org.jspecify.annotations.Nullable;

/**
 * Which failure detectors a link has.
 *
 * @param acting decides; null for the fixed timeout
 * @param shadow is only asked what it would have decided; null for none
 */
record Detection(@Nullable FailureDetector acting, @Nullable FailureDetector shadow) {
    /** The fixed timeout alone. */
    static final Detection FIXED = new Detection(null, null);
}
