package org.conmgr.api.instance;

/**
 * The facts routing decides by; pushed over the heartbeat link at once when any of them changes.
 *
 * @param state whether the instance serves; the other facts are the last known ones when it does not
 * @param role primary or standby
 * @param defaultTransactionReadOnly {@code default_transaction_read_only} of a new session
 * @param timeline the WAL timeline the instance is on, at least 1; 0 while unknown. Of two primaries the
 *     one on the higher timeline was promoted later
 */
public record Attributes(InstanceState state, Role role, boolean defaultTransactionReadOnly, int timeline) {
    public Attributes {
        if (timeline < 0) {
            throw new IllegalArgumentException("timeline: " + timeline + " (expected: >= 0)");
        }
    }

    /** The same facts in another state. */
    public Attributes in(InstanceState other) {
        return new Attributes(other, role, defaultTransactionReadOnly, timeline);
    }

    /** Short text for messages: {@code primary, timeline 2} or {@code standby, stopped, timeline 1}. */
    @Override
    public String toString() {
        return role.word()
                + (role == Role.PRIMARY && defaultTransactionReadOnly ? ", read-only" : "")
                + (state == InstanceState.ACCEPTING ? "" : ", " + state.word())
                + ", timeline "
                + timeline;
    }
}
