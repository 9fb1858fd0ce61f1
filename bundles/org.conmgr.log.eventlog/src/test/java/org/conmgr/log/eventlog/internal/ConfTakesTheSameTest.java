package org.conmgr.log.eventlog.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.Optional;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Parameter;
import org.conmgr.config.Platform;
import org.conmgr.testkit.ConfTextContract;
import org.conmgr.testkit.Configs;

class ConfTakesTheSameTest extends ConfTextContract {
    @Override
    protected Optional<String> conf(String text) {
        byte[] file = ("backend_host0 = a\nevent_source = '" + text + "'").getBytes(UTF_8);
        return Optional.ofNullable(
                        ConfFile.parse(ConfFile.NAME, file, Platform.WINDOWS).conf())
                .map(conf -> conf.values().get(Parameter.EVENT_SOURCE));
    }

    @Override
    protected Optional<String> sink(String text) {
        try {
            return Optional.of(
                    EventLogSettings.of(Configs.of(EventLogConfiguration.class, Map.of("event_source", text)))
                            .source());
        } catch (InvalidSetting e) {
            return Optional.empty();
        }
    }
}
