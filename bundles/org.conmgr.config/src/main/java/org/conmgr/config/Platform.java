package org.conmgr.config;

import java.util.Locale;

/** Where conmgr runs, as far as {@code conmgr.conf} tells platforms apart. */
public enum Platform {
    /** Linux, and every other system that is not Windows. */
    LINUX("Linux"),
    WINDOWS("Windows");

    private final String text;

    Platform(String text) {
        this.text = text;
    }

    /** The platform of a system property {@code os.name}. */
    public static Platform of(String osName) {
        return osName.toLowerCase(Locale.ROOT).startsWith("windows") ? WINDOWS : LINUX;
    }

    /** The platform of this process. */
    public static Platform current() {
        return of(System.getProperty("os.name", ""));
    }

    @Override
    public String toString() {
        return text;
    }
}
