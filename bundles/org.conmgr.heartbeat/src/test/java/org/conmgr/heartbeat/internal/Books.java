package org.conmgr.heartbeat.internal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.Progress;
import org.conmgr.api.link.Verdict;
import org.conmgr.api.routing.InstanceRegistry;
import org.conmgr.testkit.Await;

/** A registry that remembers what conmgr's ends of links report. */
final class Books implements InstanceRegistry {
    final List<String> events = new CopyOnWriteArrayList<>();
    volatile Progress progress = Progress.UNKNOWN;

    String last() {
        return events.isEmpty() ? "" : events.get(events.size() - 1);
    }

    void await(String event) {
        Await.until(event + " in " + events, () -> events.contains(event));
    }

    @Override
    public void heartbeatTimeout(Duration timeout) {
        events.add("timeout " + timeout);
    }

    @Override
    public void add(ConfiguredInstance instance, SessionsObserver observer) {
        events.add("add " + instance);
    }

    @Override
    public void remove(int number, String why) {
        events.add("remove " + number + ": " + why);
    }

    @Override
    public void up(int number, Identity identity, Attributes attributes) {
        events.add("up " + identity.systemIdentifier() + " " + attributes);
    }

    @Override
    public void beat(int number, Instant at, Progress now) {
        progress = now;
    }

    @Override
    public void unmonitored(int number, String why, Duration grace) {
        events.add("unmonitored " + why);
    }

    @Override
    public void down(int number, Verdict verdict) {
        events.add("down " + verdict);
    }
}
