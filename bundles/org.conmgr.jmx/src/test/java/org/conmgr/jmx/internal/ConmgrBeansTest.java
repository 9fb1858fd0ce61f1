package org.conmgr.jmx.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.RuntimeMBeanException;
import javax.management.openmbean.CompositeData;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.LinkState;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.ApplicationStatus;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.Refusal;
import org.conmgr.api.routing.RegistryView;
import org.conmgr.api.routing.Route;
import org.conmgr.api.routing.RouteAnswer;
import org.conmgr.api.routing.RouteRequest;
import org.conmgr.api.routing.Target;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConmgrBeansTest {
    private static final Instant NOON = Instant.parse("2026-05-04T12:00:00Z");
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String CONMGR = "type=Conmgr";

    private final List<InstanceStatus> instances = new CopyOnWriteArrayList<>();
    private final List<ApplicationStatus> applications = new CopyOnWriteArrayList<>();
    private final List<LogMessage> logged = new CopyOnWriteArrayList<>();
    private final PlatformBeans beans = new PlatformBeans();
    private volatile boolean broken;
    private volatile boolean classGone;
    private final ConmgrBeans shown = new ConmgrBeans(new Registry(), recording(), beans, Duration.ofMillis(10));

    @AfterEach
    void close() {
        shown.close();
    }

    @Test
    void anInstanceIsReadAsOpenTypes() throws Exception {
        instances.add(primary(0));
        awaitShown(0);
        assertThat(beans.read(instance(0), "Number")).isEqualTo(0);
        assertThat(beans.read(instance(0), "Host")).isEqualTo("db0");
        assertThat(beans.read(instance(0), "Hostaddr")).isEqualTo("127.0.0.1");
        assertThat(beans.read(instance(0), "Port")).isEqualTo(5432);
        assertThat(beans.read(instance(0), "WatchdogPort")).isEqualTo(27545);
        assertThat(beans.read(instance(0), "Role")).isEqualTo("primary");
        assertThat(beans.read(instance(0), "State")).isEqualTo("accepting");
        assertThat(beans.read(instance(0), "Link")).isEqualTo("up");
        assertThat(beans.read(instance(0), "Since")).isEqualTo("2026-05-04T12:00:00Z");
        assertThat(beans.read(instance(0), "LastBeat")).isEqualTo("2026-05-04T12:00:01.500Z");
        assertThat(beans.read(instance(0), "Timeline")).isEqualTo(2);
        assertThat(beans.read(instance(0), "ServerVersion")).isEqualTo("17.4");
        assertThat(beans.read(instance(0), "Lsn")).isEqualTo("0/3000148");
        assertThat(beans.read(instance(0), "ReplayLagMs")).isEqualTo(0L);
        assertThat(beans.read(instance(0), "FreeSlots")).isEqualTo(95);
        assertThat(beans.read(instance(0), "ApplicationConnections")).isEqualTo(2);
        assertThat(beans.read(instance(0), "Reason")).isEqualTo("");
    }

    @Test
    void whatIsNotKnownIsNull() throws Exception {
        instances.add(neverReached(1));
        awaitShown(1);
        for (String attribute : List.of(
                "Hostaddr",
                "Role",
                "State",
                "LastBeat",
                "Timeline",
                "ServerVersion",
                "Lsn",
                "ReplayLagMs",
                "FreeSlots")) {
            assertThat(beans.read(instance(1), attribute)).as(attribute).isNull();
        }
    }

    @Test
    void instancesComeAndGo() throws Exception {
        instances.add(primary(0));
        instances.add(neverReached(1));
        awaitShown(0);
        awaitShown(1);
        instances.remove(0);
        Await.until("instance 0 is hidden", SOON, () -> !beans.shows(instance(0)));
        assertThat(beans.shows(instance(1))).isTrue();
        instances.add(primary(0));
        awaitShown(0);
        shown.close();
        assertThat(List.of(beans.shows(instance(0)), beans.shows(instance(1)), beans.shows(CONMGR)))
                .containsOnly(false);
    }

    @Test
    void aBeanWhoseInstanceIsGoneSaysSo() {
        InstanceBean bean = new InstanceBean(new Registry(), 7);
        assertThatThrownBy(bean::getHost)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("instance 7 is no longer configured");
    }

    @Test
    void conmgrIsSummedUp() throws Exception {
        assertThat(beans.read(CONMGR, "Primary")).isNull();
        instances.add(primary(3));
        instances.add(neverReached(4));
        applications.add(new ApplicationStatus(
                1,
                new RouteRequest(Target.READ_WRITE, "shop", 4711, "direct", 0),
                3,
                NOON,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 51234)));
        applications.add(new ApplicationStatus(2, new RouteRequest(Target.STANDBY, "", 0, "libpq", 0), -1, NOON, null));

        assertThat((Integer[]) beans.read(CONMGR, "Instances")).containsExactly(3, 4);
        assertThat(beans.read(CONMGR, "InstancesUp")).isEqualTo(1);
        assertThat(beans.read(CONMGR, "Primary")).isEqualTo(3);
        assertThat(beans.read(CONMGR, "ApplicationConnections")).isEqualTo(1);
        assertThat(beans.read(CONMGR, "WaitingApplications")).isEqualTo(1);
        CompositeData[] rows = (CompositeData[]) beans.read(CONMGR, "Applications");
        assertThat(rows).hasSize(2);
        assertThat(rows[0].getAll(
                        new String[] {"id", "application", "pid", "path", "target", "instance", "since", "sqlAddress"}))
                .containsExactly(
                        1L, "shop", 4711L, "direct", "read-write", 3, "2026-05-04T12:00:00Z", "127.0.0.1:51234");
        assertThat(rows[1].getAll(new String[] {"pid", "instance", "sqlAddress"}))
                .containsOnlyNulls();
    }

    @Test
    void aFailureIsLoggedAndDoesNotEndTheWatch() {
        broken = true;
        Await.until("the failure is logged", SOON, () -> !logged.isEmpty());
        assertThat(logged.get(0).message()).isEqualTo(Message.SUPERVISED_FAILURE);
        broken = false;
        instances.add(primary(0));
        awaitShown(0);
    }

    @Test
    void aClassThatIsNotThereForAMomentDoesNotEndTheWatch() {
        classGone = true;
        Await.until("the failure is logged", SOON, () -> !logged.isEmpty());
        assertThat(logged.get(0).message()).isEqualTo(Message.SUPERVISED_FAILURE);
        classGone = false;
        instances.add(primary(0));
        awaitShown(0);
    }

    @Test
    void aFailingReadReachesTheReader() {
        broken = true;
        assertThatThrownBy(() -> beans.read(CONMGR, "InstancesUp")).isInstanceOf(RuntimeMBeanException.class);
        broken = false;
    }

    @Test
    void namesAreQuotedWhereTheyMustBe() {
        assertThat(Beans.value("main-1.db_2")).isEqualTo("main-1.db_2");
        assertThat(Beans.value("a,b=\"c\"")).isEqualTo("\"a,b=\\\"c\\\"\"");
    }

    private void awaitShown(int number) {
        Await.until("instance " + number + " is shown", SOON, () -> beans.shows(instance(number)));
    }

    private static String instance(int number) {
        return "type=Instance,number=" + number;
    }

    private static InstanceStatus primary(int number) {
        return new InstanceStatus(
                new ConfiguredInstance(number, "db" + number, InetAddress.getLoopbackAddress(), 5432, 27545),
                LinkState.UP,
                NOON,
                NOON.plusMillis(1500),
                new Identity(7, 170_004),
                new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 2),
                new Progress(0x300_0148, 0, 95),
                null,
                "",
                2);
    }

    private static InstanceStatus neverReached(int number) {
        return new InstanceStatus(
                new ConfiguredInstance(number, "db" + number, null, 5432, 27545),
                LinkState.CONNECTING,
                NOON,
                null,
                Identity.UNKNOWN,
                null,
                Progress.UNKNOWN,
                null,
                "",
                0);
    }

    private MessageLog recording() {
        return logged::add;
    }

    private final class Registry implements RegistryView {
        @Override
        public List<InstanceStatus> instances() {
            if (classGone) {
                throw new NoClassDefFoundError("for the test");
            }
            if (broken) {
                throw new IllegalStateException("broken for the test");
            }
            return List.copyOf(instances);
        }

        @Override
        public List<ApplicationStatus> applications() {
            return List.copyOf(applications);
        }

        @Override
        public RouteAnswer preview(RouteRequest request) {
            return instances.isEmpty()
                    ? new Refusal("08001", "no instance")
                    : new Route(instances.get(0).instance(), Role.PRIMARY, true, List.of());
        }
    }
}
