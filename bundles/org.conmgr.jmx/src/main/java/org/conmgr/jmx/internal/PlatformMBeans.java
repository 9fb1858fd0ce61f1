package org.conmgr.jmx.internal;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServer;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * Offers the JVM's own MBean server as a service, which is what a JMX whiteboard registers MBeans with. Everything is
 * then there for a local attach by the same operating system user (jconsole, jcmd), and no port is opened: who wants
 * remote JMX gives the JVM its own options for that.
 *
 * <p>Where somebody else offers an MBean server, as Karaf's feature {@code management} does, this one does not: a
 * whiteboard registers with each, and both are the same underneath.
 */
@Component(
        immediate = true,
        service = {})
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>=\"javax.management.MBeanServer\"")
public final class PlatformMBeans implements AutoCloseable {
    private static final String OURS = "org.conmgr.jmx";

    private final Optional<ServiceRegistration<MBeanServer>> registration;
    private final AtomicBoolean closed = new AtomicBoolean();

    @Activate
    public PlatformMBeans(
            BundleContext context,
            @Reference(
                            cardinality = ReferenceCardinality.OPTIONAL,
                            policyOption = ReferencePolicyOption.GREEDY,
                            target = "(!(" + OURS + "=true))")
                    Optional<MBeanServer> another) {
        registration = another.isPresent()
                ? Optional.empty()
                : Optional.of(context.registerService(
                        MBeanServer.class,
                        ManagementFactory.getPlatformMBeanServer(),
                        FrameworkUtil.asDictionary(Map.of(OURS, true))));
    }

    @Override
    @Deactivate
    public void close() {
        if (closed.compareAndSet(false, true)) {
            registration.ifPresent(ServiceRegistration::unregister);
        }
    }
}
