package org.conmgr.heartbeat.internal;

import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.FailureDetector;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.heartbeat.internal.Packet.Goodbye;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.netty.Resolver;
import org.conmgr.netty.Transport;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.component.propertytypes.SatisfyingConditionTarget;

/**
 * conmgr's side of heartbeat monitoring: one link per configured instance. Instances and settings come and go while
 * the links of the others stay. A definition that does not fit is reported and changes nothing.
 */
@Component(
        service = {},
        immediate = true)
@SatisfyingConditionTarget("(osgi.condition.id=conmgr.config)")
public final class ConmgrLinks implements AutoCloseable {
    private record Link(InstanceDefinition definition, ConfiguredInstance instance, NettyConmgrLink link) {}

    private final UUID conmgrId;
    private final Transport transport;
    private final Resolver resolver;
    private final InstanceRegistry registry;
    private final VerdictHistory history;
    private final LinkSecurity security;
    private final MessageLog log;
    private final BooleanSupplier shuttingDown;
    private final Runnable securityChanged = this::securityChanged;

    // Guarded by this: definitions and settings come from the threads that change the configuration.
    private final Map<String, InstanceDefinition> definitions = new LinkedHashMap<>();
    private final Map<Integer, Link> links = new LinkedHashMap<>();
    private final List<FailureDetector> detectors = new ArrayList<>();
    private final Detectors choice;
    private DetectorNames wanted = DetectorNames.DEFAULT;
    private Detection detection = Detection.FIXED;
    private @Nullable LinkSettings settings;
    private boolean closed;

    @Activate
    public ConmgrLinks(
            BundleContext context,
            @Reference Transport transport,
            @Reference Resolver resolver,
            @Reference InstanceRegistry registry,
            @Reference VerdictHistory history,
            @Reference LinkSecurity security,
            @Reference MessageLog log) {
        this(
                // The process's, so that a watchdog knows it again when only this bundle was replaced.
                UUID.fromString(context.getProperty(Constants.FRAMEWORK_UUID)),
                transport,
                resolver,
                registry,
                history,
                security,
                log,
                () -> context.getBundle(0).getState() == Bundle.STOPPING);
    }

    /** {@code shuttingDown} tells, when this closes, whether the whole process ends or only this bundle. */
    ConmgrLinks(
            UUID conmgrId,
            Transport transport,
            Resolver resolver,
            InstanceRegistry registry,
            VerdictHistory history,
            LinkSecurity security,
            MessageLog log,
            BooleanSupplier shuttingDown) {
        this.conmgrId = conmgrId;
        this.transport = transport;
        this.resolver = resolver;
        this.registry = registry;
        this.history = history;
        this.security = security;
        this.log = log;
        this.shuttingDown = shuttingDown;
        choice = new Detectors(log);
        security.observe(securityChanged);
    }

    private synchronized void securityChanged() {
        links.values().forEach(link -> link.link().securityChanged());
    }

    /** Optional: between two settings there is a moment with none, and a mandatory reference would close all links. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void bindSettings(HeartbeatSettings changed) {
        LinkSettings valid = changed.settings();
        if (valid == null) {
            return; // Reported where it was read; what was in force stays in force.
        }
        settings = valid;
        wanted = changed.detectors();
        detect();
        registry.heartbeatTimeout(valid.timeout());
        links.values().forEach(link -> link.link().settings(valid));
        openMissing();
    }

    /** The last settings stay in force until others come. */
    void unbindSettings(HeartbeatSettings gone) {}

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void addDetector(FailureDetector detector) {
        detectors.add(detector);
        detect();
    }

    synchronized void removeDetector(FailureDetector detector) {
        detectors.remove(detector);
        if (!closed) {
            detect();
        }
    }

    /** Links stay, whatever detectors come and go. */
    private void detect() {
        if (settings == null) {
            return; // Until then nobody knows which ones are wanted.
        }
        detection = choice.find(wanted, detectors);
        links.values().forEach(link -> link.link().detection(detection));
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            updated = "updatedInstance")
    synchronized void addInstance(InstanceDefinition definition) {
        definitions.put(definition.pid(), definition);
        open(definition);
    }

    synchronized void updatedInstance(InstanceDefinition definition) {
        Link open = linkOf(definition);
        ConfiguredInstance changed = validated(definition);
        if (changed == null || (open != null && open.instance().equals(changed))) {
            return;
        }
        if (open != null) {
            remove(open, "its configuration has changed");
        } else {
            openMissing();
        }
    }

    synchronized void removeInstance(InstanceDefinition definition) {
        definitions.remove(definition.pid(), definition);
        Link open = linkOf(definition);
        if (open != null && !closed) {
            remove(open, "it is no longer configured");
        }
    }

    private @Nullable Link linkOf(InstanceDefinition definition) {
        for (Link link : links.values()) {
            if (link.definition().equals(definition)) {
                return link;
            }
        }
        return null;
    }

    /** Those that waited for settings, or for a number to become free. */
    private void openMissing() {
        for (InstanceDefinition definition : List.copyOf(definitions.values())) {
            if (linkOf(definition) == null) {
                open(definition);
            }
        }
    }

    private void open(InstanceDefinition definition) {
        LinkSettings now = settings;
        ConfiguredInstance instance = now == null ? null : validated(definition);
        if (now == null || instance == null) {
            return;
        }
        Link holder = links.get(instance.number());
        if (holder != null) {
            log.log(
                    Message.DUPLICATE_INSTANCE,
                    definition.pid(),
                    instance.number(),
                    holder.definition().pid());
            return;
        }
        NettyConmgrLink link =
                new NettyConmgrLink(instance, now, conmgrId, transport, resolver, registry, history, security, log);
        registry.add(instance, link);
        links.put(instance.number(), new Link(definition, instance, link));
        link.detection(detection);
        link.start();
    }

    /** Keeps the number taken until the link has ended: no report of its can be taken for its successor's. */
    private void remove(Link link, String why) {
        String text = "conmgr no longer watches " + link.instance() + ": " + why;
        link.link().stop(Goodbye.Reason.UNWATCHED, text).addListener(ended -> removed(link, why));
    }

    private synchronized void removed(Link link, String why) {
        if (!closed && links.remove(link.instance().number(), link)) {
            registry.remove(link.instance().number(), why);
            openMissing();
        }
    }

    private @Nullable ConfiguredInstance validated(InstanceDefinition definition) {
        try {
            return definition.instance();
        } catch (InvalidSetting e) {
            log.log(Message.INVALID_SETTING, definition.pid(), e.getMessage());
            return null;
        }
    }

    /**
     * Says Goodbye on every link and waits for it to leave, at most a second. When only this bundle goes, to be
     * replaced, it says restart.
     */
    @Deactivate
    @Override
    public void close() {
        boolean forGood = shuttingDown.getAsBoolean();
        Goodbye.Reason reason = forGood ? Goodbye.Reason.SHUTDOWN : Goodbye.Reason.RESTART;
        String why = forGood ? "conmgr stops" : "conmgr's heartbeat links restart";
        List<Future<?>> leaving = new ArrayList<>();
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            for (Link link : links.values()) {
                leaving.add(link.link().stop(reason, why));
                registry.remove(link.instance().number(), why);
            }
            links.clear();
        }
        security.forget(securityChanged);
        Goodbyes.await(leaving);
    }
}
