package org.conmgr.routing.internal;

import java.util.Optional;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/**
 * Reads the settings. Apart from {@link Switchboard}, so that an edit replaces this object and not the one that has the
 * books.
 */
@Component(service = RoutingSettingsSource.class, configurationPid = RoutingSettings.PID)
@Designate(ocd = RoutingConfig.class)
public final class RoutingSettingsSource {
    private final Optional<RoutingSettings> settings;

    @Activate
    public RoutingSettingsSource(@Reference MessageLog log, RoutingConfig config) {
        settings = read(log, config);
    }

    private static Optional<RoutingSettings> read(MessageLog log, RoutingConfig config) {
        try {
            return Optional.of(RoutingSettings.of(config));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, RoutingSettings.PID, e.getMessage());
            return Optional.empty();
        }
    }

    /** Empty when a setting cannot be used: what was in force stays so. */
    Optional<RoutingSettings> settings() {
        return settings;
    }
}
