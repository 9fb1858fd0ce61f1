package org.conmgr.embedded;

import java.util.List;

/**
 * Where an instance runs, when it is not simply beside this JVM: in a network namespace, say.
 *
 * @param command what to put before the server's command line; must replace itself by it, as {@code nsenter} does
 * @param address where this JVM reaches the instance
 * @param peerAddress where its standbys reach it
 */
public record Placement(List<String> command, String address, String peerAddress) {
    /** Beside this JVM. */
    static final Placement HERE = new Placement(List.of(), "127.0.0.1", "127.0.0.1");

    public Placement {
        command = List.copyOf(command);
    }
}
