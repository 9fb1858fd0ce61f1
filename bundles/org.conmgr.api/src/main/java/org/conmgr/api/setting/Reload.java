package org.conmgr.api.setting;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Reads {@code conmgr.conf} again, now. An OSGi service. An edit takes effect without it; this tells how it went. */
@ProviderType
public interface Reload {
    /**
     * How it went.
     *
     * @param errors because of which nothing was applied, each {@code conmgr.conf:12: heartbeat_interval: 0 (expected:
     *     an integer >= 1)}; or why what the file says could not be stored, which is tried again; empty when the file is
     *     in force, or when there is none because the {@code .cfg} files are the truth
     * @param remarks warnings and notices, in the same form; without changes also what changed last, and when
     * @param changes what is in force now and was not before, each {@code heartbeat_interval: 10s -> 1s}
     */
    record Outcome(List<String> errors, List<String> remarks, List<String> changes) {
        public Outcome {
            errors = List.copyOf(errors);
            remarks = List.copyOf(remarks);
            changes = List.copyOf(changes);
        }

        /** One in which nothing was applied, or nothing was to be. */
        public static Outcome withErrors(String... errors) {
            return new Outcome(List.of(errors), List.of(), List.of());
        }
    }

    /**
     * Reads the file and puts it into force. Returns at once, on any thread; the file is read on another.
     *
     * @return completes, never exceptionally, when it is done and those whom it concerns have heard of it
     */
    CompletionStage<Outcome> reload();
}
