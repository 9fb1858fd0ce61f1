package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The distribution as shipped, with nothing configured but a free port. */
class DistributionIT {
    @RegisterExtension
    static final KarafContainer KARAF = new KarafContainer().with("org.conmgr.listener", "port", FreePort::next);

    @Test
    void everyBundleIsStarted() throws Exception {
        Map<String, String> idle = new TreeMap<>(KARAF.beans().bundles());
        idle.values().removeIf("Active"::equals);
        assertThat(idle)
                .as("only fragments stay resolved, and those for epoll are there for both architectures")
                .containsOnlyKeys(
                        "io.netty.transport-native-epoll.linux-aarch_64",
                        "io.netty.transport-native-epoll.linux-x86_64",
                        "org.apache.karaf.features.extension")
                .allSatisfy((name, state) -> assertThat(state).as(name).isEqualTo("Resolved"));
        assertThat(KARAF.beans().bundles())
                .containsKeys("org.conmgr.listener", "org.conmgr.watchdog", "org.conmgr.log");
    }

    @Test
    void noComponentLacksAnything() throws Exception {
        assertThat(KARAF.beans().components())
                .isNotEmpty()
                .allSatisfy((name, state) -> assertThat(state).as(name).isIn("Active", "Satisfied"));
    }

    @Test
    void nothingIsStartedTwice() {
        assertThat(KARAF.log())
                .as("a refresh restarts what is already listening; something early has an optional import that only"
                        + " a boot feature provides")
                .doesNotContain("Refreshing bundles");
    }

    @Test
    void nothingIsWrongInTheLog() {
        assertThat(KARAF.log().lines().filter(line -> line.contains("| ERROR |") || line.contains("| WARN  |")))
                .isEmpty();
    }
}
