package org.conmgr.jmx.internal;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanServer;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Offers the JVM's own MBean server as a service, which is what a JMX whiteboard registers MBeans with. Everything is
 * then there for a local attach by the same operating system user (jconsole, jcmd), and no port is opened: who wants
 * remote JMX gives the JVM its own options for that.
 */
@Component(
        immediate = true,
        service = {})
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>=\"javax.management.MBeanServer\"")
public final class PlatformMBeans implements AutoCloseable {
    private final ServiceRegistration<MBeanServer> registration;
    private final AtomicBoolean closed = new AtomicBoolean();

    @Activate
    public PlatformMBeans(BundleContext context) {
        registration = context.registerService(MBeanServer.class, ManagementFactory.getPlatformMBeanServer(), null);
    }

    @Override
    @Deactivate
    public void close() {
        if (closed.compareAndSet(false, true)) {
            registration.unregister();
        }
    }
}
