package org.conmgr.api.instance;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * One instance as configured: {@code backend_host*}, {@code backend_hostaddr*}, {@code backend_port*} and {@code
 * watchdog_port*} of one instance number.
 *
 * @param number the instance number, at least 0
 * @param host {@code backend_host}, or the text of {@code backend_hostaddr} when only that is set; what
 *     {@code sslmode=verify-full} checks
 * @param hostaddr {@code backend_hostaddr}, which spares the name resolution; preferred over the host when set
 * @param backendPort where the postmaster listens, 1 to 65535
 * @param watchdogPort where the watchdog listens, 1 to 65535
 */
public record ConfiguredInstance(
        int number, String host, @Nullable InetAddress hostaddr, int backendPort, int watchdogPort) {
    public ConfiguredInstance {
        if (number < 0) {
            throw new IllegalArgumentException("instance number: " + number + " (expected: >= 0)");
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException("backend_host: blank (expected: a host name or an address)");
        }
        requirePort("backend_port", backendPort);
        requirePort("watchdog_port", watchdogPort);
    }

    /** What to connect to: the address when configured, else the name. */
    public String connectHost() {
        return hostaddr == null ? host : hostaddr.getHostAddress();
    }

    /** Where clients reach it by name: {@code db1:5432}, an IPv6 address in brackets. */
    public String address() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + backendPort;
    }

    /** For messages: {@code instance 0 (db1:5432)}. */
    @Override
    public String toString() {
        return "instance " + number + " (" + host + ":" + backendPort + ")";
    }

    private static void requirePort(String key, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(key + ": " + port + " (expected: 1 to 65535)");
        }
    }
}
