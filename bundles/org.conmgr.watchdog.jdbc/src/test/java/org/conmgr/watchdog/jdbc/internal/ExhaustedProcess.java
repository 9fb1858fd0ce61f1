package org.conmgr.watchdog.jdbc.internal;

import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads a password file twice, the second time with no file descriptor left. */
final class ExhaustedProcess {
    private static final Path ANY = Path.of("/dev/null");

    private ExhaustedProcess() {}

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        FileSystemException translated = new FileSystemException("f", null, "Zu viele offene Dateien");
        // Loading classes and libraries takes file descriptors: here, for all that comes.
        System.out.println("password: " + password(file));
        if (Passfile.isLack(translated) || new NoFile(translated).getCause() != translated) {
            throw new IllegalStateException("a lack already");
        }
        List<InputStream> open = new ArrayList<>();
        String told;
        boolean lack;
        try {
            takeAll(open);
            told = password(file);
            lack = Passfile.isLack(translated);
        } finally {
            for (InputStream one : open) {
                one.close();
            }
        }
        System.out.println(told);
        System.out.println("in another language: " + lack);
    }

    private static String password(Path file) {
        try {
            return Passfile.password(file, "localhost", "5432", "postgres", "watchdog");
        } catch (SQLException e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    @SuppressWarnings("EmptyCatch")
    private static void takeAll(List<InputStream> open) throws Exception {
        try {
            while (true) {
                open.add(Files.newInputStream(ANY));
            }
        } catch (FileSystemException expected) {
            // None is left.
        }
    }
}
