package org.conmgr.testkit.lab;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The number of a lab, which names its namespaces, interfaces and addresses: claimed by a lock that ends with this JVM,
 * however it ends.
 */
final class Claim implements AutoCloseable {
    private static final int LABS = 32;
    private static final Path DIRECTORY = Path.of("/run/conmgr-lab");

    private final int number;
    private final FileChannel channel;

    private Claim(int number, FileChannel channel) {
        this.number = number;
        this.channel = channel;
    }

    /** The lowest free number. What earlier labs have left behind, of this and of other numbers, is removed. */
    static Claim take(NamespaceShell root) {
        Claim taken = null;
        for (int number = 0; number < LABS; number++) {
            Optional<Claim> claim = claim(number);
            if (claim.isPresent()) {
                remove(root, number);
                if (taken == null) {
                    taken = claim.get();
                } else {
                    claim.get().close();
                }
            }
        }
        if (taken == null) {
            throw new LabException("all " + LABS + " labs of this machine are in use");
        }
        return taken;
    }

    private static Optional<Claim> claim(int number) {
        try {
            Files.createDirectories(DIRECTORY);
            FileChannel channel = FileChannel.open(
                    DIRECTORY.resolve(String.valueOf(number)), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null; // another lab of this JVM
            }
            if (lock == null) {
                channel.close();
                return Optional.empty();
            }
            return Optional.of(new Claim(number, channel));
        } catch (IOException e) {
            throw new LabException(DIRECTORY + ": " + e.getMessage(), e);
        }
    }

    /** Kills what runs in the namespaces of a lab and removes them, its interfaces and its directories. */
    static void remove(NamespaceShell root, int number) {
        String prefix = prefix(number);
        root.run("""
                for ns in $(ip netns list | sed -n 's/^\\(%1$s-[^ ]*\\).*/\\1/p'); do
                    pids=$(ip netns pids "$ns"); [ -z "$pids" ] || kill -KILL $pids || :
                    ip netns del "$ns" || :
                done
                for link in $(ip -o link show | sed -n 's/^[0-9]*: \\(%1$sm[^:@]*\\).*/\\1/p'); do
                    ip link del "$link" || :
                done
                rm -rf '%2$s/%3$s'* || :""".formatted(prefix, System.getProperty("java.io.tmpdir"), directoryPrefix(number)));
    }

    /** A new directory for temporary files of this lab. */
    Path directory() throws IOException {
        return Files.createTempDirectory(directoryPrefix(number));
    }

    private static String directoryPrefix(int number) {
        return "conmgr-lab-" + number + "-";
    }

    int number() {
        return number;
    }

    String prefix() {
        return prefix(number);
    }

    private static String prefix(int number) {
        return "cmlab" + number;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new LabException("lab " + number + " cannot be given up", e);
        }
    }
}
