package org.conmgr.routing.internal;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntUnaryOperator;
import org.conmgr.api.routing.BalancePolicy;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Any of the instances, each as likely as the others. */
@Component(service = BalancePolicy.class)
public final class RandomPolicy implements BalancePolicy {
    private final IntUnaryOperator dice;

    @Activate
    public RandomPolicy() {
        this(sides -> ThreadLocalRandom.current().nextInt(sides));
    }

    /** @param dice a number from 0 to below its argument */
    RandomPolicy(IntUnaryOperator dice) {
        this.dice = dice;
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public Candidate choose(List<Candidate> candidates) {
        return candidates.get(dice.applyAsInt(candidates.size()));
    }
}
