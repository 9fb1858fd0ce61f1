package org.conmgr.config.internal;

import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.config.Spelling;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * Warns of a key of a {@code .cfg} that none of the components has which it configures: a slip of the pen leaves the
 * default in force, and nobody would know. Which keys there are, the descriptions of the components say. A PID for which
 * there is no component, or not yet, is not judged. Each key is told once, as long as it is there.
 */
@Component(service = ConfigurationListener.class, immediate = true)
public final class UnknownKeys implements ConfigurationListener, AutoCloseable {
    /** Less often than File Install and the start of a few bundles make a difference. */
    private static final long LOOK_EVERY_MS = 1_000;

    private static final String OURS = "org.conmgr.";

    /** What a byte order mark is to who reads UTF-8, and to File Install, which reads ISO 8859-1. */
    private static final List<String> BYTE_ORDER_MARKS = List.of("\uFEFF", "\u00EF\u00BB\u00BF");

    private final ConfigurationAdmin admin;
    private final ServiceComponentRuntime components;
    private final ServiceReference<ServiceComponentRuntime> reference;
    private final MessageLog log;
    private final ScheduledThreadPoolExecutor thread;
    private volatile boolean changed = true;

    // Of the thread alone.
    private @Nullable Object generation;
    private Set<String> told = Set.of();

    @Activate
    public UnknownKeys(
            @Reference ConfigurationAdmin admin,
            @Reference ServiceComponentRuntime components,
            @Reference(service = ServiceComponentRuntime.class) ServiceReference<ServiceComponentRuntime> reference,
            @Reference MessageLog log) {
        this.admin = admin;
        this.components = components;
        this.reference = reference;
        this.log = log;
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = new Thread(task, "conmgr-keys");
            created.setDaemon(true);
            return created;
        });
        thread.scheduleWithFixedDelay(this::look, LOOK_EVERY_MS, LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    /** Called by Config Admin's thread. */
    @Override
    public void configurationEvent(ConfigurationEvent event) {
        changed = true;
    }

    private void look() {
        try {
            Object now = reference.getProperty("service.changecount");
            if (changed || !Objects.equals(now, generation)) {
                changed = false;
                generation = now;
                check();
            }
        } catch (IllegalStateException e) {
            // A configuration was deleted while it was looked at: the next look is without it.
            changed = true;
        } catch (Exception | Error e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "the watch over unknown settings", e)
                    .withCause(e));
        }
    }

    private void check() throws Exception {
        Map<String, Set<String>> known = known();
        Set<String> present = new HashSet<>();
        Configuration[] all = admin.listConfigurations("(service.pid=" + OURS + "*)");
        for (Configuration configuration : all == null ? new Configuration[0] : all) {
            String pid = Objects.requireNonNullElse(configuration.getFactoryPid(), configuration.getPid());
            Set<String> keys = known.get(pid);
            if (keys != null) {
                check(configuration, pid, keys, present);
            }
        }
        told = present;
    }

    private void check(Configuration configuration, String pid, Set<String> known, Set<String> present) {
        Map<String, Object> properties = FrameworkUtil.asMap(configuration.getProperties());
        for (String key : properties.keySet()) {
            Optional<String> why = why(key, pid, known);
            if (why.isPresent()) {
                String where = configuration.getPid() + " " + key;
                present.add(where);
                if (!told.contains(where)) {
                    log.log(
                            Message.SETTING_WITHOUT_EFFECT,
                            Enforcer.origin(configuration, properties),
                            withoutMark(key),
                            why.get());
                }
            }
        }
    }

    /** Why a key has no effect, if so. */
    private static Optional<String> why(String key, String pid, Set<String> known) {
        String name = withoutMark(key);
        if (!name.equals(key)) {
            // Before a comment it does no harm.
            return name.isEmpty() || name.startsWith("#") || name.startsWith("!")
                    ? Optional.empty()
                    : Optional.of("the file begins with a byte order mark; save it without");
        }
        // With a dot: the framework's own, or of Declarative Services, as NAME.target.
        if (known.contains(key) || key.contains(".")) {
            return Optional.empty();
        }
        Comparator<String> nearestFirst = Comparator.comparingInt(other -> Spelling.distance(key, other));
        List<String> all = known.stream()
                .sorted(nearestFirst.thenComparing(other -> other))
                .toList();
        return Optional.of(pid + " has no such setting, but " + String.join(", ", all));
    }

    private static String withoutMark(String key) {
        return BYTE_ORDER_MARKS.stream()
                .filter(key::startsWith)
                .findFirst()
                .map(mark -> key.substring(mark.length()).strip())
                .orElse(key);
    }

    /** The keys of each PID. Not from this bundle, whose components know but some keys of others' PIDs. */
    private Map<String, Set<String>> known() {
        Map<String, Set<String>> known = new HashMap<>();
        for (ComponentDescriptionDTO component : components.getComponentDescriptionDTOs()) {
            boolean ours = component.bundle.symbolicName.equals("org.conmgr.config");
            for (String pid : ours ? new String[0] : component.configurationPid) {
                if (pid.startsWith(OURS)) {
                    Set<String> keys = known.computeIfAbsent(pid, none -> new TreeSet<>());
                    component.properties.keySet().stream()
                            .filter(key -> !key.contains("."))
                            .forEach(keys::add);
                }
            }
        }
        known.values().removeIf(Set::isEmpty);
        return Collections.unmodifiableMap(known);
    }

    @Override
    @Deactivate
    public void close() {
        thread.shutdownNow();
    }
}
