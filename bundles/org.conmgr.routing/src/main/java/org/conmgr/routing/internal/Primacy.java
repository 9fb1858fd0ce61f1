package org.conmgr.routing.internal;

import java.util.Collection;
import java.util.Objects;
import java.util.function.Consumer;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.log.LogMessage;
import org.jspecify.annotations.Nullable;

/**
 * Tells which instances belong together and which of several primaries is the right one. Guarded by the lock of {@link
 * Switchboard}.
 *
 * <ul>
 *   <li>The first system identifier heard is that of the set, for as long as any instance in the books has it. Who has
 *       another one is a stranger.
 *   <li>Among several primaries the one on the highest timeline is right: it was promoted last. Below the highest
 *       timeline that any primary has had since this object was made, nobody is right, even when the one who had it
 *       is gone: an old primary that comes back alone is still an old primary.
 *   <li>On equal timelines it is the one that was primary first.
 * </ul>
 */
final class Primacy {
    private long setIdentifier;
    private int highest;
    private @Nullable ConfiguredInstance highestOf;
    private long claims;

    /**
     * Sets every instance's standing.
     *
     * @param log takes one warning for each instance whose standing has become, or changed to, something other than fit
     */
    void judge(Collection<BookedInstance> instances, Consumer<LogMessage> log) {
        BookedInstance known = knownOfTheSet(instances);
        BookedInstance right = null;
        for (BookedInstance instance : instances) {
            if (!instance.claimsPrimary() || strange(instance)) {
                instance.claimedAt = 0;
                continue;
            }
            if (instance.claimedAt == 0) {
                instance.claimedAt = ++claims;
            }
            if (instance.timeline() > highest) {
                highest = instance.timeline();
                highestOf = instance.configured;
            }
            if (right == null || better(instance, right)) {
                right = instance;
            }
        }
        for (BookedInstance instance : instances) {
            Standing standing = standing(instance, known, right);
            if (!standing.equals(instance.standing)) {
                instance.standing = standing;
                LogMessage warning = standing.warning(instance.configured);
                if (warning != null) {
                    log.accept(warning);
                }
            }
        }
    }

    private @Nullable BookedInstance knownOfTheSet(Collection<BookedInstance> instances) {
        BookedInstance other = null;
        for (BookedInstance instance : instances) {
            if (instance.systemIdentifier() == 0) {
                continue;
            }
            if (instance.systemIdentifier() == setIdentifier) {
                return instance;
            }
            other = other == null ? instance : other;
        }
        if (other != null) {
            // Nobody of the old set is left: this is another one, whose timelines have nothing to do with the old.
            setIdentifier = other.systemIdentifier();
            highest = 0;
            highestOf = null;
        }
        return other;
    }

    private boolean strange(BookedInstance instance) {
        return instance.systemIdentifier() != 0 && instance.systemIdentifier() != setIdentifier;
    }

    private static boolean better(BookedInstance a, BookedInstance b) {
        return a.timeline() == b.timeline() ? a.claimedAt < b.claimedAt : a.timeline() > b.timeline();
    }

    private Standing standing(BookedInstance instance, @Nullable BookedInstance known, @Nullable BookedInstance right) {
        if (known != null && strange(instance)) {
            return new Standing.Stranger(instance.systemIdentifier(), known.configured, setIdentifier);
        }
        if (instance.claimedAt == 0 || right == null) {
            return Standing.FIT;
        }
        if (right.timeline() < highest) {
            return new Standing.Outdone(instance.timeline(), Objects.requireNonNull(highestOf), highest, false);
        }
        return instance == right
                ? Standing.FIT
                : new Standing.Outdone(instance.timeline(), right.configured, right.timeline(), true);
    }
}
