package org.conmgr.log.internal;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.Designate;

/** What the administrator wrote, unread. It restarts with every change, so that {@link AsyncMessageLog} need not. */
@Component(service = LogSettingsSource.class, configurationPid = LogSettingsSource.PID)
@Designate(ocd = LogConfiguration.class)
public final class LogSettingsSource {
    static final String PID = "org.conmgr.log";

    private final String destinations;
    private final String more;
    private final String leastSeverity;

    @Activate
    public LogSettingsSource(LogConfiguration configuration) {
        this(configuration.log__destination(), configuration.more__destinations(), configuration.log__min__messages());
    }

    LogSettingsSource(String destinations, String more, String leastSeverity) {
        this.destinations = destinations;
        this.more = more;
        this.leastSeverity = leastSeverity;
    }

    /** @throws org.conmgr.api.setting.InvalidSetting if it cannot be used */
    LogSettings read() {
        return LogSettings.of(destinations, more, leastSeverity);
    }
}
