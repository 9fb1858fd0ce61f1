package org.conmgr.api.link;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The verdicts that the links of this process have reached, of both ends. Kept in memory, the last ones of each subject.
 * An OSGi service; every view that explains a verdict reads it. Any thread; never blocks.
 */
@ProviderType
public interface VerdictView {
    /** Newest first. */
    List<VerdictRecord> verdicts();
}
