package org.conmgr.heartbeat.internal.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.conmgr.api.setting.InvalidSetting;

/** Small files of settings, and the rule for those that others must not read: libpq's rule for the keys of SSL. */
final class PrivateFile {
    private static final long MAX_BYTES = 1 << 20;

    private static final Set<PosixFilePermission> NOT_ROOTS =
            EnumSet.complementOf(EnumSet.copyOf(PosixFilePermissions.fromString("rwxr-----")));
    private static final Set<PosixFilePermission> NOT_OURS =
            EnumSet.complementOf(EnumSet.copyOf(PosixFilePermissions.fromString("rwx------")));

    private PrivateFile() {}

    /**
     * What is in a file that only its owner may read; one of root's also its group.
     *
     * @param key the setting that names the file
     */
    static byte[] readPrivate(String key, Path file) {
        byte[] content = read(key, file);
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view == null) {
                return content; // A system without such permissions.
            }
            Set<PosixFilePermission> permissions = view.readAttributes().permissions();
            boolean roots = Integer.valueOf(0).equals(Files.getAttribute(file, "unix:uid"));
            if (permissions.stream().anyMatch((roots ? NOT_ROOTS : NOT_OURS)::contains)) {
                throw new InvalidSetting(
                        key,
                        file + " with permissions " + PosixFilePermissions.toString(permissions),
                        "closed to group and others: chmod 0600" + (roots ? ", or 0640 as it is root's" : ""));
            }
            return content;
        } catch (IOException e) {
            throw new InvalidSetting(key, file + " (" + e + ")", "a file whose permissions can be read");
        }
    }

    /** What is in a file. */
    static byte[] read(String key, Path file) {
        try {
            if (!Files.isRegularFile(file) && Files.exists(file)) {
                throw new InvalidSetting(key, file.toString(), "a file");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new InvalidSetting(key, file.toString(), "a file of at most 1 MiB");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new InvalidSetting(key, file.toString(), "a file, which is not there");
        } catch (IOException e) {
            throw new InvalidSetting(key, file.toString(), "a file that can be read; " + e);
        }
    }
}
