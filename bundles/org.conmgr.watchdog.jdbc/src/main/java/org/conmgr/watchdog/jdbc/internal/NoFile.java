package org.conmgr.watchdog.jdbc.internal;

import java.io.Serial;
import java.nio.file.FileSystemException;
import java.sql.SQLException;

/** The system gave this process no file descriptor, or no memory, to read a file with. */
final class NoFile extends SQLException {
    @Serial
    private static final long serialVersionUID = 1;

    NoFile(FileSystemException cause) {
        super("passfile cannot be read:", cause);
    }
}
