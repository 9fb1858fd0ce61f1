package org.conmgr.config.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a file has another content, by being asked again and again. It looks at time, size and identity of the
 * file, and reads it only when one of these is new; so it works on every file system, and for editors that write in
 * place as for those that write another file and rename it. One that it could not read is read at every look: what lets
 * it be read, another mode or owner, changes none of these. Not thread-safe.
 *
 * <p>A content counts when two looks in a row have found it: a file that is being written, or is missing for a moment
 * while it is replaced, is left alone.
 */
final class FileWatch {
    /** So long the file is read although nothing seems new: a second write may fall into the same tick of its time. */
    private static final int READS_AFTER_CHANGE = 10;

    private final Path file;
    private final Function<Path, Content> reader;
    private Optional<Stamp> stamp = Optional.empty();
    private int reads = READS_AFTER_CHANGE;
    private @Nullable Content taken;
    private @Nullable Content candidate;

    FileWatch(Path file) {
        this(file, Content::of);
    }

    FileWatch(Path file, Function<Path, Content> reader) {
        this.file = file;
        this.reader = reader;
    }

    private record Stamp(FileTime modified, long size, String identity) {}

    /** The content as it is now; what {@link #look} compares with from now on. */
    Content take() {
        candidate = null;
        Content now = reader.apply(file);
        taken = now;
        return now;
    }

    /** A content that is another than the one last returned, and the same as at the last look. */
    Optional<Content> look() {
        Optional<Stamp> found = stamp();
        if (!found.equals(stamp)) {
            stamp = found;
            reads = READS_AFTER_CHANGE;
        }
        if (reads > 0) {
            reads--;
        } else if (!(taken instanceof Content.Unreadable)) {
            return Optional.empty();
        }
        Content now = reader.apply(file);
        if (now.equals(taken)) {
            candidate = null;
            return Optional.empty();
        }
        if (!now.equals(candidate)) {
            candidate = now;
            reads = READS_AFTER_CHANGE;
            return Optional.empty();
        }
        candidate = null;
        taken = now;
        return Optional.of(now);
    }

    private Optional<Stamp> stamp() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return Optional.of(
                    new Stamp(attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey())));
        } catch (IOException e) {
            // What is wrong shows when it is read; that it is wrong now must not hide a later change.
            return Optional.empty();
        }
    }
}
