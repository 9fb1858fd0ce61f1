package org.conmgr.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.conmgr.api.log.Message;
import org.jspecify.annotations.Nullable;

/** Reads a {@code conmgr.conf}. Needs no OSGi. */
public final class ConfFile {
    /** The file's name in a conmgr directory. */
    public static final String NAME = "conmgr.conf";

    /** The largest file that is read. */
    public static final int MAX_BYTES = 1 << 20;

    private ConfFile() {}

    /**
     * What a file says.
     *
     * @param conf null when the file has an error: it is used whole or not at all
     * @param problems all of them, by line
     */
    public record Reading(@Nullable Conf conf, List<Problem> problems) {
        /** Those because of which the file cannot be used. */
        public List<Problem> errors() {
            return problems.stream().filter(Problem::isError).toList();
        }

        /**
         * What it says in a process that may have so many files open: a file that asks for more has an error.
         *
         * @param limit empty for none, or when it is not known
         */
        public Reading within(OptionalLong limit) {
            if (conf == null || limit.isEmpty()) {
                return this;
            }
            return OpenFiles.shortage(conf, limit.getAsLong())
                    .map(text -> {
                        List<Problem> all = new ArrayList<>(problems);
                        all.add(new Problem(Message.TOO_FEW_FILES, NAME, 0, text));
                        return new Reading(null, List.copyOf(all));
                    })
                    .orElse(this);
        }
    }

    /**
     * Every problem of a file on this platform, warnings and notices too; a file that cannot be read is one as well.
     * What a conmgr started by this process would say of it.
     */
    public static List<Problem> check(Path file) {
        return read(file, Platform.current()).within(OpenFiles.limit()).problems();
    }

    /** Reads a file. One that is not there or cannot be read is a problem, not an exception. */
    public static Reading read(Path file, Platform platform) {
        String name = String.valueOf(file.getFileName());
        try {
            return parse(name, bytes(file), platform);
        } catch (IOException e) {
            Problems problems = new Problems(name);
            problems.error(0, unreadable(e));
            return new Reading(null, problems.toList());
        }
    }

    /** The content of a file, at most one byte more than {@link #MAX_BYTES}. */
    public static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MAX_BYTES + 1);
        }
    }

    /** Why a file could not be read, in words. */
    public static String unreadable(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        if (reason == null) {
            // Java says the rest by the class alone.
            reason = e instanceof AccessDeniedException ? "permission denied" : e.toString();
        }
        return "cannot be read: " + reason;
    }

    /** Reads the content of a file of that name. */
    public static Reading parse(String name, byte[] bytes, Platform platform) {
        Problems problems = new Problems(name);
        if (bytes.length > MAX_BYTES) {
            problems.error(0, "larger than " + MAX_BYTES + " bytes");
            return new Reading(null, problems.toList());
        }
        Conf conf = ConfRules.apply(ConfSyntax.read(bytes, problems), platform, problems);
        return new Reading(conf, problems.toList());
    }
}
