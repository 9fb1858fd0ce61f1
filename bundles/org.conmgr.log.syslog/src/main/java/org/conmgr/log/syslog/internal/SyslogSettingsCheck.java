package org.conmgr.log.syslog.internal;

import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Tells of settings that cannot be used, once and as soon as they are there. The sink cannot: it is a part of the log,
 * and must not refer to it.
 */
@Component(service = SyslogSettingsCheck.class, immediate = true, configurationPid = SyslogSink.PID)
public final class SyslogSettingsCheck {
    @Activate
    public SyslogSettingsCheck(@Reference MessageLog log, SyslogConfiguration configuration) {
        try {
            SyslogSettings.of(configuration);
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, SyslogSink.PID, e.getMessage());
        }
    }
}
