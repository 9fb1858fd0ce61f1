package org.conmgr.jdbc;

/**
 * A host of the list.
 *
 * @param host name or address, an IPv6 address without its brackets
 * @param port 1 to 65535
 */
record Endpoint(String host, int port) {
    /** As in a URL and in messages: {@code [::1]:27546}. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
