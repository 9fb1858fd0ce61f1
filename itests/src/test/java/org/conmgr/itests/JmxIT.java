package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import javax.management.openmbean.CompositeData;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a JMX client that attaches sees: a watchdog whose instance is not there, and conmgr linked to it. */
class JmxIT {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int BACKEND = FreePort.next();
    private static final int WATCHDOG = FreePort.next();

    @RegisterExtension
    static final KarafContainer KARAF = new KarafContainer()
            .with("org.conmgr.listener", "port", FreePort::next)
            .with("org.conmgr.watchdog~w", "port", () -> WATCHDOG)
            .with("org.conmgr.watchdog~w", "url", () -> "jdbc:postgresql://127.0.0.1:" + BACKEND + "/postgres")
            .with("org.conmgr.watchdog~w", "user", () -> "watchdog")
            .with("org.conmgr.instance~0", "backend_host", () -> "127.0.0.1")
            .with("org.conmgr.instance~0", "backend_port", () -> BACKEND)
            .with("org.conmgr.instance~0", "watchdog_port", () -> WATCHDOG);

    @Test
    void bothRolesAreShown() {
        Await.passes("the link is seen from both ends", DEADLINE, () -> {
            assertThat(KARAF.beans().ours()).contains("type=Conmgr", "number=0,type=Instance", "name=w,type=Watchdog");
            assertThat(KARAF.beans().read("number=0,type=Instance"))
                    .containsEntry("Host", "127.0.0.1")
                    .containsEntry("Port", BACKEND)
                    .containsEntry("WatchdogPort", WATCHDOG)
                    .containsEntry("Link", "down")
                    .hasEntrySatisfying(
                            "Reason", reason -> assertThat(reason).asString().isNotEmpty());
            Map<String, Object> watchdog = KARAF.beans().read("name=w,type=Watchdog");
            assertThat((String[]) watchdog.get("Addresses")).isNotEmpty().allSatisfy(address -> assertThat(address)
                    .endsWith(":" + WATCHDOG));
            CompositeData[] links = (CompositeData[]) watchdog.get("Links");
            assertThat(links).hasSize(1);
            assertThat(links[0].get("address")).isEqualTo("127.0.0.1");
        });
    }

    @Test
    void instancesComeAndGo() throws Exception {
        KARAF.write("org.conmgr.instance~5", Map.of("backend_host", "127.0.0.1"));
        Await.passes("instance 5 is shown", DEADLINE, () -> {
            assertThat(KARAF.beans().ours()).contains("number=5,type=Instance");
            assertThat((Integer[]) KARAF.beans().read("type=Conmgr").get("Instances"))
                    .containsExactly(0, 5);
        });
        Files.delete(KARAF.directory().resolve("etc/org.conmgr.instance-5.cfg"));
        Await.passes(
                "instance 5 is hidden", DEADLINE, () -> assertThat(KARAF.beans().ours())
                        .contains("number=0,type=Instance")
                        .doesNotContain("number=5,type=Instance"));
    }
}
