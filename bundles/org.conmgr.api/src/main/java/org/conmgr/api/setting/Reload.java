package org.conmgr.api.setting;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Reads {@code conmgr.conf} again, now. An OSGi service. An edit takes effect without it; this tells how it went. */
@ProviderType
public interface Reload {
    /**
     * Reads the file and puts it into force. Returns at once, on any thread; the file is read on another.
     *
     * @return completes, never exceptionally, with the errors because of which nothing was applied, each {@code
     *     conmgr.conf:12: heartbeat_interval: 0 (expected: an integer >= 1)}; with an empty list when the file is in
     *     force, or when there is none because the {@code .cfg} files are the truth
     */
    CompletionStage<List<String>> reload();
}
