package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DataSourcesTest {
    private static final DataSources.Site SITE =
            new DataSources.Site("PostgreSQL Unicode", "localhost", 27546, Map.of(Target.STANDBY, 27548), "shop");

    @Test
    void aTargetWithoutAPortIsAskedForInTheOptions() {
        assertThat(DataSources.all(SITE)).hasSize(6).containsEntry("conmgr-read-write", """
                        Description = conmgr, target_session_attrs=read-write
                        Driver      = PostgreSQL Unicode
                        Servername  = localhost
                        Port        = 27546
                        Database    = shop
                        SSLmode     = disable
                        Pqopt       = options='-c conmgr.client=odbc -c conmgr.target_session_attrs=read-write'
                        """);
    }

    @Test
    void aPortOfItsOwnNeedsNoOptions() {
        assertThat(DataSources.all(SITE)).containsEntry("conmgr-standby", """
                Description = conmgr, target_session_attrs=standby
                Driver      = PostgreSQL Unicode
                Servername  = localhost
                Port        = 27548
                Database    = shop
                SSLmode     = prefer
                """);
    }

    @Test
    void installingReplacesOursAndKeepsTheRest(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("odbc.ini");
        Files.writeString(file, """
                [other]
                Driver = x

                [Conmgr-Standby]
                Port = 1

                [last]
                Driver = y
                """);
        Map<String, String> sources = DataSources.all(SITE);
        DataSources.install(file, sources);
        String once = Files.readString(file);
        assertThat(once)
                .startsWith("[other]\nDriver = x\n\n[last]\nDriver = y\n\n[conmgr-primary]\n")
                .doesNotContain("Port = 1\n")
                .endsWith(sources.get("conmgr-any"));
        DataSources.install(file, sources);
        assertThat(file).hasContent(once);
        Files.delete(file);
        DataSources.install(file, sources);
        assertThat(file).hasContent(DataSources.text(sources));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatIsInstalledIsAsPrivateAsTheFileWas(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("odbc.ini");
        Files.writeString(directory.resolve("odbc.ini.new"), "left by a killed process");
        for (String permissions : List.of("rw-------", "rw-r-----", "rw-rw-r--")) {
            Files.writeString(file, "[other]\nPassword = secret\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            DataSources.install(file, DataSources.all(SITE));
            assertThat(file).content().startsWith("[other]\nPassword = secret\n");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo(permissions);
        }
        assertThat(directory).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatIsInstalledKeepsItsOwnerAndGroup(@TempDir Path directory) throws Exception {
        assumeTrue(Files.getAttribute(directory, "unix:uid").equals(0), "needs root: else there is one owner only");
        Path file = Files.writeString(directory.resolve("odbc.ini"), "[other]\n");
        Files.setAttribute(file, "unix:uid", 65534);
        Files.setAttribute(file, "unix:gid", 65533);
        DataSources.install(file, DataSources.all(SITE));
        assertThat(Files.readAttributes(file, "unix:uid,gid"))
                .containsEntry("uid", 65534)
                .containsEntry("gid", 65533);
    }
}
