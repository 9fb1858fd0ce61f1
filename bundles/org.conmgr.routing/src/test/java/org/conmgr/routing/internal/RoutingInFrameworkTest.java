package org.conmgr.routing.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.BalancePolicy;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.Router;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.OsgiFramework;
import org.conmgr.testkit.RecordingLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/** The bundle in a framework: what comes and goes around the books does not touch them. */
class RoutingInFrameworkTest {
    private final RecordingLog log = new RecordingLog();
    private final List<Integer> events = new CopyOnWriteArrayList<>();
    private OsgiFramework framework;
    private Bundle bundle;
    private ServiceRegistration<MessageLog> logService;

    @BeforeEach
    void start(@TempDir Path storage) throws Exception {
        framework = OsgiFramework.start(storage, MessageLog.class);
        logService = framework.register(MessageLog.class, log, Map.of());
        bundle = framework.install(Switchboard.class);
        Await.until(
                "the services are there",
                () -> framework.find(BalancePolicy.class).size() == 3
                        && framework.find(Router.class).size() == 1);
        framework
                .context()
                .addServiceListener(
                        event -> events.add(event.getType()), "(objectClass=" + Router.class.getName() + ")");
    }

    @AfterEach
    void stop() {
        framework.close();
    }

    @Test
    void settingsPoliciesAndLogsComeAndGoWithoutHarm() {
        InstanceRegistry registry = framework.service(InstanceRegistry.class);
        Router router = framework.service(Router.class);
        registry.add(Books.instance(0), sockets -> {});
        registry.add(Books.instance(1), sockets -> {});
        up(registry, 0);
        up(registry, 1);
        Client client = ask(router);
        assertThat(client.told).containsExactly("routed 0");

        framework.configure(RoutingSettings.PID, Map.of("balance_policy", "always-1", "route_wait", "10s"));
        Await.until(
                "the policy is missed",
                () -> previewed() >= 0
                        && !log.texts(Message.BALANCE_POLICY_MISSING).isEmpty());
        framework.register(BalancePolicy.class, new Always1(), Map.of());
        Await.until("the policy is used", () -> previewed() == 1);

        framework.configure(RoutingSettings.PID, Map.of("balance_policy", "always-1", "max_lag", "much"));
        Await.until(
                "the bad setting is told",
                () -> log.texts(Message.INVALID_SETTING)
                        .contains(
                                "org.conmgr.routing: max_lag: much (expected: a time >= 0ms: a whole number with ms, s, min, h or d; a bare number is in seconds)"));
        assertThat(previewed()).as("as before").isEqualTo(1);
        Client waits = new Client();
        waits.session = router.ask(Books.request(Target.READ_WRITE), waits);
        assertThat(waits.told).as("as before").isEmpty();

        logService.unregister();
        framework.register(MessageLog.class, log, Map.of());
        framework.unconfigure(RoutingSettings.PID);
        Await.until("the defaults are in force", () -> {
            Client next = new Client();
            next.session = router.ask(Books.request(Target.READ_WRITE), next);
            next.session().close();
            return next.told.equals(List.of("refused"));
        });

        assertThat(client.told).containsExactly("routed 0");
        assertThat(framework.service(RegistryView.class).instances()).hasSize(2);
        assertThat(events).isEmpty();
    }

    @Test
    void theBooksOutliveThoseWhoUseThem() {
        BundleContext context = framework.context();
        ServiceReference<InstanceRegistry> reference = context.getServiceReference(InstanceRegistry.class);
        context.getService(reference).add(Books.instance(7), sockets -> {});
        assertThat(context.ungetService(reference)).isTrue();
        ServiceReference<RegistryView> view = context.getServiceReference(RegistryView.class);
        assertThat(context.getService(view).instances()).hasSize(1);
    }

    @Test
    void stoppingTheBundleEndsTheSessionsAndItsThread() throws Exception {
        InstanceRegistry registry = framework.service(InstanceRegistry.class);
        registry.add(Books.instance(0), sockets -> {});
        up(registry, 0);
        Client client = ask(framework.service(Router.class));
        client.session().connected(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        bundle.stop();
        assertThat(client.told).containsExactly("routed 0", "ended 0 REMOVED");
        Await.until("the thread ends", () -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("conmgr-routing")));
    }

    private static void up(InstanceRegistry registry, int number) {
        registry.up(number, Books.IDENTITY, Books.attributes(number == 0 ? Role.PRIMARY : Role.STANDBY, true, 1));
    }

    private static Client ask(Router router) {
        Client client = new Client();
        client.session = router.ask(Books.request(Target.ANY), client);
        return client;
    }

    private int previewed() {
        return framework.service(RegistryView.class).preview(Books.request(Target.ANY)) instanceof Route route
                ? route.instance().number()
                : -1;
    }

    /** A plug-in. */
    private static final class Always1 implements BalancePolicy {
        @Override
        public String name() {
            return "always-1";
        }

        @Override
        public Candidate choose(List<Candidate> candidates) {
            return candidates.stream()
                    .filter(candidate -> candidate.number() == 1)
                    .findFirst()
                    .orElse(candidates.get(0));
        }
    }
}
