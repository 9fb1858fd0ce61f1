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

    /** Every other instance that takes connections, best first. */
    static List<ConfiguredInstance> others(Look look, Collection<BookedInstance> instances, BookedInstance chosen) {
        if (instances.size() == 1) {
            return List.of();
        }
        List<BookedInstance> others = new ArrayList<>(instances.size());
        for (BookedInstance instance : instances) {
            if (instance != chosen && instance.offered()) {
                others.add(instance);
            }
        }
        others.sort(Comparator.comparing(look::grade).thenComparingInt(instance -> instance.sessions.size()));
        List<ConfiguredInstance> configured = new ArrayList<>(others.size());
        for (BookedInstance other : others) {
            configured.add(other.configured);
        }
        return configured;
    }
}
