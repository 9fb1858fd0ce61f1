package org.conmgr.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A lock file that one thread of one JVM at a time is behind. */
final class Gate {
    private Gate() {}

    interface Work<T> {
        T run() throws IOException;
    }

    /** Waits for all others behind this file. */
    static <T> T alone(Path file, Work<T> work) throws IOException {
        // The lock is the process's. A monitor in all of the JVM, as a bundle's classes may be there more than once:
        // a string's is.
        synchronized (file.toString().intern()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock(); // ends with the channel
                return work.run();
            }
        }
    }
}
