package org.conmgr.log.eventlog.internal;

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
@Component(service = EventLogSettingsCheck.class, immediate = true, configurationPid = EventLogSink.PID)
public final class EventLogSettingsCheck {
    @Activate
    public EventLogSettingsCheck(
            @Reference(name = "windows") Windows windows,
            @Reference MessageLog log,
            EventLogConfiguration configuration) {
        this(log, configuration);
    }

    EventLogSettingsCheck(MessageLog log, EventLogConfiguration configuration) {
        try {
            EventLogSettings.of(configuration);
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, EventLogSink.PID, e.getMessage());
        }
    }
}
