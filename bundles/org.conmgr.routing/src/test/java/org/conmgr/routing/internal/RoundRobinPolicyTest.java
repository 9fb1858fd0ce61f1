package org.conmgr.routing.internal;

import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.testkit.BalancePolicyContract;

class RoundRobinPolicyTest extends BalancePolicyContract {
    @Override
    protected BalancePolicy policy() {
        return new RoundRobinPolicy();
    }
}
