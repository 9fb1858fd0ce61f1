package org.conmgr.jmx.internal;

import org.conmgr.api.instance.Attributes;
import org.conmgr.api.routing.InstanceStatus;
import org.conmgr.api.routing.RegistryView;
import org.jspecify.annotations.Nullable;

/** An {@link InstanceMXBean} over the registry. Once its instance is gone, its getters say so by an exception. */
final class InstanceBean implements InstanceMXBean {
    private final RegistryView registry;
    private final int number;

    InstanceBean(RegistryView registry, int number) {
        this.registry = registry;
        this.number = number;
    }

    private InstanceStatus status() {
        return registry.instances().stream()
                .filter(status -> status.instance().number() == number)
                .findAny()
                .orElseThrow(() -> new IllegalStateException("instance " + number + " is no longer configured"));
    }

    @Override
    public int getNumber() {
        return number;
    }

    @Override
    public String getHost() {
        return status().instance().host();
    }

    @Override
    public @Nullable String getHostaddr() {
        return Values.address(status().instance().hostaddr());
    }

    @Override
    public int getPort() {
        return status().instance().backendPort();
    }

    @Override
    public int getWatchdogPort() {
        return status().instance().watchdogPort();
    }

    @Override
    public @Nullable String getRole() {
        Attributes attributes = status().attributes();
        return attributes == null ? null : attributes.role().word();
    }

    @Override
    public @Nullable String getState() {
        Attributes attributes = status().attributes();
        return attributes == null ? null : attributes.state().word();
    }

    @Override
    public String getLink() {
        return status().link().word();
    }

    @Override
    public String getSince() {
        return Values.time(status().since());
    }

    @Override
    public @Nullable String getLastBeat() {
        return Values.timeIfAny(status().lastBeat());
    }

    @Override
    public @Nullable Integer getTimeline() {
        Attributes attributes = status().attributes();
        return attributes == null ? null : Values.timeline(attributes.timeline());
    }

    @Override
    public @Nullable String getServerVersion() {
        return Values.known(status().identity().versionText());
    }

    @Override
    public @Nullable String getLsn() {
        return Values.known(status().progress().lsnText());
    }

    @Override
    public @Nullable Long getReplayLagMs() {
        return Values.known(status().progress().replayLagMillis());
    }

    @Override
    public @Nullable Integer getFreeSlots() {
        return Values.known(status().progress().freeSlots());
    }

    @Override
    public int getApplicationConnections() {
        return status().applicationConnections();
    }

    @Override
    public String getReason() {
        return status().reason();
    }
}
