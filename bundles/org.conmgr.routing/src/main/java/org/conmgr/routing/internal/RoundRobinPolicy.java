package org.conmgr.routing.internal;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.conmgr.api.routing.BalancePolicy;
import org.osgi.service.component.annotations.Component;

/** The instances in turn: the one that has waited longest for a connection. */
@Component(service = BalancePolicy.class)
public final class RoundRobinPolicy implements BalancePolicy {
    private static final Comparator<Candidate> ORDER = Comparator.comparingLong(Candidate::lastChosen);

    @Override
    public String name() {
        return "round-robin";
    }

    @Override
    public Candidate choose(List<Candidate> candidates) {
        return Collections.min(candidates, ORDER);
    }
}
