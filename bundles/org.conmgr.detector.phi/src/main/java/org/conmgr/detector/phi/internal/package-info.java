/**
 * The φ accrual failure detector as a plug-in: N. Hayashibara, X. Défago, R. Yared, T. Katayama, <i>The φ Accrual Failure
 * Detector</i>, Proc. 23rd IEEE Symposium on Reliable Distributed Systems (SRDS), 2004, pp. 66 to 78.
 *
 * <p>The times between the last beats are taken for normally distributed with their mean μ and variance σ². When nothing
 * has come for a time t, the suspicion is
 *
 * <pre>  φ(t) = -log10(P_later(t)),   P_later(t) = 1 - F((t - μ) / σ)</pre>
 *
 * with F the distribution function of the standard normal distribution: to give a peer up at φ = 8 is wrong once in 10⁸
 * beats, if that is how they are distributed. As later implementations do (Akka's, for one), σ is never taken for less
 * than a minimum, a pause that is borne is added to μ, and the memory begins with a guess, the configured interval.
 *
 * <p>φ grows with t, so the moment at which it reaches the threshold is known with each beat: there is one deadline, and
 * no polling.
 */
@NullMarked
package org.conmgr.detector.phi.internal;

import org.jspecify.annotations.NullMarked;
