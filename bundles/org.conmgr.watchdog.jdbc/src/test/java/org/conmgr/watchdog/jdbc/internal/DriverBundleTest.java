package org.conmgr.watchdog.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import java.util.stream.Stream;
import org.conmgr.api.watchdog.InstanceAccess;
import org.conmgr.api.watchdog.Terminator;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;
import org.postgresql.Driver;

/** As in OSGi, the driver's class loader does not see this bundle's classes, and the thread's sees neither. */
class DriverBundleTest {
    @Test
    void theDriverFindsTheSocketFactory() throws Exception {
        int port = FreePort.next();
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader driver = new URLClassLoader(jars(Driver.class), platform);
                URLClassLoader bundle = new URLClassLoader(jars(JdbcTerminator.class, Terminator.class), driver)) {
            thread.setContextClassLoader(platform);
            Object access = bundle.loadClass(InstanceAccess.class.getName())
                    .getConstructor(String.class, Map.class)
                    .newInstance("jdbc:postgresql://127.0.0.1:" + port + "/x", Map.of("user", "watchdog"));
            Object terminator = bundle.loadClass(JdbcTerminator.class.getName())
                    .getConstructor()
                    .newInstance();
            Object connection =
                    terminator.getClass().getMethod("open", access.getClass()).invoke(terminator, access);
            Method connect =
                    bundle.loadClass(Terminator.Connection.class.getName()).getMethod("connect");
            // Only a socket of the factory can be refused.
            assertThatExceptionOfType(InvocationTargetException.class)
                    .isThrownBy(() -> connect.invoke(connection))
                    .havingCause()
                    .withMessageStartingWith("connection refused");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL[] jars(Class<?>... classes) {
        return Stream.of(classes)
                .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
                .toArray(URL[]::new);
    }
}
