package org.conmgr.heartbeat.internal.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;

/**
 * What is read from files, read again when they change. Files that do not fit change nothing: what was read before stays,
 * if there was anything, and they are tried again and again.
 */
final class Reloading<T> {
    /** Several files are not replaced in one step: to find them in disorder once or twice is no error. */
    private static final int PATIENCE = 3;

    private final String pid;
    private final List<Path> files;
    private final Supplier<T> source;
    private final MessageLog log;

    private volatile @Nullable T current;
    private volatile String problem = "";

    // Belong to the thread that looks.
    private String stamp;
    private int failures;

    /**
     * Reads for the first time; logs it if the files do not fit.
     *
     * @param source throws {@link InvalidSetting}
     */
    Reloading(String pid, List<Path> files, Supplier<T> source, MessageLog log) {
        this.pid = pid;
        this.files = files;
        this.source = source;
        this.log = log;
        stamp = stamp();
        try {
            current = source.get();
        } catch (InvalidSetting e) {
            problem = String.valueOf(e.getMessage());
            failures = PATIENCE;
            log.log(Message.INVALID_SETTING, pid, problem);
        }
    }

    /** Null for as long as the files have never fitted. */
    @Nullable
    T current() {
        return current;
    }

    /** Why the files have never fitted; null if they have. */
    @Nullable
    String problem() {
        return current == null ? problem : null;
    }

    /** See {@link FileSettings#look}. */
    void look(Runnable usable) {
        try {
            if (readsForTheFirstTime()) {
                usable.run();
            }
        } catch (RuntimeException e) {
            log.log(LogMessage.of(Message.SUPERVISED_FAILURE, "reading the files of " + pid, e)
                    .withCause(e));
        }
    }

    private boolean readsForTheFirstTime() {
        boolean first = current == null;
        String now = stamp();
        if (!first && now.equals(stamp)) {
            return false;
        }
        try {
            current = source.get();
            stamp = now;
            failures = 0;
            log.log(Message.FILES_READ_ANEW, pid, text());
            return first;
        } catch (InvalidSetting e) {
            failed(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void failed(String why) {
        if (!why.equals(problem)) {
            problem = why;
            failures = 0;
        }
        failures++;
        if (failures == PATIENCE) {
            log.log(current == null ? Message.INVALID_SETTING : Message.FILES_NOT_READ, pid, why);
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
}
