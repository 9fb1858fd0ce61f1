package org.conmgr.routing.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.conmgr.api.instance.ConfiguredInstance;

/** Narrows the instances down to those a balance policy may choose from. Pure functions. */
final class Choice {
    private Choice() {}

    /** The instances that suit best, all equally well; empty when none suits at all. */
    static List<BookedInstance> best(Look look, Collection<BookedInstance> instances) {
        List<BookedInstance> best = new ArrayList<>(instances.size());
        Grade grade = Grade.UNFIT;
        for (BookedInstance instance : instances) {
            Grade its = look.grade(instance);
            if (its.compareTo(grade) < 0) {
                best.clear();
                grade = its;
            }
            if (its == grade && its != Grade.UNFIT) {
                best.add(instance);
            }
        }
        return grade == Grade.LAGGING ? leastLagging(look, best) : best;
    }

    private static List<BookedInstance> leastLagging(Look look, List<BookedInstance> lagging) {
        long least = Long.MAX_VALUE;
        for (BookedInstance instance : lagging) {
            least = Math.min(least, knownLast(look.lagMillis(instance)));
        }
        long bound = least;
        lagging.removeIf(instance -> knownLast(look.lagMillis(instance)) > bound);
        return lagging;
    }

    private static long knownLast(long lag) {
        return lag < 0 ? Long.MAX_VALUE : lag;
    }

    /**
     * The other instances that take connections, best first, for a driver that goes on to them by itself. It looks at their
     * roles only and takes the first of the role that is asked for or preferred. So none of that role is among them that
     * will not do, nor one that is worse than another of a role that the driver would pass by for it. Those of a role that
     * will not do are: after a promotion they may.
     */
    static List<ConfiguredInstance> others(Look look, Collection<BookedInstance> instances, BookedInstance chosen) {
        if (instances.size() == 1) {
            return List.of();
        }
        List<BookedInstance> others = new ArrayList<>(instances.size());
        Grade passedBy = bestPassedBy(look, instances);
        for (BookedInstance instance : instances) {
            if (instance != chosen && instance.offered() && !misleads(look, instance, passedBy)) {
                others.add(instance);
            }
        }
        others.sort(Comparator.comparing(look::gradeOfNew)
                .thenComparingLong(instance -> lagThatCounts(look, instance))
                .thenComparingInt(instance -> instance.sessions.size()));
        List<ConfiguredInstance> configured = new ArrayList<>(others.size());
        for (BookedInstance other : others) {
            configured.add(other.configured);
        }
        return configured;
    }

    private static long lagThatCounts(Look look, BookedInstance instance) {
        return look.gradeOfNew(instance) == Grade.LAGGING ? knownLast(look.lagMillis(instance)) : 0;
    }

    private static boolean misleads(Look look, BookedInstance instance, Grade passedBy) {
        Grade its = look.gradeOfNew(instance);
        boolean fits = look.fits(instance);
        return its == Grade.UNFIT ? fits || look.orAny() : fits && its.compareTo(passedBy) > 0;
    }

    /** The best grade among those that are not what is asked for or preferred. */
    private static Grade bestPassedBy(Look look, Collection<BookedInstance> instances) {
        Grade best = Grade.UNFIT;
        for (BookedInstance instance : instances) {
            Grade its = look.gradeOfNew(instance);
            if (its.compareTo(best) < 0 && !look.fits(instance)) {
                best = its;
            }
        }
        return best;
    }
}
