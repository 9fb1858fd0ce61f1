package org.conmgr.routing.internal;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.conmgr.api.routing.BalancePolicy;
import org.osgi.service.component.annotations.Component;

/** The instance with the fewest application connections; of several, the one that has waited longest for one. */
@Component(service = BalancePolicy.class)
public final class FewestConnectionsPolicy implements BalancePolicy {
    static final String NAME = "fewest-connections";

    private static final Comparator<Candidate> ORDER =
            Comparator.comparingInt(Candidate::applicationConnections).thenComparingLong(Candidate::lastChosen);

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Candidate choose(List<Candidate> candidates) {
        return Collections.min(candidates, ORDER);
    }
}
