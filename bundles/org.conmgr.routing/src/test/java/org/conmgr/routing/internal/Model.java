package org.conmgr.routing.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.routing.Target;

/** What is true of the instances, worked out anew for every question: slow, plain, and without a line of the product. */
final class Model {
    static final class Fact {
        final int number;
        LinkState link = LinkState.CONNECTING;
        boolean confirmed;
        InstanceState state = InstanceState.ACCEPTING;
        Role role = Role.STANDBY;
        boolean readOnly;
        int timeline;
        long identifier;
        long heardAt;
        long lsn = -1;
        long lag = -1;
        long primarySince;

        Fact(int number) {
            this.number = number;
        }
    }

    final Map<Integer, Fact> facts = new TreeMap<>();
    long now;
    long maxAge = Books.HEARTBEAT_TIMEOUT.toNanos();
    long maxLag;

    private long setIdentifier;
    private int highest;
    private long events;

    Fact fact(int number) {
        return Objects.requireNonNull(facts.get(number), () -> "no instance " + number);
    }

    /** After every change: who belongs together, the highest timeline, who was primary first. */
    void settle() {
        events++;
        if (facts.values().stream().noneMatch(fact -> fact.identifier != 0 && fact.identifier == setIdentifier)) {
            facts.values().stream()
                    .filter(fact -> fact.identifier != 0)
                    .findFirst()
                    .ifPresent(fact -> {
                        setIdentifier = fact.identifier;
                        highest = 0;
                    });
        }
        for (Fact fact : facts.values()) {
            if (!claims(fact)) {
                fact.primarySince = 0;
            } else if (fact.primarySince == 0) {
                fact.primarySince = events;
            }
            highest = claims(fact) ? Math.max(highest, fact.timeline) : highest;
        }
    }

    private boolean strange(Fact fact) {
        return fact.identifier != 0 && fact.identifier != setIdentifier;
    }

    private boolean claims(Fact fact) {
        return fact.confirmed && fact.role == Role.PRIMARY && !strange(fact);
    }

    private Optional<Fact> right() {
        return facts.values().stream()
                .filter(fact -> claims(fact) && fact.timeline == highest)
                .min(Comparator.comparingLong(fact -> fact.primarySince));
    }

    private boolean outdone(Fact fact) {
        return claims(fact) && right().filter(fact::equals).isEmpty();
    }

    private boolean old(Fact fact) {
        return fact.link != LinkState.UP && now - fact.heardAt > maxAge;
    }

    /** Whether a session with this target may be, or stay, there. */
    boolean keeps(Target target, int number) {
        Fact fact = facts.get(number);
        if (fact == null || !fact.confirmed || strange(fact)) {
            return false;
        }
        boolean right = fact.role == Role.PRIMARY && !outdone(fact);
        return switch (target) {
            case READ_WRITE -> right && !fact.readOnly;
            case PRIMARY -> right;
            case READ_ONLY -> fact.role == Role.STANDBY || (right && fact.readOnly);
            case STANDBY -> fact.role == Role.STANDBY;
            default -> true;
        };
    }

    private boolean isWhat(Target target, Fact fact) {
        boolean primary = fact.role == Role.PRIMARY && !old(fact);
        return switch (target) {
            case ANY -> true;
            case PRIMARY, PREFER_PRIMARY -> primary;
            case READ_WRITE, PREFER_READ_WRITE -> primary && !fact.readOnly;
            case STANDBY, PREFER_STANDBY -> fact.role == Role.STANDBY;
            case READ_ONLY, PREFER_READ_ONLY -> fact.role == Role.STANDBY || fact.readOnly;
        };
    }

    private static boolean orAny(Target target) {
        return target == Target.ANY || target.word().startsWith("prefer-");
    }

    /** Which of a list a driver connects to that tries them in this order and looks at their roles, as libpq does. */
    Optional<Integer> taken(Target target, List<Integer> list) {
        return list.stream()
                .filter(number -> isWhat(target, fact(number)))
                .findFirst()
                .or(() -> list.stream().filter(number -> orAny(target)).findFirst());
    }

    /** The numbers of those a policy may choose from. */
    List<Integer> suitable(Target target, long minLsn) {
        return suitable(target, minLsn, Set.of());
    }

    /** @param failed numbers of those that cannot be connected to */
    List<Integer> suitable(Target target, long minLsn, Set<Integer> failed) {
        boolean any = orAny(target);
        List<Fact> live = facts.values().stream()
                .filter(fact -> !failed.contains(fact.number))
                .filter(fact -> fact.confirmed && fact.state == InstanceState.ACCEPTING)
                .filter(fact -> !strange(fact) && !outdone(fact))
                .filter(fact -> minLsn == 0 || fact.lsn >= minLsn || (fact.role == Role.PRIMARY && !old(fact)))
                .toList();
        Predicate<Fact> wanted = fact -> isWhat(target, fact);
        Predicate<Fact> near = fact -> maxLag == 0 || fact.role == Role.PRIMARY || lag(fact) <= maxLag;
        Predicate<Fact> watched = fact -> fact.link == LinkState.UP;
        long leastLag = live.stream().mapToLong(this::lag).min().orElse(0);
        return Stream.of(
                        wanted.and(near).and(watched),
                        wanted.and(near),
                        near.and(watched).and(fact -> any),
                        near.and(fact -> any),
                        (Predicate<Fact>) fact -> any && lag(fact) == leastLag)
                .map(tier -> live.stream().filter(tier).map(fact -> fact.number).toList())
                .filter(tier -> !tier.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private long lag(Fact fact) {
        return old(fact) || fact.lag < 0 ? Long.MAX_VALUE : fact.lag;
    }
}
