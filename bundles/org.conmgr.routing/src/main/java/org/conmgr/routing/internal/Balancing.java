package org.conmgr.routing.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.BalancePolicy.Candidate;
import org.jspecify.annotations.Nullable;

/**
 * Asks the balance policy that is configured. One that is missing or fails is reported once and stood in for by {@link
 * FewestConnectionsPolicy}: a plug-in's fault refuses no connection. That one is missing is found out when there is
 * something to choose, and not when the settings come: at a start a plug-in may come after them. Guarded by the lock of
 * {@link Switchboard}.
 */
final class Balancing {
    private final BalancePolicy standIn = new FewestConnectionsPolicy();
    private @Nullable BalancePolicy failed;
    private @Nullable String missing;

    /**
     * Chooses one.
     *
     * @param fits at least one
     * @param policies those there are
     * @param name the one to ask
     */
    BookedInstance choose(
            List<BookedInstance> fits, List<BalancePolicy> policies, String name, Consumer<LogMessage> log) {
        if (fits.size() == 1) {
            return fits.get(0);
        }
        List<Candidate> candidates = new ArrayList<>(fits.size());
        for (BookedInstance instance : fits) {
            candidates.add(instance.candidate());
        }
        BalancePolicy policy = find(policies, name, log);
        return fits.get(indexOfChosen(candidates, policy, log));
    }

    private BalancePolicy find(List<BalancePolicy> policies, String name, Consumer<LogMessage> log) {
        for (BalancePolicy policy : policies) {
            if (policy.name().equals(name)) {
                missing = null;
                return policy;
            }
        }
        if (!standIn.name().equals(name) && !name.equals(missing)) {
            missing = name;
            TreeSet<String> known = new TreeSet<>(List.of(standIn.name()));
            policies.forEach(policy -> known.add(policy.name()));
            log.accept(LogMessage.of(
                    Message.BALANCE_POLICY_MISSING,
                    RoutingSettings.PID,
                    name,
                    String.join(", ", known),
                    standIn.name()));
        }
        return standIn;
    }

    private int indexOfChosen(List<Candidate> candidates, BalancePolicy policy, Consumer<LogMessage> log) {
        Throwable failure;
        try {
            int index = candidates.indexOf(policy.choose(List.copyOf(candidates)));
            if (index >= 0) {
                failed = null;
                return index;
            }
            failure = new IllegalStateException("it chose none of the candidates");
        } catch (RuntimeException | LinkageError e) {
            failure = e;
        }
        if (failed != policy) {
            failed = policy;
            log.accept(LogMessage.of(
                            Message.SUPERVISED_FAILURE,
                            "balance policy " + policy.getClass().getName(),
                            failure)
                    .withCause(failure));
        }
        return candidates.indexOf(standIn.choose(candidates));
    }
}
