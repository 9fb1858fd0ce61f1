package org.conmgr.log.internal;

import java.util.Comparator;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.Version;

/**
 * Where a sink comes from, by which one is chosen among several for the same destination.
 *
 * @param bundle the symbolic name of its bundle
 */
record Origin(int ranking, long serviceId, String bundle, Version version) {
    /** The highest {@code service.ranking} first, among equals the oldest. */
    static final Comparator<Origin> BEST_FIRST =
            Comparator.comparingInt(Origin::ranking).reversed().thenComparingLong(Origin::serviceId);

    /** Of a sink that no bundle registered. */
    static final Origin OURS = new Origin(0, 0, "", Version.emptyVersion);

    static Origin of(ServiceReference<?> service) {
        Bundle bundle = service.getBundle();
        return new Origin(
                number(service, Constants.SERVICE_RANKING).intValue(),
                number(service, Constants.SERVICE_ID).longValue(),
                // Null for a service that is just going; it will be removed at once.
                bundle == null || bundle.getSymbolicName() == null ? "" : bundle.getSymbolicName(),
                bundle == null ? Version.emptyVersion : bundle.getVersion());
    }

    private static Number number(ServiceReference<?> service, String property) {
        return service.getProperty(property) instanceof Number number ? number : 0;
    }

    /** Whether it is of a higher version of the same bundle: then the other one counts as replaced. */
    boolean replaces(Origin other) {
        return bundle.equals(other.bundle) && version.compareTo(other.version) > 0 && ranking >= other.ranking;
    }
}
