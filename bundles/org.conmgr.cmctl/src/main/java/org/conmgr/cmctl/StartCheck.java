package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import org.conmgr.config.ConfFile;

/** Who may start a conmgr, and where. */
final class StartCheck {
    private StartCheck() {}

    static boolean isRoot(UserPrincipal user) {
        return user.getName().equals("root") || user.getName().equals("0");
    }

    /**
     * Checks that a directory can be used by this user, and by nobody else.
     *
     * @throws Failure if not
     */
    static void directory(Path directory, UserPrincipal user) throws Failure, IOException {
        // Who owns it, or may write it, decides what the process runs: bundles dropped into deploy/. Elsewhere than on
        // a POSIX system that stands in access control lists, and the owner is often a group.
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            UserPrincipal owner = Files.getOwner(directory);
            if (!owner.equals(user) && !isRoot(owner)) {
                throw new Failure(
                        ExitCode.ERROR,
                        directory + " belongs to " + owner.getName() + " (expected: " + user.getName() + ")");
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
            if (permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new Failure(ExitCode.ERROR, directory + " is writable for everybody (expected: chmod o-w)");
            }
        }
        if (!Files.isWritable(directory)) {
            throw new Failure(ExitCode.ERROR, directory + ": no permission to write");
        }
        contents(directory);
    }

    /**
     * Checks that a directory looks like a conmgr directory.
     *
     * @throws Failure if not
     */
    static void contents(Path directory) throws Failure {
        if (!Files.exists(directory.resolve(ConfFile.NAME)) && !Files.isDirectory(directory.resolve("etc"))) {
            throw new Failure(
                    ExitCode.ERROR,
                    directory + " is no conmgr directory: it has neither " + ConfFile.NAME + " nor etc/");
        }
    }
}
