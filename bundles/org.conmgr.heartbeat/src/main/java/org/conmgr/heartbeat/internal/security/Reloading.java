package org.conmgr.heartbeat.internal.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;

/**
 * What is read from files, read again when they change; looked at every second, on a thread of its own. Files that do
 * not fit change nothing: what was read before stays, and they are tried again.
 */
final class Reloading<T> implements AutoCloseable {
    private static final long MILLIS = 1000;

    /** Several files are not replaced in one step: to find them in disorder once or twice is no error. */
    private static final int PATIENCE = 3;

    private final String pid;
    private final List<Path> files;
    private final Supplier<T> source;
    private final MessageLog log;
    private final ScheduledExecutorService executor;

    private volatile T current;

    // Belong to the thread.
    private String stamp;
    private int failures;

    /**
     * Reads for the first time.
     *
     * @param source throws {@link InvalidSetting}
     * @throws InvalidSetting if the files do not fit
     */
    Reloading(String pid, List<Path> files, Supplier<T> source, MessageLog log) {
        this.pid = pid;
        this.files = files;
        this.source = source;
        this.log = log;
        stamp = stamp();
        current = source.get();
        executor = Executors.newSingleThreadScheduledExecutor(body -> {
            Thread thread = new Thread(body, pid + "-files");
            thread.setDaemon(true);
            return thread;
        });
        executor.scheduleWithFixedDelay(this::supervised, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
    }

    T current() {
        return current;
    }

    private void supervised() {
        try {
            look();
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "reading the files of " + pid, e)
                    .withCause(e));
        }
    }

    private void look() {
        String now = stamp();
        if (now.equals(stamp)) {
            return;
        }
        try {
            current = source.get();
            stamp = now;
            failures = 0;
            log.log(Message.FILES_READ_ANEW, pid, text());
        } catch (InvalidSetting e) {
            failures++;
            if (failures == PATIENCE) {
                log.log(Message.FILES_NOT_READ, pid, e.getMessage());
            }
        }
    }

    private String text() {
        return files.stream().map(Path::toString).collect(Collectors.joining(", "));
    }

    private String stamp() {
        StringBuilder stamp = new StringBuilder();
        for (Path file : files) {
            try {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                stamp.append(now.lastModifiedTime()).append(now.size()).append(now.fileKey());
            } catch (IOException e) {
                stamp.append("not there");
            }
            stamp.append(';');
        }
        return stamp.toString();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
