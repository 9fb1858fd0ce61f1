package org.conmgr.jdbc;

import java.util.Properties;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLSession;
import org.postgresql.ssl.PGjdbcHostnameVerifier;

/**
 * pgjdbc's {@code sslhostnameverifier} beside {@link ConmgrSocketFactory}: checks the certificate against the name of
 * the instance that conmgr named, by pgjdbc's own rules, and not against the name of the conmgr.
 */
public final class ConmgrHostnameVerifier implements HostnameVerifier {
    /** The property in which the socket factory leaves the name of the host it went to. */
    static final String HOST = "conmgr.resolvedHost";

    private final Properties properties;

    /** For a connection with these properties. */
    public ConmgrHostnameVerifier(Properties properties) {
        this.properties = properties;
    }

    @Override
    public boolean verify(String hostname, SSLSession session) {
        return PGjdbcHostnameVerifier.INSTANCE.verify(properties.getProperty(HOST, hostname), session);
    }
}
