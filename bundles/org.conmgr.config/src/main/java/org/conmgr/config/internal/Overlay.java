package org.conmgr.config.internal;

import java.util.Collections;
import java.util.Dictionary;
import java.util.Map;
import java.util.stream.Stream;
import org.conmgr.config.Conf;
import org.conmgr.config.Parameter;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationPlugin;

/**
 * Puts the values of {@code conmgr.conf} over whatever a configuration holds at the moment it is delivered. Between an
 * edit of a {@code .cfg} and the {@link Enforcer}'s answer to it, components would else see what the edit says: a link
 * would end, and with it all sessions of its instance, for a setting that is never in force.
 */
final class Overlay implements ConfigurationPlugin {
    /** From 0 to 1000 a plug-in may change what it is shown; the later the higher, behind substitution of variables. */
    private static final int RANKING = 900;

    private volatile Map<String, Map<String, String>> values = Map.of();

    ServiceRegistration<ConfigurationPlugin> register(BundleContext context) {
        String[] targets =
                Stream.of(Parameter.values()).map(Parameter::pid).distinct().toArray(String[]::new);
        return context.registerService(
                ConfigurationPlugin.class,
                this,
                FrameworkUtil.asDictionary(Map.of(CM_TARGET, targets, CM_RANKING, RANKING)));
    }

    /** What is in force from now on. */
    void set(Conf conf) {
        values = conf.configurations();
    }

    /** Called by whoever delivers a configuration. */
    @Override
    public void modifyConfiguration(ServiceReference<?> target, Dictionary<String, Object> properties) {
        String pid = String.valueOf(properties.get("service.pid"));
        Map<String, String> wanted = values.get(pid);
        if (wanted == null) {
            return;
        }
        Object factoryPid = properties.get("service.factoryPid");
        for (Parameter parameter : Parameter.of(pid, factoryPid == null ? null : factoryPid.toString())) {
            // In whatever case it is written: the dictionary may or may not care.
            Collections.list(properties.keys()).stream()
                    .filter(key -> key.equalsIgnoreCase(parameter.key()))
                    .forEach(key -> properties.remove(key));
        }
        wanted.forEach((key, value) -> properties.put(key, value));
    }
}
