package org.conmgr.api.link;

import java.time.Instant;

/**
 * The decision that the other end of a link is gone.
 *
 * @param reason why
 * @param evidence what it rests on, for people: {@code silent for 2.0 s; last beat #118; own stall 0 ms}
 * @param at when it was reached, by the wall clock of the end that decided
 */
public record Verdict(VerdictReason reason, String evidence, Instant at) {
    /** {@code timed out: silent for 2.0 s; last beat #118; own stall 0 ms}. */
    @Override
    public String toString() {
        return evidence.isEmpty() ? reason.words() : reason.words() + ": " + evidence;
    }
}
