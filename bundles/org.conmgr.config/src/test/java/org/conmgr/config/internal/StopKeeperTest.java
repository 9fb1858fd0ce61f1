package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.log.Message;
import org.conmgr.api.routing.Admission;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.config.StopFile;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

class StopKeeperTest {
    private static final long PID = ProcessHandle.current().pid();

    private final Path directory;
    private final OsgiFramework framework;
    private final Bundle system;
    private final RecordingLog log = new RecordingLog();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<ApplicationStatus> applications = new CopyOnWriteArrayList<>();

    private volatile boolean classGone;

    private final Admission admission = new Admission() {
        @Override
        public void refuse() {
            told.add("refuse");
        }

        @Override
        public void end() {
            told.add("end, framework " + (system.getState() == Bundle.STOPPING ? "stopping" : system.getState()));
        }
    };

    StopKeeperTest(@TempDir Path directory) {
        this.directory = directory;
        framework = OsgiFramework.start(directory.resolve("framework"), Map.of());
        BundleContext context = framework.context();
        system = context.getBundle(0);
        new StopKeeper(context, directory, log).with(admission, registry());
    }

    private RegistryView registry() {
        return (RegistryView) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {RegistryView.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("applications");
                    if (classGone) {
                        throw new NoClassDefFoundError("for the test");
                    }
                    return List.copyOf(applications);
                });
    }

    @AfterEach
    void stop() {
        framework.close();
    }

    private void awaitEnd() {
        Await.until(
                "the framework has ended",
                () -> system.getState() == Bundle.RESOLVED
                        || system.getState() == Bundle.INSTALLED
                        || system.getState() == Bundle.UNINSTALLED);
    }

    @Test
    void smartRefusesAndWaitsForTheLastApplication() throws Exception {
        RouteRequest request = new RouteRequest(Target.ANY, "payroll", 1, "direct", 0);
        applications.add(new ApplicationStatus(1, request, 0, Instant.EPOCH, null));
        new StopFile(PID, StopFile.Mode.SMART).write(directory);

        Await.until("it has refused twice", () -> told.size() > 1);
        assertThat(told).containsOnly("refuse");
        assertThat(log.texts(Message.STOP_WAITS)).singleElement().asString().contains("the last of 1 application");
        assertThat(system.getState()).isEqualTo(Bundle.ACTIVE);

        applications.clear();
        awaitEnd();
        assertThat(told).endsWith("end, framework stopping").containsOnlyOnce("end, framework stopping");
        assertThat(log.messages(Message.SUPERVISED_FAILURE)).isEmpty();
    }

    @Test
    void aClassThatIsNotThereForAMomentDoesNotEndTheWatch() throws Exception {
        classGone = true;
        new StopFile(PID, StopFile.Mode.SMART).write(directory);
        Await.until(
                "it is told", () -> !log.messages(Message.SUPERVISED_FAILURE).isEmpty());
        classGone = false;
        awaitEnd();
    }

    @Test
    void fastEndsAtOnce() throws Exception {
        RouteRequest request = new RouteRequest(Target.ANY, "payroll", 1, "direct", 0);
        applications.add(new ApplicationStatus(1, request, 0, Instant.EPOCH, null));
        new StopFile(PID, StopFile.Mode.FAST).write(directory);

        awaitEnd();
        assertThat(told).containsExactly("end, framework stopping");
    }

    @Test
    void whoeverStopsTheFrameworkTheApplicationsAreTold() {
        framework.close();
        assertThat(told).containsExactly("end, framework stopping");
    }

    @Test
    void aRequestToAnotherProcessIsThrownAway() throws Exception {
        new StopFile(PID + 1, StopFile.Mode.FAST).write(directory);
        Await.until("it is gone", () -> !Files.exists(directory.resolve(StopFile.NAME)));
        assertThat(told).isEmpty();
        assertThat(system.getState()).isEqualTo(Bundle.ACTIVE);
    }

    @Test
    void whatIsNoRequestIsToldOnce() throws Exception {
        Path whole = Files.writeString(directory.resolve("new"), PID + "\nsoon\n");
        Files.move(whole, directory.resolve(StopFile.NAME));
        Await.until("it is gone", () -> !Files.exists(directory.resolve(StopFile.NAME)));
        Await.until(
                "it is told", () -> !log.messages(Message.SUPERVISED_FAILURE).isEmpty());
        assertThat(log.texts(Message.SUPERVISED_FAILURE))
                .singleElement()
                .asString()
                .contains("conmgr.stop", "expected: a process id, and smart or fast");
    }
}
