package org.conmgr.api.instance;

/**
 * What tells one instance from another for as long as it lives.
 *
 * @param systemIdentifier {@code pg_control_system().system_identifier}, the same on a primary and all its
 *     standbys; 0 while unknown
 * @param serverVersion {@code server_version_num}, e.g. 170004; 0 while unknown
 */
public record Identity(long systemIdentifier, int serverVersion) {
    /** Of an instance that has never been reached. */
    public static final Identity UNKNOWN = new Identity(0, 0);

    /** The server version as people write it, {@code 17.4}; empty while unknown. */
    public String versionText() {
        return serverVersion == 0 ? "" : serverVersion / 10_000 + "." + serverVersion % 10_000;
    }
}
