package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.Charset;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PassfileTest {
    private Path file;

    @BeforeEach
    void create(@TempDir Path directory) throws Exception {
        file = directory.resolve("pgpass");
        write("");
        permit("rw-------");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "localhost:5432:postgres:watchdog:secret|secret",
                "*:*:*:*:secret|secret",
                "*:5432:*:watchdog:s:rest|s",
                "*:*:*:*:a\\:b\\\\c\\d|a:b\\cd",
                "*:*:*:*:trailing\\|trailing\\",
                "localhost:5432:postgres:watchdog:|''",
            })
    void readsALineAsLibpqDoes(String line, String password) throws Exception {
        write(line + "\n");
        assertThat(password()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "other:5432:postgres:watchdog:secret",
                "localhost:5433:postgres:watchdog:secret",
                "localhost:5432:postgres:watchdo:secret",
                "localhost:5432:postgres:watchdog2:secret",
                "localhost:5432:post*:watchdog:secret",
                "localhost:5432:\\*:watchdog:secret",
                "#*:*:*:*:secret",
                "*:*:*:*",
                "localhost:5432:postgres:watchdog",
                "",
            })
    void passesOverALineThatDoesNotFit(String line) throws Exception {
        write(line + "\r\n\n*:*:*:*:last");
        assertThat(password()).isEqualTo("last");
    }

    @Test
    void takesTheFirstLineThatFits() throws Exception {
        write("# host:port:database:user:password\n*:*:*:watchdog:first\n*:*:*:*:second\n");
        assertThat(password()).isEqualTo("first");
    }

    @Test
    void matchesEscapedFields() throws Exception {
        write("fe80\\:\\:1:*:my\\\\db:*:secret\n");
        assertThat(Passfile.password(file, "fe80::1", "5432", "my\\db", "watchdog"))
                .isEqualTo("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw------x"})
    void refusesAFileThatIsOpenToOthers(String permissions) throws Exception {

        write("*:*:*:*:secret\n");
        permit(permissions);
        refuses(
                this::password,
                "passfile: " + file + " has permissions " + permissions
                        + " (expected: none for group and others, as by chmod 0600)");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        write("other:*:*:*:secret\n");
        refuses(this::password, "passfile: " + file + " has no line for localhost:5432:postgres:watchdog");
        Files.delete(file);
        refuses(this::password, "passfile: " + file + " (expected: an existing file)");
        Files.createDirectory(file);
        permit("rwx------");
        refuses(this::password, "passfile: " + file + " (expected: a regular file)");
    }

    @ParameterizedTest
    @CsvSource({
        "Too many open files,true",
        "Too many open files in system,true",
        "Cannot allocate memory,true",
        "Stale file handle,false",
        "Input/output error,false",
        ",false"
    })
    void knowsWhatIsALackOfThisHost(String reason, boolean lack) {
        assertThat(Passfile.isLack(new FileSystemException("f", null, reason))).isEqualTo(lack);
    }

    @Test
    void withoutAFileDescriptorItIsALackOfThisHost() throws Exception {
        write("*:*:*:*:secret");
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n 200 && exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ExhaustedProcess.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        try {
            String told = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
            assertThat(told.lines())
                    .endsWith("password: secret", "NoFile: passfile cannot be read:", "in another language: true");
        } finally {
            process.destroyForcibly();
        }
    }

    private String password() throws SQLException {
        return Passfile.password(file, "localhost", "5432", "postgres", "watchdog");
    }

    private static void refuses(ThrowingCallable login, String text) {
        assertThatExceptionOfType(UnusableAccess.class).isThrownBy(login).withMessage(text);
    }

    private void write(String text) throws Exception {
        Files.writeString(file, text);
    }

    private void permit(String permissions) throws Exception {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
