package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.karaf.main.Main;
import org.jspecify.annotations.Nullable;

/**
 * The process of a conmgr directory where no shell prepares it: of {@code bin/conmgr.cmd}, of {@code cm_ctl start} on
 * Windows, and of a Windows service, whose runner calls {@link #start} on one thread and {@link #stop} on another. The
 * system properties {@code karaf.home} and {@code karaf.base} say where.
 */
public final class ConmgrProcess {
    private static final int STOP_SECONDS = 50;

    private static final CompletableFuture<Main> RUNNING = new CompletableFuture<>();
    private static final CountDownLatch ENDED = new CountDownLatch(1);

    /** Held to the end of the process. */
    @SuppressWarnings("UnusedVariable")
    private static @Nullable FileLock directory;

    private ConmgrProcess() {}

    /** Runs until it is told to stop, then ends the JVM. */
    public static void main(String[] arguments) throws Exception {
        takeDirectory();
        Main.main(arguments);
    }

    /** Runs until {@link #stop}, or until it ends by itself. Ends the JVM only if it cannot run at all. */
    public static void start(String[] arguments) throws Exception {
        takeDirectory();
        Main main = new Main(arguments);
        main.launch();
        RUNNING.complete(main);
        try {
            main.awaitShutdown();
            main.destroy();
        } finally {
            ENDED.countDown();
        }
    }

    /** Stops what {@link #start} runs, and returns when it has ended, or does not. */
    public static void stop(String[] arguments) throws Exception {
        RUNNING.get(STOP_SECONDS, TimeUnit.SECONDS).getFramework().stop();
        if (!ENDED.await(STOP_SECONDS, TimeUnit.SECONDS)) {
            System.err.println("conmgr: it did not stop within " + STOP_SECONDS + " s");
        }
    }

    private static void takeDirectory() throws IOException {
        try {
            directory = new ConmgrDirectory(path("karaf.home"), path("karaf.base")).take();
        } catch (Failure e) {
            System.err.println("conmgr: " + e.getMessage());
            System.exit(e.exitCode());
        }
    }

    private static Path path(String property) throws IOException {
        String value = System.getProperty(property);
        if (value == null) {
            throw new IOException("system property " + property + " is not set: start this with bin/conmgr.cmd");
        }
        return Path.of(value);
    }
}
