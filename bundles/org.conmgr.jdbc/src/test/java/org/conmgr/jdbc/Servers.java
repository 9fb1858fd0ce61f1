package org.conmgr.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.embedded.EmbeddedCluster;
import org.conmgr.embedded.EmbeddedInstance;
import org.conmgr.testkit.TestCertificate;

/** A primary and a standby, both with TLS, for all tests of this JVM that leave them as they are. */
final class Servers {
    static final TestCertificate CERTIFICATE = TestCertificate.make("db1.test");

    private static final EmbeddedCluster CLUSTER = EmbeddedCluster.builder()
            .standbys(1)
            .tls(CERTIFICATE.certificate(), CERTIFICATE.key())
            .role("app", "right")
            // May log in without TLS only: what pgjdbc finds out at its second attempt.
            .role("plain")
            .hba("hostssl all plain all reject")
            .start();

    /** The two ways to use this jar. */
    enum Way {
        DRIVER,
        FACTORY;

        /** As the superuser to the database postgres. */
        Connection connect(FakeConmgr conmgr, String parameters) throws SQLException {
            return DriverManager.getConnection(url(conmgr.address(), parameters));
        }

        /** @param hosts {@code host:port,host:port} */
        String url(String hosts, String parameters) {
            String user = "/postgres?user=postgres&" + parameters;
            return this == DRIVER
                    ? "jdbc:conmgr://" + hosts + user
                    : "jdbc:postgresql://" + hosts + user + "&socketFactory=" + ConmgrSocketFactory.class.getName();
        }
    }

    private Servers() {}

    /** {@code 127.0.0.1:PORT}. */
    static String address(EmbeddedInstance instance) {
        return "127.0.0.1:" + instance.port();
    }

    static EmbeddedInstance primary() {
        return CLUSTER.instances().get(0);
    }

    static EmbeddedInstance standby() {
        return CLUSTER.instances().get(1);
    }

    /** An answer that names the instance of the test's certificate, whose name no resolver knows. */
    static Frame.Routed route(int number, EmbeddedInstance instance) {
        return FakeConmgr.route(number, CERTIFICATE.name(), "127.0.0.1", instance.port());
    }

    static String value(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** All messages of a chain of causes and of following exceptions. */
    static String chain(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable at = failure; at != null; at = at.getCause()) {
            text.append(at).append('\n');
        }
        return text.toString();
    }
}
