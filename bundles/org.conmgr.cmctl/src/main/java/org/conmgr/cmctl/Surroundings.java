package org.conmgr.cmctl;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;

/**
 * What the command finds around itself.
 *
 * @param home the distribution
 * @param user who runs the command
 */
record Surroundings(Path home, Map<String, String> environment, UserPrincipal user, PrintStream out, PrintStream err) {

    static Surroundings ofThisProcess() throws IOException {
        String home = System.getProperty("cm_ctl.home");
        if (home == null) {
            throw new IOException("system property cm_ctl.home is not set: start this with bin/cm_ctl");
        }
        return new Surroundings(Path.of(home), System.getenv(), currentUser(), System.out, System.err);
    }

    /** The effective user where the kernel tells it. */
    static UserPrincipal currentUser() throws IOException {
        Path self = Path.of("/proc/self");
        return Files.exists(self)
                ? Files.getOwner(self)
                : self.getFileSystem()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(System.getProperty("user.name"));
    }

    /** A message to the user, each line marked as ours. */
    void say(String message) {
        message.lines().forEach(line -> err.println("cm_ctl: " + line));
    }
}
