package org.conmgr.api.setting;

/** A setting that cannot be used. The message is {@code heartbeat_interval: 0 (expected: an integer >= 1)}. */
public final class InvalidSetting extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public InvalidSetting(String key, String value, String expected) {
        super(key + ": " + (value.isEmpty() ? "''" : value) + " (expected: " + expected + ")");
    }

    /** Never null. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
