package org.conmgr.jmx.internal;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/** Shows beans straight in this JVM's MBean server, and reads them back from it. */
final class PlatformBeans implements Beans {
    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    @Override
    public <T> Runnable show(Class<T> type, T bean, String key) {
        try {
            ObjectName name = name(key);
            server.registerMBean(new StandardMBean(bean, type, true), name);
            return () -> hide(name);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    private void hide(ObjectName name) {
        try {
            server.unregisterMBean(name);
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    boolean shows(String key) throws JMException {
        return server.isRegistered(name(key));
    }

    Object read(String key, String attribute) throws JMException {
        return server.getAttribute(name(key), attribute);
    }

    private static ObjectName name(String key) throws JMException {
        return new ObjectName("org.conmgr:" + key);
    }
}
