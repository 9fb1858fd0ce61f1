package org.conmgr.testkit.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A small network of hosts, and what can go wrong with it. See the package description. Not thread-safe. Steps return
 * when they are in force.
 *
 * <pre>{@code
 * Lab.assumeAvailable();
 * try (Lab lab = Lab.open()) {
 *     Host db = lab.database("db1");
 *     Host web = lab.client("web1");
 *     web.java(Application.class, db.address());
 *     lab.silence(db);
 *     ...
 *     lab.heal();
 * }
 * }</pre>
 */
public final class Lab implements AutoCloseable {
    private static final int FIRST_DATABASE = 2;
    private static final int FIRST_CLIENT = 130;
    private static final int MOST = 120;

    private final long started = System.nanoTime();
    private final NamespaceShell root;
    private final Claim claim;
    private final NamespaceShell router;
    private final Path directory;
    private final Map<String, Host> hosts = new LinkedHashMap<>();
    private final Thread atExit = new Thread(this::end, "conmgr-lab-exit");

    private int databases;
    private int clients;
    private boolean closed;

    private Lab() {
        root = new NamespaceShell(List.of());
        claim = Claim.take(root);
        try {
            directory = claim.directory();
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new LabException("no directory: " + e.getMessage(), e);
        }
        Runtime.getRuntime().addShutdownHook(atExit);
        root.run("""
                ip netns add %1$s-router
                ip link add %1$sm type bridge
                ip addr add %2$s.1/24 dev %1$sm
                ip link set %1$sm up""".formatted(claim.prefix(), managementNet()));
        router = new NamespaceShell(List.of("nsenter", "--net=/run/netns/" + claim.prefix() + "-router"));
        router.run("""
                echo 1 >/proc/sys/net/ipv4/ip_forward
                echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
                ip link set lo up
                ip link add databases type bridge
                ip addr add %1$s.1/25 dev databases
                ip link set databases up
                ip link add clients type bridge
                ip addr add %1$s.129/25 dev clients
                ip link set clients up
                nft add table netdev lab
                nft 'add table inet lab { chain forward { type filter hook forward priority 0; }; }'""".formatted(net()));
    }

