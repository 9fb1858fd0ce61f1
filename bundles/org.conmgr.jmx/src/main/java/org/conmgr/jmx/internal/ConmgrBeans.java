package org.conmgr.jmx.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.RegistryView;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Shows conmgr and its instances. The registry tells nobody when instances come and go, so it is asked once a second;
 * an MBean's values are not a second old, they are read when they are asked for.
 */
@Component(
        immediate = true,
        service = {})
public final class ConmgrBeans implements AutoCloseable {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final RegistryView registry;
    private final MessageLog log;
    private final Beans beans;
    private final Runnable hideConmgr;
    private final Map<Integer, Runnable> hideInstance = new HashMap<>();
    private final ScheduledExecutorService timer;
    private boolean closed;

    @Activate
    public ConmgrBeans(BundleContext context, @Reference RegistryView registry, @Reference MessageLog log) {
        this(registry, log, Beans.of(context), LOOK);
    }

    ConmgrBeans(RegistryView registry, MessageLog log, Beans beans, Duration every) {
        this.registry = registry;
        this.log = log;
        this.beans = beans;
        hideConmgr = beans.show(ConmgrMXBean.class, new ConmgrBean(registry), "type=Conmgr");
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "conmgr-jmx");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            follow();
        } catch (RuntimeException | Error e) {
            // An Error as well: while a bundle is being updated its classes are not there.
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the list of instances for JMX", e)
                    .withCause(e));
        }
    }

    private synchronized void follow() {
        if (closed) {
            return;
        }
        Set<Integer> numbers = registry.instances().stream()
                .map(status -> status.instance().number())
                .collect(Collectors.toSet());
        hideInstance.entrySet().removeIf(shown -> {
            boolean gone = !numbers.contains(shown.getKey());
            if (gone) {
                shown.getValue().run();
            }
            return gone;
        });
        for (Integer number : numbers) {
            hideInstance.computeIfAbsent(
                    number,
                    added -> beans.show(
                            InstanceMXBean.class, new InstanceBean(registry, added), "type=Instance,number=" + added));
        }
    }

    @Override
    @Deactivate
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        timer.shutdownNow();
        hideInstance.values().forEach(Runnable::run);
        hideInstance.clear();
        hideConmgr.run();
    }
}
