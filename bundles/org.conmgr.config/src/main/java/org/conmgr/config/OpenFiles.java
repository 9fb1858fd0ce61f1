package org.conmgr.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How many files and sockets a process may have open, and how many a conmgr needs. Needs no OSGi. */
public final class OpenFiles {
    /**
     * What a conmgr has open without an instance or an application: about 110 on two processors, mostly jars, and three
     * for each event loop. The guide's figure, 9, is that of a program without a JVM.
     */
    static final int OWN = 200;

    /** The guide's: the link to an instance, and the probe or the next attempt beside it. */
    private static final int PER_INSTANCE = 2;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern SOFT = Pattern.compile("Max open files\\s+(\\d+)\\s.*");

    private OpenFiles() {}

    /**
     * The limit of this process, and of one that it starts; empty for none, or when the system does not tell. A JVM has
     * raised its soft limit to the hard one when this is called.
     */
    public static OptionalLong limit() {
        if (!Files.isReadable(LIMITS)) {
            return OptionalLong.empty();
        }
        try (Stream<String> lines = Files.lines(LIMITS)) {
            return limit(lines);
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    static OptionalLong limit(Stream<String> lines) {
        return lines.map(SOFT::matcher)
                .filter(Matcher::matches)
                .mapToLong(matcher -> Long.parseLong(matcher.group(1)))
                .findFirst();
    }

    /** What is wrong with running this with so many files, in words; empty when they are enough. */
    static Optional<String> shortage(Conf conf, long limit) {
        int instances = conf.instances().size();
        String maxConnections = conf.values().getOrDefault(Parameter.MAX_CONNECTIONS, "0");
        long needed = OWN + (long) PER_INSTANCE * instances + Long.parseLong(maxConnections);
        if (needed <= limit) {
            return Optional.empty();
        }
        return Optional.of("max_connections: " + maxConnections + " with " + instances
                + (instances == 1 ? " instance" : " instances") + " takes " + needed
                + " file descriptors (expected: at most " + limit + ", the limit that ulimit -Hn shows)");
    }
}
