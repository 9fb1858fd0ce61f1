package org.conmgr.api.routing;

import java.util.List;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Progress;
import org.osgi.annotation.versioning.ConsumerType;

/** Chooses among several instances that fit. A plug-in, registered as an OSGi service. */
@ConsumerType
public interface BalancePolicy {
    /**
     * An instance that fits.
     *
     * @param number instance number
     * @param applicationConnections sessions bound to it now
     * @param lastChosen counts up with every session bound to any instance: of two, the one with the lower number has
     *     waited longer for a session; 0 for one that never had one. Lets a policy take turns without a memory
     * @param attributes its attributes
     * @param progress its last numbers
     */
    record Candidate(
            int number, int applicationConnections, long lastChosen, Attributes attributes, Progress progress) {}

    /** The name it is chosen by in {@code balance_policy}, e.g. {@code fewest-connections}. */
    String name();

    /**
     * Chooses one. Also asked for previews, so a choice need not lead to a session.
     *
     * @param candidates at least one, in the order of instance numbers
     * @return one of the candidates. Called under the registry's lock: must be quick and must not call back
     */
    Candidate choose(List<Candidate> candidates);
}
