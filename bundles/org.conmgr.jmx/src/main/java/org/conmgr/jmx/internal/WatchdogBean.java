package org.conmgr.jmx.internal;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.watchdog.WatchdogView;
import org.jspecify.annotations.Nullable;

/** A {@link WatchdogMXBean} over a watchdog. */
final class WatchdogBean implements WatchdogMXBean {
    private final WatchdogView watchdog;

    WatchdogBean(WatchdogView watchdog) {
        this.watchdog = watchdog;
    }

    @Override
    public String getName() {
        return watchdog.name();
    }

    @Override
    public List<String> getAddresses() {
        return watchdog.addresses().stream().map(Values::socket).toList();
    }

    @Override
    public String getRole() {
        return watchdog.attributes().role().word();
    }

    @Override
    public String getState() {
        return watchdog.attributes().state().word();
    }

    @Override
    public String getReason() {
        return watchdog.why();
    }

    @Override
    public @Nullable Integer getTimeline() {
        return Values.timeline(watchdog.attributes().timeline());
    }

    @Override
    public @Nullable String getServerVersion() {
        return Values.known(watchdog.identity().versionText());
    }

    @Override
    public @Nullable String getLsn() {
        return Values.known(watchdog.progress().lsnText());
    }

    @Override
    public @Nullable Long getReplayLagMs() {
        return Values.known(watchdog.progress().replayLagMillis());
    }

    @Override
    public @Nullable Integer getFreeSlots() {
        return Values.known(watchdog.progress().freeSlots());
    }

    @Override
    public long getTerminated() {
        return watchdog.terminated();
    }

    @Override
    public List<LinkRow> getLinks() {
        return watchdog.links().stream().map(link -> (LinkRow) new Link(link)).toList();
    }

    private record Link(WatchdogView.Link link) implements LinkRow {
        @Override
        public String getConmgr() {
            return link.name();
        }

        @Override
        public String getAddress() {
            return link.address().getHostAddress();
        }

        @Override
        public int getPort() {
            return link.port();
        }

        @Override
        public double getHeartbeatInterval() {
            return seconds(link.interval());
        }

        @Override
        public double getHeartbeatTimeout() {
            return seconds(link.timeout());
        }

        @Override
        public String getSince() {
            return Values.time(link.since());
        }

        @Override
        public String getLastHeard() {
            return Values.time(link.lastHeard());
        }

        @Override
        public long getLastBeat() {
            return link.lastBeat();
        }

        @Override
        public int getSessions() {
            return link.sessions();
        }

        @Override
        public @Nullable Double getRttMs() {
            Duration roundTrip = link.roundTrip();
            return roundTrip == null ? null : TimeUnit.NANOSECONDS.toMicros(roundTrip.toNanos()) / 1000.0;
        }

        @Override
        public long getBytesReceived() {
            return link.bytesReceived();
        }

        @Override
        public long getBytesSent() {
            return link.bytesSent();
        }

        private static double seconds(Duration duration) {
            return duration.toMillis() / 1000.0;
        }
    }
}
