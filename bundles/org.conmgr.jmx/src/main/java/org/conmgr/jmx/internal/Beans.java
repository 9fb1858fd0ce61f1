package org.conmgr.jmx.internal;

import java.util.Map;
import java.util.regex.Pattern;
import javax.management.DynamicMBean;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;

/** Shows MXBeans: as services that a JMX whiteboard registers with every MBean server there is. */
interface Beans {
    /**
     * Shows a bean until the result is run.
     *
     * @param key properties of the object name behind the domain, e.g. {@code type=Conmgr}
     * @return takes it away again
     */
    <T> Runnable show(Class<T> type, T bean, String key);

    /** Over the service registry of this framework. */
    static Beans of(BundleContext context) {
        return new Beans() {
            @Override
            public <T> Runnable show(Class<T> type, T bean, String key) {
                // As a DynamicMBean: of any other object the whiteboard would guess the interface.
                return context.registerService(
                        DynamicMBean.class,
                        new StandardMBean(bean, type, true),
                        FrameworkUtil.asDictionary(Map.of("jmx.objectname", "org.conmgr:" + key)))::unregister;
            }
        };
    }

    /** A value of an object name: quoted only where it must be. */
    static String value(String text) {
        return Pattern.matches("[^,=:\"*?\\n]+", text) ? text : ObjectName.quote(text);
    }
}
