package org.conmgr.heartbeat;

import java.net.InetAddress;
import java.util.List;

/**
 * Which peers may have links, beside what {@code org.conmgr.tls} and {@code org.conmgr.auth} demand.
 *
 * @param networks where they come from; empty for anywhere
 * @param maxLinksPerAddress how many links one address may have
 */
public record Admission(List<Network> networks, int maxLinksPerAddress) {
    /** From anywhere, as many as there can be. */
    public static final Admission ANY = new Admission(List.of(), Integer.MAX_VALUE);

    public Admission {
        networks = List.copyOf(networks);
        if (maxLinksPerAddress < 1) {
            throw new IllegalArgumentException("maxLinksPerAddress: " + maxLinksPerAddress + " (expected: >= 1)");
        }
    }

    /** Whether this address is in one of the networks. */
    public boolean admits(InetAddress address) {
        return networks.isEmpty() || networks.stream().anyMatch(network -> network.contains(address));
    }
}
