package org.conmgr.routing.internal;

import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.routing.RouteRequest;

/**
 * One look at the books with the eyes of one request.
 *
 * @param request what is asked for
 * @param maxLagMillis {@code max_lag}; 0 for none
 * @param maxFactsAge nanoseconds after which facts about an unmonitored instance no longer make it a primary
 * @param nanos the time of the look
 */
record Look(RouteRequest request, long maxLagMillis, long maxFactsAge, long nanos) {
    Grade grade(BookedInstance instance) {
        if (!request.instance().isEmpty()) {
            return attaches(instance) ? Grade.FITS : Grade.UNFIT;
        }
        return gradeOfNew(instance);
    }

    /** As if the application were not connected yet. */
    Grade gradeOfNew(BookedInstance instance) {
        Attributes facts = instance.facts();
        if (facts == null || !instance.offered() || avoids(instance) || behindMinLsn(instance, facts)) {
            return Grade.UNFIT;
        }
        boolean orAny = orAny();
        boolean fits = fits(instance, facts);
        if (!fits && !orAny) {
            return Grade.UNFIT;
        }
        if (lagging(instance, facts)) {
            return orAny ? Grade.LAGGING : Grade.UNFIT;
        }
        if (instance.heldUntil() != null) {
            return fits ? Grade.HELD : Grade.ELSE_HELD;
        }
        boolean watched = instance.link() == LinkState.UP;
        if (fits) {
            return watched ? Grade.FITS : Grade.FITS_UNWATCHED;
        }
        return watched ? Grade.ELSE : Grade.ELSE_UNWATCHED;
    }

    /** Whether the asker will not have it. */
    boolean avoids(BookedInstance instance) {
        return request.avoid().contains(instance.configured.number());
    }

    /**
     * Whether the application is connected to this instance already, and may stay. The bounds are not asked for: who
     * attaches may have been there for long, and a session stays when its standby falls behind.
     */
    private boolean attaches(BookedInstance instance) {
        return instance.facts() != null
                && instance.configured.address().equals(request.instance())
                && instance.keeps(request.target());
    }

    /** As below; false when nothing is known of it. */
    boolean fits(BookedInstance instance) {
        Attributes facts = instance.facts();
        return facts != null && fits(instance, facts);
    }

    /** Whether what is asked for, or only preferred, is met; bounds apart. */
    boolean fits(BookedInstance instance, Attributes facts) {
        boolean primary = facts.role() == Role.PRIMARY && !outdated(instance);
        boolean standby = facts.role() == Role.STANDBY;
        boolean readOnly = facts.defaultTransactionReadOnly();
        return switch (request.target()) {
            case ANY -> true;
            case READ_WRITE, PREFER_READ_WRITE -> primary && !readOnly;
            case READ_ONLY, PREFER_READ_ONLY -> standby || readOnly;
            case PRIMARY, PREFER_PRIMARY -> primary;
            case STANDBY, PREFER_STANDBY -> standby;
        };
    }

    /** Whether any instance will do when none fits. */
    boolean orAny() {
        return switch (request.target()) {
            case ANY, PREFER_STANDBY, PREFER_PRIMARY, PREFER_READ_ONLY, PREFER_READ_WRITE -> true;
            case READ_WRITE, READ_ONLY, PRIMARY, STANDBY -> false;
        };
    }

    /** Whether it is so long ago that its watchdog was heard that the facts may no longer be true. */
    boolean outdated(BookedInstance instance) {
        return instance.factsAge(nanos) > maxFactsAge;
    }

    /** A primary is never behind: its position, as last told, is older than what its own clients know. */
    boolean behindMinLsn(BookedInstance instance, Attributes facts) {
        return request.minLsn() > 0
                && (facts.role() == Role.STANDBY || outdated(instance))
                && instance.progress().lsn() < request.minLsn();
    }

    /** Whether it is a standby not known to be within {@code max_lag}. */
    boolean lagging(BookedInstance instance, Attributes facts) {
        if (maxLagMillis == 0 || facts.role() == Role.PRIMARY) {
            return false;
        }
        long lag = lagMillis(instance);
        return lag < 0 || lag > maxLagMillis;
    }

    /** How far it was behind when last heard; -1 when that is not known or too long ago. */
    long lagMillis(BookedInstance instance) {
        return outdated(instance) ? -1 : instance.progress().replayLagMillis();
    }
}
