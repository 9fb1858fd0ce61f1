package org.conmgr.trial.internal;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.conmgr.api.log.LogSink;
import org.conmgr.api.routing.RegistryView;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Runs the trial once conmgr is there. */
@Component(
        service = {},
        immediate = true)
public final class TrialComponent implements AutoCloseable {
    private final Trial trial;
    private final ServiceRegistration<LogSink> sink;

    @Activate
    public TrialComponent(BundleContext context, @Reference RegistryView registry) {
        Narrator narrator = new Narrator(System.out);
        sink = context.registerService(
                LogSink.class, narrator, FrameworkUtil.asDictionary(Map.of("destination", "trial")));
        trial = new Trial(
                narrator,
                registry,
                Path.of(property(context, "karaf.home")),
                Path.of(property(context, "karaf.base")),
                Integer.parseInt(property(context, "conmgr.trial.port")),
                Boolean.parseBoolean(context.getProperty("conmgr.trial.terminal")));
        trial.start();
    }

    private static String property(BundleContext context, String key) {
        return Objects.requireNonNull(context.getProperty(key), key);
    }

    /** Stops every server it started. */
    @Deactivate
    @Override
    public void close() {
        trial.close();
        sink.unregister();
    }
}
