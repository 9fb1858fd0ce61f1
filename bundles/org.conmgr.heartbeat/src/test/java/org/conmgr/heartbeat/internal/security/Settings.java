package org.conmgr.heartbeat.internal.security;

import java.util.Map;
import org.conmgr.api.log.MessageLog;
import org.conmgr.testkit.Configs;

/** Settings as the two PIDs would bring them. */
public final class Settings {
    private Settings() {}

    public static TlsSettings tls(MessageLog log, Map<String, String> settings) {
        return new TlsSettings(Configs.of(TlsConfig.class, settings), log);
    }

    public static AuthSettings auth(MessageLog log, Map<String, String> settings) {
        return new AuthSettings(Configs.of(AuthConfig.class, settings), log);
    }

    /** What a change of a configuration does. */
    public static void change(LinkSecurity security, TlsSettings settings) {
        security.bindTls(settings);
    }

    /** What a change of a configuration does. */
    public static void change(LinkSecurity security, AuthSettings settings) {
        security.bindAuth(settings);
    }
}
