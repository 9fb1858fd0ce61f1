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
     * @param attributes its attributes
     * @param progress its last numbers
     */
    record Candidate(int number, int applicationConnections, Attributes attributes, Progress progress) {}

    /** The name it is chosen by in {@code balance_policy}, e.g. {@code fewest-connections}. */
    String name();

    /**
     * Chooses one.
     *
     * @param candidates at least one, in the order of instance numbers
     * @return one of the candidates. Called under the registry's lock: must be quick and must not call back
     */
    Candidate choose(List<Candidate> candidates);
}
