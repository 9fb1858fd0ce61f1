package org.conmgr.testkit.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The faults do what they say: seen by two hosts that send each other datagrams, or connect by TCP. */
class LabTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private static Lab lab;
    private static Host db1;
    private static Host db2;
    private static Host web;

    @BeforeAll
    static void open() {
        Lab.assumeAvailable();
        lab = Lab.open();
        db1 = lab.database("db1");
        db2 = lab.database("db2");
        web = lab.client("web");
    }

    @AfterEach
    void heal() {
        lab.heal();
    }

    @AfterAll
    static void close() throws IOException {
        if (lab != null) {
            lab.close();
            assertThat(Files.exists(Path.of("/run/netns/" + web.prefix().get(1).replaceAll(".*/", ""))))
                    .as("namespaces are gone")
                    .isFalse();
        }
    }

    /** Whether a packet of each kind comes through, and its answer. */
    private static void assertReach(Host from, Host to, boolean there) {
        Await.until(from + (there ? " reaches " : " does not reach ") + to, DEADLINE, () -> answers(from, to) == there);
    }

    private static boolean answers(Host from, Host to) throws Exception {
        Process ping = new ProcessBuilder(Host.joined(
                        from.prefix(),
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Knock.class.getName(),
                                to.address())))
                .redirectErrorStream(true)
                .start();
        assertThat(ping.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return ping.exitValue() == 0;
    }

    /** Connects to a port where nobody listens: a refusal is an answer of the host. */
    public static final class Knock {
        private Knock() {}

        public static void main(String[] arguments) throws IOException {
            try (var socket = new java.net.Socket()) {
                socket.connect(new InetSocketAddress(arguments[0], 9), 500);
            } catch (java.net.ConnectException e) {
                System.exit(String.valueOf(e.getMessage()).contains("refused") ? 0 : 1);
            } catch (IOException e) {
                System.exit(1);
            }
        }
    }

    @Test
    void hostsReachEachOtherUntilOneIsSilent() {
        assertReach(web, db1, true);
        assertReach(db2, db1, true);
        lab.silence(db1);
        assertReach(web, db1, false);
        assertReach(db2, db1, false);
        assertReach(web, db2, true);
        lab.restore(db1);
        assertReach(web, db1, true);
    }

    @Test
    void aCutConcernsTwoHostsOnly() {
        lab.cut(web, db1);
        assertReach(web, db1, false);
        assertReach(web, db2, true);
        assertReach(db2, db1, true);
    }

    /** Sends datagrams to another host and tells of each that comes from there. */
    public static final class Talk {
        private Talk() {}

        public static void main(String[] arguments) throws IOException {
            InetSocketAddress other = new InetSocketAddress(arguments[0], 9000);
            try (DatagramSocket socket = new DatagramSocket(9000)) {
                socket.setSoTimeout(20);
                while (true) {
                    socket.send(new DatagramPacket(new byte[1], 1, other));
                    try {
                        socket.receive(new DatagramPacket(new byte[1], 1));
                        System.out.println("heard");
                    } catch (SocketTimeoutException e) {
                        // Nothing came; the next one goes out all the same.
                    }
                }
            }
        }
    }

    @Test
    void packetsAreDroppedOneWay() {
        HostProcess onDb = db1.java(Talk.class, web.address());
        HostProcess onWeb = web.java(Talk.class, db1.address());
        lab.cutOneWay(web, db1);
        assertOneWay(onWeb, onDb);
        lab.deafen(db1);
        assertOneWay(onWeb, onDb);
        lab.mute(db1);
        assertOneWay(onDb, onWeb);
        onDb.kill();
        onWeb.kill();
    }

    private static void assertOneWay(HostProcess hearing, HostProcess deaf) {
        int heard = hearing.lines().size();
        int heardByDeaf = deaf.lines().size();
        Await.until("packets pass one way", DEADLINE, () -> hearing.lines().size() >= heard + 20);
        assertThat(deaf.lines().size() - heardByDeaf)
                .as("packets the other way, but for those that were under way")
                .isLessThan(10);
        lab.heal();
        int healed = deaf.lines().size();
        Await.until("packets pass both ways again", DEADLINE, () -> deaf.lines().size() >= healed + 20);
    }

    @Test
    void aPulledCableAndAWithdrawnRouteAreHealed() {
        lab.linkDown(db1);
        assertReach(web, db1, false);
        lab.heal();
        assertReach(web, db1, true);
        lab.unreachable(db1);
        assertReach(web, db1, false);
        lab.heal();
        lab.blackhole(db1);
        assertReach(web, db1, false);
        lab.heal();
        assertReach(web, db1, true);
    }

    @Test
    void anAddressMoves() {
        String address = lab.spareAddress();
        for (Host owner : List.of(db1, db2)) {
            lab.giveAddress(address, owner);
            assertThat(owner.run("ip -o addr show dev eth0")).contains(address);
            assertThat(web.run("ip route get " + address)).contains(address);
        }
        assertThat(db1.run("ip -o addr show dev eth0")).doesNotContain(address);
    }

    @Test
    void aFrozenHostStandsStillAndAKilledOneIsEmpty() {
        HostProcess process = db2.start("loop", List.of("sh", "-c", "while :; do echo tick; sleep 0.01; done"));
        process.awaitOutput("tick", DEADLINE);
        lab.freeze(db2);
        int lines = process.lines().size();
        assertThat(answersAfterFreeze(process)).isEqualTo(lines);
        lab.thaw(db2);
        Await.until("it goes on", DEADLINE, () -> process.lines().size() > lines);
        lab.killAll(db2);
        assertThat(process.isAlive()).isFalse();
        assertThat(db2.pids()).isEmpty();
    }

    /** Lines of a frozen process after another process has lived a whole life. */
    private static int answersAfterFreeze(HostProcess process) {
        web.run("ip addr");
        return process.lines().size();
    }

    @Test
    void twoLabsLiveSideBySide() {
        try (Lab other = Lab.open()) {
            Host there = other.database("db1");
            assertThat(there.address()).isNotEqualTo(db1.address());
            assertReach(web, db1, true);
        }
    }

    /** Opens a lab and waits to be killed. */
    public static final class Doomed {
        private Doomed() {}

        public static void main(String[] arguments) throws IOException {
            Lab lab = Lab.open();
            Host host = lab.database("db1");
            host.start("sleeper", List.of("sleep", "1000"));
            System.out.println(
                    "leaves " + lab.directory() + " " + host.prefix().get(1).replace("--net=", ""));
            System.in.read();
        }
    }

    @Test
    void whatAKilledTestLeavesIsRemovedByTheNext() {
        HostProcess doomed = web.java(Doomed.class).awaitOutput("leaves ", DEADLINE);
        List<Path> left = doomed.lines().stream()
                .filter(text -> text.startsWith("leaves "))
                .flatMap(text -> Stream.of(text.split(" ", 3)).skip(1))
                .map(Path::of)
                .toList();
        assertThat(left).hasSize(2).allSatisfy(path -> assertThat(path).exists());
        doomed.kill();
        Lab.open().close();
        assertThat(left).allSatisfy(path -> assertThat(path).doesNotExist());
    }
}
