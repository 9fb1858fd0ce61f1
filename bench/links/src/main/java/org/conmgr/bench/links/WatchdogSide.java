package org.conmgr.bench.links;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Loss;
import org.conmgr.heartbeat.Peer;
import org.conmgr.heartbeat.internal.NettyHeartbeatAcceptor;
import org.conmgr.heartbeat.internal.VerdictHistory;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.internal.NettyTransport;

/** The watchdog's JVM: the real endpoint, with an instance that makes progress every second. */
final class WatchdogSide {
    private WatchdogSide() {}

    public static void main(String[] arguments) throws IOException {
        AtomicInteger lost = new AtomicInteger();
        HeartbeatAcceptor.Endpoint endpoint = new NettyHeartbeatAcceptor(
                        new NettyTransport(), new VerdictHistory(), new LinkSecurity(), message -> {
                            if (message.message() == Message.SUPERVISED_FAILURE) {
                                System.err.println(message);
                            }
                        })
                .open(
                        "bench",
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        Admission.ANY,
                        new HeartbeatAcceptor.Observer() {
                            @Override
                            public void established(Peer peer) {
                                // Counted by links().
                            }

                            @Override
                            public void lost(Loss loss) {
                                lost.incrementAndGet();
                            }
                        });
        endpoint.publish(
                new Identity(7_000_000_000_000_000_000L, 170004),
                new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1),
                "");
        AtomicLong lsn = new AtomicLong(1L << 32);
        ScheduledExecutorService instance = Executors.newSingleThreadScheduledExecutor(body -> {
            Thread thread = new Thread(body, "instance");
            thread.setDaemon(true);
            return thread;
        });
        instance.scheduleAtFixedRate(
                () -> endpoint.progress(new Progress(lsn.addAndGet(8192), 0, 90)), 1, 1, TimeUnit.SECONDS);

        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String question = questions.readLine(); question != null; question = questions.readLine()) {
            int links = endpoint.links().size();
            if (question.equals("collect")) {
                System.gc();
                System.gc();
            }
            System.out.println("port=" + endpoint.addresses().get(0).getPort()
                    + " links=" + links
                    + " lost=" + lost.get()
                    + " heap="
                    + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                    + " resident=" + resident()
                    + " cpu=" + cpu()
                    + " time=" + System.nanoTime());
        }
        System.exit(0);
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }
}
