package org.conmgr.config;

import java.util.regex.Pattern;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;

/** Host names and literal addresses as text. Never asks a name server. */
final class HostText {
    private static final Pattern NAME = Pattern.compile(
            "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\\.?");
    private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?[0-9]+\\.?");
    private static final int MAX_NAME = 253;

    private HostText() {}

    /** A host name or a literal address. The empty text stays: it means "not given". */
    static String host(String key, String text) {
        if (text.isEmpty() || isAddress(text)) {
            return text;
        }
        // A name that ends in a number is a mistyped address; resolvers disagree about those.
        if (text.length() > MAX_NAME
                || !NAME.matcher(text).matches()
                || NUMERIC_END.matcher(text).matches()) {
            throw new InvalidSetting(key, text, "one host name or IP address");
        }
        return text;
    }

    /** A literal address, without brackets. The empty text stays: it means "not given". */
    static String address(String key, String text) {
        if (text.startsWith("[")) {
            throw new InvalidSetting(key, text, "an IPv4 or IPv6 address, without brackets");
        }
        Setting.address(key, text);
        return text.strip();
    }

    private static boolean isAddress(String text) {
        try {
            return !address("", text).isEmpty();
        } catch (InvalidSetting e) {
            return false;
        }
    }
}
