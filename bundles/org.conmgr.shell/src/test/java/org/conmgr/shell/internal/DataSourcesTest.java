package org.conmgr.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.conmgr.api.routing.Target;
import org.junit.jupiter.api.Test;
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
}
