package org.conmgr.api.watchdog;

import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/** The SQL part of {@code pgx_stat_watchdog}, to be brought into instances. An OSGi service. */
@ProviderType
public interface ViewExtension {
    /** What {@code CREATE EXTENSION watchdog} needs in the server's extension directory: texts by file name. */
    Map<String, String> files();

    /** The same objects as a script of SQL statements, for a superuser to run where those files cannot be put. */
    String script();
}
