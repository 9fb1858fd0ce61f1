package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.jdbc.Servers.address;
import static org.conmgr.jdbc.Servers.value;

import java.sql.Connection;
import java.sql.DriverManager;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.jdbc.Servers.Way;
import org.junit.jupiter.api.Test;

/** PostgreSQL 13, the oldest, which does not tell by itself whether it is a standby. */
class OldServerTest {
    @Test
    void isVerifiedByAQuestion() throws Exception {
        try (EmbeddedCluster cluster =
                EmbeddedCluster.builder().version(13).standbys(1).start()) {
            EmbeddedInstance primary = cluster.primary();
            EmbeddedInstance standby = cluster.standbys().get(0);
            int before = primary.log().length();
            for (String target : new String[] {"standby", "prefer-standby", "read-only"}) {
                String url =
                        Way.DRIVER.url(address(primary) + "," + address(standby), "target_session_attrs=" + target);
                try (Connection connection = DriverManager.getConnection(url)) {
                    assertThat(value(connection, "select inet_server_port()")).isEqualTo("" + standby.port());
                }
            }
            String url = Way.DRIVER.url(address(standby) + "," + address(primary), "target_session_attrs=primary");
            try (Connection connection = DriverManager.getConnection(url)) {
                assertThat(value(connection, "select inet_server_port()")).isEqualTo("" + primary.port());
            }
            assertThat(primary.log().substring(before))
                    .as("the log of the server")
                    .isEmpty();
        }
    }
}
