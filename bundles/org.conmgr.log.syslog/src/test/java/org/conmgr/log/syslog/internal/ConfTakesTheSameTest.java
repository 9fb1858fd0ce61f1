package org.conmgr.log.syslog.internal;

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
        byte[] file = ("backend_host0 = a\nsyslog_ident = '" + text + "'").getBytes(UTF_8);
        return Optional.ofNullable(
                        ConfFile.parse(ConfFile.NAME, file, Platform.LINUX).conf())
                .map(conf -> conf.values().get(Parameter.SYSLOG_IDENT));
    }

    @Override
    protected Optional<String> sink(String text) {
        try {
            return Optional.of(SyslogSettings.of(Configs.of(SyslogConfiguration.class, Map.of("syslog_ident", text)))
                    .ident());
        } catch (InvalidSetting e) {
            return Optional.empty();
        }
    }
}
