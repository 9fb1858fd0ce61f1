package org.conmgr.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.conmgr.testkit.lab.Host;

/**
 * What the heartbeat links of a host really sent and got, and when: tcpdump's file, with the kernel's times. Of the code
 * under test it knows no more than what a Goodbye looks like.
 */
final class Wire {
    /**
     * Data that passed for the first time; what a kernel sends again, on its own, is left out.
     *
     * @param micros the time, since 1970
     * @param goodbye the text of the Goodbye in it; empty for none
     */
    record Segment(long micros, String from, String to, String goodbye) {}

    private record Direction(String from, int fromPort, String to, int toPort) {}

    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int MAGIC = 0xa1b2c3d4;
    private static final int FILE_HEADER = 24;
    private static final int PACKET_HEADER = 16;
    private static final int ETHERNET_HEADER = 14;
    private static final int SYN = 2;

    private final Path file;
    private final Map<Direction, Integer> ends = new HashMap<>();
    private final List<Segment> segments = new ArrayList<>();
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private long read;

    Wire(Path file) {
        this.file = file;
    }

    /** Listens to a TCP port on a host, until the lab is closed. */
    static Wire tap(Host host, Path directory, int port) {
        Path file = directory.resolve(host.name() + ".pcap");
        host.start(
                        "tcpdump",
                        List.of(
                                "tcpdump",
                                "-i",
                                "eth0",
                                "-n",
                                "-s",
                                "256",
                                "-U",
                                "--immediate-mode",
                                "-Z",
                                "root",
                                "-w",
                                file.toString(),
                                "tcp port " + port))
                .awaitOutput("listening on", DEADLINE);
        return new Wire(file);
    }

    /** What has passed since the last {@link #forget}, the oldest first. */
    List<Segment> segments() {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - read));
            channel.position(read);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
            parse(bytes.flip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.copyOf(segments);
    }

    void forget() {
        segments();
        segments.clear();
    }

    private void parse(ByteBuffer bytes) {
        if (read == 0) {
            if (bytes.remaining() < FILE_HEADER) {
                return;
            }
            order = bytes.getInt(0) == MAGIC ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            if (bytes.order(order).getInt(0) != MAGIC) {
                throw new IllegalStateException(file + " is no capture in microseconds");
            }
            bytes.position(FILE_HEADER);
        }
        bytes.order(order);
        while (bytes.remaining() >= PACKET_HEADER) {
            int start = bytes.position();
            int kept = bytes.getInt(start + 8);
            if (bytes.remaining() < PACKET_HEADER + kept) {
                break; // The rest of it is still to be written.
            }
            long micros = bytes.getInt(start) * 1_000_000L + bytes.getInt(start + 4);
            packet(micros, bytes.slice(start + PACKET_HEADER, kept));
            bytes.position(start + PACKET_HEADER + kept);
        }
        read += bytes.position();
    }

    private void packet(long micros, ByteBuffer frame) {
        ByteBuffer ip = frame.slice(ETHERNET_HEADER, frame.limit() - ETHERNET_HEADER);
        int ipHeader = (ip.get(0) & 15) * 4;
        int length = ip.getShort(2) - ipHeader;
        Direction direction = new Direction(
                address(ip, 12), ip.getShort(ipHeader) & 0xffff, address(ip, 16), ip.getShort(ipHeader + 2) & 0xffff);
        int sequence = ip.getInt(ipHeader + 4);
        int tcpHeader = (ip.get(ipHeader + 12) >> 4 & 15) * 4;
        if ((ip.get(ipHeader + 13) & SYN) != 0) {
            ends.put(direction, sequence + 1);
            return;
        }
        int data = length - tcpHeader;
        int end = sequence + data;
        Integer before = ends.get(direction);
        if (data > 0 && (before == null || end - before > 0)) {
            ends.put(direction, end);
            int at = ipHeader + tcpHeader;
            ByteBuffer payload = ip.slice(at, Math.min(data, ip.limit() - at));
            segments.add(new Segment(micros, direction.from(), direction.to(), goodbye(payload)));
        }
    }

    private static String address(ByteBuffer ip, int at) {
        return (ip.get(at) & 255) + "." + (ip.get(at + 1) & 255) + "." + (ip.get(at + 2) & 255) + "."
                + (ip.get(at + 3) & 255);
    }

    /** Frames are type, length (itself included) and what they carry; a Goodbye's are a byte and a text. */
    private static String goodbye(ByteBuffer frames) {
        for (int at = 0; at + 8 <= frames.limit(); at += 1 + Math.max(4, frames.getInt(at + 1))) {
            if (frames.get(at) == 'G') {
                byte[] text = new byte[Math.min(frames.getShort(at + 6), frames.limit() - at - 8)];
                frames.get(at + 8, text);
                return new String(text, StandardCharsets.UTF_8);
            }
        }
        return "";
    }
}
