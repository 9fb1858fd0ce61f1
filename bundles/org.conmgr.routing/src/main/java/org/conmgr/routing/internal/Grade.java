package org.conmgr.routing.internal;

/** How well an instance suits a request, best first. The documented order of fallback: see the package. */
enum Grade {
    /** What was asked for, and its watchdog watches it. */
    FITS,
    /** What was asked for, but nobody watches it. */
    FITS_UNWATCHED,
    /** Not what was preferred, but any will do. */
    ELSE,
    /** Any will do, but nobody watches it. */
    ELSE_UNWATCHED,
    /** What was asked for, but it flaps and is held down. */
    HELD,
    /** Any will do, but it flaps and is held down. */
    ELSE_HELD,
    /** Any will do, but it is further behind than {@code max_lag}. */
    LAGGING,
    /** Not to be sent there. */
    UNFIT
}
