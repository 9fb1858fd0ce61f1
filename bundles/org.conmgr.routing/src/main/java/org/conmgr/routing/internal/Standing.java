package org.conmgr.routing.internal;

import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.jspecify.annotations.Nullable;

/** What {@link Primacy} makes of an instance. Only one that is {@link Fit} is offered to applications. */
sealed interface Standing {
    Standing FIT = new Fit();

    /** In words, for status views and for the application whose connection ends by it; empty for {@link Fit}. */
    String note();

    /** The same within a refusal, where space is short. */
    String brief();

    /** What an administrator is told when an instance comes to this standing; null when nothing. */
    @Nullable
    LogMessage warning(ConfiguredInstance self);

    /** Nothing against it. */
    record Fit() implements Standing {
        @Override
        public String note() {
            return "";
        }

        @Override
        public String brief() {
            return "";
        }

        @Override
        public @Nullable LogMessage warning(ConfiguredInstance self) {
            return null;
        }
    }

    /**
     * It does not belong to the set of instances that replicate each other.
     *
     * @param identifier its system identifier
     * @param known an instance of the set
     * @param knownIdentifier the set's system identifier
     */
    record Stranger(long identifier, ConfiguredInstance known, long knownIdentifier) implements Standing {
        @Override
        public String note() {
            return "its system identifier is " + identifier + ", that of " + known + " is " + knownIdentifier;
        }

        @Override
        public String brief() {
            return "other system identifier";
        }

        @Override
        public LogMessage warning(ConfiguredInstance self) {
            return LogMessage.of(Message.SYSTEM_IDENTIFIERS_DIFFER, self, identifier, known, knownIdentifier);
        }
    }

    /**
     * It says it is primary, but another one is, or was, with a better claim.
     *
     * @param timeline its timeline; 0 when not known
     * @param rival the one with the better claim
     * @param rivalTimeline the rival's timeline, at least this one's
     * @param rivalLive whether the rival is primary now; else it was
     */
    record Outdone(int timeline, ConfiguredInstance rival, int rivalTimeline, boolean rivalLive) implements Standing {
        @Override
        public String note() {
            if (rivalTimeline == timeline) {
                return rival + " was primary before it on the same timeline " + timeline;
            }
            return rival + (rivalLive ? " is" : " was") + " primary on the higher timeline " + rivalTimeline;
        }

        @Override
        public String brief() {
            return rivalTimeline == timeline
                    ? "second primary on timeline " + timeline
                    : "old: timeline " + rivalTimeline + " is known";
        }

        @Override
        public LogMessage warning(ConfiguredInstance self) {
            if (!rivalLive) {
                return LogMessage.of(Message.STALE_PRIMARY, self, timeline, rival, rivalTimeline);
            }
            return rivalTimeline == timeline
                    ? LogMessage.of(Message.EQUAL_PRIMARIES, timeline, rival, self)
                    : LogMessage.of(Message.TWO_PRIMARIES, rival, rivalTimeline, self, timeline);
        }
    }
}