    /** Why there can be no lab here; null when there can. */
    private static @Nullable String obstacle() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "needs root: network namespaces";
        }
        try (NamespaceShell shell = new NamespaceShell(List.of())) {
            shell.run("command -v ip nft nsenter");
            try {
                shell.run("unshare --net true");
            } catch (LabException e) {
                return "needs root that may make network namespaces: " + e.getMessage();
            }
            return null;
        } catch (LabException e) {
            throw new LabException("the lab needs the programs ip (iproute2), nft (nftables) and nsenter", e);
        }
    }

    /**
     * Leaves the calling test out, saying so on standard error too, when this user may not make network namespaces.
     *
     * @throws LabException when only programs are missing
     */
    public static void assumeAvailable() {
        String obstacle = obstacle();
        if (obstacle != null) {
            System.err.println("SKIPPED, " + obstacle);
            Assumptions.abort(obstacle);
        }
    }

    /** A new lab without hosts. What labs of killed tests have left on this machine is removed first. */
    public static Lab open() {
        return new Lab();
    }

    private String net() {
        return "198.18." + claim.number();
    }

    private String managementNet() {
        return "198.19." + claim.number();
    }

    /** A new host on the segment of the databases. */
    public Host database(String name) {
        return host(name, "databases", FIRST_DATABASE + databases++, 1);
    }

    /** A new host on the segment of the clients. */
    public Host client(String name) {
        return host(name, "clients", FIRST_CLIENT + clients++, 129);
    }

    private Host host(String name, String segment, int last, int gateway) {
        if (!name.matches("[a-z][a-z0-9]{0,7}") || hosts.containsKey(name) || last % 128 > MOST) {
            throw new IllegalArgumentException("host " + name
                    + " (expected: a new name of at most 8 letters and digits, at most " + MOST + " hosts a segment)");
        }
        String namespace = claim.prefix() + "-" + name;
        String address = net() + "." + last;
        String management = managementNet() + "." + last;
        root.run("""
                ip netns add %1$s
                ip link add %4$sm%5$d type veth peer name mgmt0 netns %1$s
                ip link set %4$sm%5$d master %4$sm up
                ip -n %1$s link set lo up
                ip -n %1$s addr add %3$s/24 dev mgmt0
                ip -n %1$s link set mgmt0 up
                ip link add eth0 netns %1$s type veth peer name %6$s netns %4$s-router
                ip -n %1$s addr add %2$s/25 dev eth0
                ip -n %1$s link set eth0 up""".formatted(namespace, address, management, claim.prefix(), last, name));
        router.run("""
                ip link set %1$s master %2$s up
                nft 'add chain netdev lab from_%1$s { type filter hook ingress device "%1$s" priority 0; }'
                nft 'add chain netdev lab to_%1$s { type filter hook egress device "%1$s" priority 0; }'""".formatted(name, segment));
        root.run("ip -n " + namespace + " route add default via " + net() + "." + gateway);
        Host host = new Host(name, namespace, address, management, directory);
        hosts.put(name, host);
        return host;
    }

    /** A directory of this lab, which everyone may read; removed at its end. */
    public Path directory() {
        return directory;
    }

    /** Prints a line with the time since the lab was opened. */
    public void say(String line) {
        System.out.printf(Locale.ROOT, "lab %8.3f s  %s%n", (System.nanoTime() - started) / 1e9, line);
    }

    /** Every packet from and to these hosts is dropped, and nobody is told. */
    public void silence(Host... silent) {
        StringBuilder rules = new StringBuilder();
        for (Host host : silent) {
            rules.append(
                    "add rule netdev lab from_%1$s drop\nadd rule netdev lab to_%1$s drop\n".formatted(host.name()));
        }
        nft(rules);
        say("all packets of " + names(silent) + " are dropped, both ways");
    }

    /** Packets between two hosts are dropped both ways; the rest of the network stays. */
    public void cut(Host one, Host other) {
        nft(dropped(one, other) + dropped(other, one));
        say("packets between " + one + " and " + other + " are dropped, both ways");
    }

    /** Packets from one host to another are dropped; those of the other direction pass. */
    public void cutOneWay(Host from, Host to) {
        nft(dropped(from, to));
        say("packets from " + from + " to " + to + " are dropped");
    }

    private static String dropped(Host from, Host to) {
        return "add rule netdev lab from_" + from.name() + " ip daddr " + to.address() + " drop\n";
    }

    /** Every packet to these hosts is dropped; theirs pass. */
    public void deafen(Host... deaf) {
        nft(Arrays.stream(deaf)
                .map(host -> "add rule netdev lab to_" + host.name() + " drop\n")
                .collect(Collectors.joining()));
        say("packets to " + names(deaf) + " are dropped");
    }

    /** Every packet from these hosts is dropped; those to them pass. */
    public void mute(Host... mute) {
        nft(Arrays.stream(mute)
                .map(host -> "add rule netdev lab from_" + host.name() + " drop\n")
                .collect(Collectors.joining()));
        say("packets from " + names(mute) + " are dropped");
    }

    /** So many in a hundred packets of a host are lost at random, each way. */
    public void lose(Host host, int percent) {
        nft("""
                add rule netdev lab from_%1$s numgen random mod 100 < %2$d drop
                add rule netdev lab to_%1$s numgen random mod 100 < %2$d drop
                """.formatted(host.name(), percent));
        say(percent + " % of the packets of " + host + " are lost, each way");
    }

    /** The host's cable is pulled: it sees the link go down. */
    public void linkDown(Host host) {
        router.run("ip link set " + host.name() + " down");
        say("the link of " + host + " is down");
    }

    /**
     * The router answers every packet from the other segment to this host with ICMP host unreachable: every one, where
     * others send but a few such answers a second.
     */
    public void unreachable(Host host) {
        // Not by a route: the kernel answers for that a few times a second at most.
        nft("add rule inet lab forward ip daddr " + host.address() + " reject with icmp type host-unreachable\n");
        say("the router says that " + host + " is unreachable");
    }

    /** The router has no way to the host any more, and says nothing. */
    public void blackhole(Host host) {
        router.run("ip route replace blackhole " + host.address() + "/32");
        say("the router's route to " + host + " is withdrawn, packets to it vanish");
    }

    /** A firewall between the segments answers every TCP packet from and to the host with a reset. */
    public void reset(Host host) {
        nft("""
                add rule inet lab forward ip daddr %1$s meta l4proto tcp reject with tcp reset
                add rule inet lab forward ip saddr %1$s meta l4proto tcp reject with tcp reset
                """.formatted(host.address()));
        say("a firewall resets the TCP connections of " + host);
    }

    /** Every process of the host stands still; its kernel still acknowledges what comes. */
    public void freeze(Host host) {
        host.freeze();
        say(host + " is frozen");
    }

    /** Ends {@link #freeze}. */
    public void thaw(Host host) {
        host.thaw();
        say(host + " goes on");
    }

    /** Every process of the host is killed at once; its kernel closes their connections. */
    public void killAll(Host host) {
        host.killAll();
        say("every process on " + host + " is killed");
    }

    /** The power of the host fails: nobody is told anything, and its processes are gone. */
    public void powerOff(Host host) {
        silence(host);
        host.killAll();
        say(host + " has no power");
    }

    /** Another address of the segment goes to this host; the host that had it has it no more. */
    public void giveAddress(String address, Host to) {
        for (Host host : hosts.values()) {
            if (!host.equals(to)) {
                root.run("ip -n " + namespace(host) + " addr del " + address + "/32 dev eth0 2>/dev/null || :");
            }
        }
        root.run("ip -n " + namespace(to) + " addr add " + address + "/32 dev eth0");
        router.run("ip route replace " + address + "/32 via " + to.address());
        say(address + " is now " + to + "'s");
    }

    /** An address for {@link #giveAddress} that no host has. */
    public String spareAddress() {
        return net() + ".126";
    }

    private String namespace(Host host) {
        return claim.prefix() + "-" + host.name();
    }

    /** Ends every fault of the network; what is frozen or killed stays so. */
    public void heal() {
        StringBuilder rules = new StringBuilder("flush chain inet lab forward\n");
        StringBuilder routes = new StringBuilder();
        for (Host host : hosts.values()) {
            rules.append("flush chain netdev lab from_%1$s\nflush chain netdev lab to_%1$s\n".formatted(host.name()));
            routes.append("ip link set %1$s up\nip route del %2$s/32 2>/dev/null || :\n"
                    .formatted(host.name(), host.address()));
        }
        nft(rules);
        router.run(routes.toString());
        say("the network is whole");
    }

    /** Takes back what {@link #silence}, {@link #deafen}, {@link #mute}, {@link #cut} and {@link #lose} did to hosts. */
    public void restore(Host... restored) {
        nft(Arrays.stream(restored)
                .map(host ->
                        "flush chain netdev lab from_%1$s\nflush chain netdev lab to_%1$s\n".formatted(host.name()))
                .collect(Collectors.joining()));
        say("packets of " + names(restored) + " pass again");
    }

    /** All at once. */
    private void nft(CharSequence rules) {
        router.run("nft -f - <<'EOF'\n" + rules + "EOF");
    }

    private static String names(Host... hosts) {
        return Arrays.stream(hosts).map(Host::name).collect(Collectors.joining(", "));
    }

    /** Kills what still runs on its hosts and removes them. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM ends already; the hook and we do the same, once.
        }
        end();
    }

    private synchronized void end() {
        if (closed) {
            return;
        }
        closed = true;
        router.close();
        Claim.remove(root, claim.number());
        claim.close();
        root.close();
    }
}
