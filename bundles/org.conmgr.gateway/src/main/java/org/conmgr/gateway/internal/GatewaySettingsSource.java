package org.conmgr.gateway.internal;

import java.util.Optional;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;

/** Reads the settings. A component of its own, so that an edit replaces this object and no connection. */
@Component(service = GatewaySettingsSource.class, configurationPid = RelayGateway.PID)
@Designate(ocd = GatewayConfig.class)
public final class GatewaySettingsSource {
    private final Optional<GatewaySettings> settings;

    @Activate
    public GatewaySettingsSource(@Reference MessageLog log, GatewayConfig config) {
        Optional<GatewaySettings> read = Optional.empty();
        try {
            read = Optional.of(GatewaySettings.of(config));
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, RelayGateway.PID, String.valueOf(e.getMessage()));
        }
        settings = read;
    }

    /** Empty when a setting does not fit. */
    Optional<GatewaySettings> settings() {
        return settings;
    }
}
