package org.conmgr.itests;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** Tells from what passed on the wire whether a verdict on a silent peer was right, whatever the two ends say of it. */
final class Witness {
    enum Finding {
        /** The peer had sent, and it had come in time: a false alarm. */
        WRONG,
        /** The peer had sent in time, but it had not come. */
        LOST_ON_THE_WAY,
        /** The peer had sent nothing for as long as it may be silent. */
        STOOD_STILL
    }

    /** One end of a link: what passed at its host, its address, and where its packets for the other end go. */
    record End(List<Wire.Segment> wire, String address, String other) {
        private boolean sent(Wire.Segment segment) {
            return segment.from().equals(address) && segment.to().equals(other);
        }

        private boolean got(Wire.Segment segment) {
            return segment.from().equals(other) && segment.to().equals(address);
        }
    }

    /** @param words what was seen, for people */
    record Statement(Finding finding, String words) {}

    /** From a packet's way into the kernel to the process that reads it, and from one host to the other. */
    private static final long ON_ITS_WAY = Duration.ofMillis(20).toNanos() / 1000;

    private final long timeout;

    Witness(Duration timeout) {
        this.timeout = timeout.toNanos() / 1000;
    }

    /**
     * Judges a verdict for silence.
     *
     * @param verdict the judge's line, which says the same as the Goodbye that it sends
     */
    Statement judge(String verdict, End judge, End peer) {
        OptionalLong found = judge.wire().stream()
                .filter(judge::sent)
                .filter(segment -> !segment.goodbye().isEmpty() && verdict.contains(segment.goodbye()))
                .mapToLong(Wire.Segment::micros)
                .max();
        if (found.isEmpty()) {
            return new Statement(Finding.WRONG, "its Goodbye was not seen on the wire");
        }
        long at = found.getAsLong();
        long got = last(judge.wire(), judge::got, at);
        long sent = last(peer.wire(), peer::sent, at);
        String words = String.format(
                Locale.ROOT,
                "on the wire the last that was sent is %.1f ms old, the last that came %.1f ms",
                (at - sent) / 1000.0,
                (at - got) / 1000.0);
        if (at - got < timeout) {
            return new Statement(Finding.WRONG, words);
        }
        return new Statement(at - sent < timeout ? Finding.LOST_ON_THE_WAY : Finding.STOOD_STILL, words);
    }

    private static long last(List<Wire.Segment> wire, Predicate<Wire.Segment> which, long at) {
        return wire.stream()
                .filter(which)
                .mapToLong(Wire.Segment::micros)
                .filter(micros -> micros < at - ON_ITS_WAY)
                .max()
                .orElse(0);
    }

    /** Whether this end has said Goodbye because it did not hear the other; then the other is right to end the link. */
    static boolean gaveUp(End end) {
        return end.wire().stream().filter(end::sent).anyMatch(segment -> segment.goodbye()
                .startsWith("silent for "));
    }

    /** @param longestGapMillis between two to the same address, one after the other */
    record Sent(long segments, double longestGapMillis) {}

    /** What left a host. */
    static Sent sent(List<Wire.Segment> wire, String address) {
        Map<String, Long> before = new HashMap<>();
        long segments = 0;
        long longest = 0;
        for (Wire.Segment segment : wire) {
            if (segment.from().equals(address)) {
                segments++;
                Long last = before.put(segment.to(), segment.micros());
                longest = last == null ? longest : Math.max(longest, segment.micros() - last);
            }
        }
        return new Sent(segments, longest / 1000.0);
    }
}
