package org.conmgr.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.BalancePolicy.Candidate;
import org.junit.jupiter.api.Test;

/** What every {@link BalancePolicy} owes. Subclass it with a policy of yours. */
public abstract class BalancePolicyContract {
    private static final int ROUNDS = 1000;

    private final BalancePolicy policy = policy();

    /** A new policy. */
    protected abstract BalancePolicy policy();

    /** Whether the policy lets no instance that fits go without sessions for ever; most do. */
    protected boolean fair() {
        return true;
    }

    @Test
    void isChosenByALowerCaseWord() {
        assertThat(policy.name()).matches("[a-z0-9]+([-.][a-z0-9]+)*");
    }

    @Test
    void takesTheOnlyOne() {
        Candidate only = candidate(7, 12, 40, Role.PRIMARY, Progress.UNKNOWN);
        assertThat(policy.choose(List.of(only))).isEqualTo(only);
    }

    @Test
    void choosesOneOfThem() {
        List<Candidate> candidates = List.of(
                candidate(0, 0, 0, Role.PRIMARY, Progress.UNKNOWN),
                candidate(2, 5, 17, Role.STANDBY, new Progress(1L << 40, 100, 0)),
                candidate(3, 10_000, 16, Role.STANDBY, Progress.UNKNOWN));
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(candidates).contains(policy.choose(candidates));
        }
    }

    @Test
    void doesNotStarveAnyOfEquals() {
        Map<Integer, Integer> connections = new HashMap<>();
        Map<Integer, Long> lastChosen = new HashMap<>();
        for (long round = 1; round <= ROUNDS; round++) {
            List<Candidate> candidates = new ArrayList<>();
            for (int number = 0; number < 3; number++) {
                int bound = connections.getOrDefault(number, 0);
                candidates.add(
                        candidate(number, bound, lastChosen.getOrDefault(number, 0L), Role.STANDBY, Progress.UNKNOWN));
            }
            int chosen = policy.choose(List.copyOf(candidates)).number();
            connections.merge(chosen, 1, Integer::sum);
            lastChosen.put(chosen, round);
        }
        if (fair()) {
            assertThat(connections).hasSize(3);
            assertThat(connections.values()).allMatch(share -> share > ROUNDS / 6);
        }
    }

    private static Candidate candidate(
            int number, int applicationConnections, long lastChosen, Role role, Progress progress) {
        Attributes attributes = new Attributes(InstanceState.ACCEPTING, role, false, 1);
        return new Candidate(number, applicationConnections, lastChosen, attributes, progress);
    }
}
