package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.conmgr.jdbc.Servers.primary;
import static org.conmgr.jdbc.Servers.value;
import static org.conmgr.testkit.Await.until;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Where the classes of the driver come from, and whether they go again. */
class ClassLoaderTest {
    /** What goes into the jar. */
    private static Path classes() throws Exception {
        return Path.of(ConmgrDriver.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    private static URL url(Class<?> member) {
        return member.getProtectionDomain().getCodeSource().getLocation();
    }

    private static void use(Driver driver, FakeConmgr conmgr) throws Exception {
        String url = "jdbc:conmgr://" + conmgr.address() + "/postgres?user=postgres&sslmode=disable";
        try (Connection connection = driver.connect(url, new Properties())) {
            assertThat(connection).isNotNull();
            assertThat(value(connection, "select 1")).isEqualTo("1");
            conmgr.bound(conmgr.applications().size() - 1);
        }
    }

    @Test
    void ourJarAndPgjdbcsAreEnough() throws Exception {
        URL[] jars = {url(ConmgrDriver.class), url(org.postgresql.Driver.class)};
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()));
                URLClassLoader loader = new URLClassLoader(jars, ClassLoader.getPlatformClassLoader())) {
            Driver driver = StreamSupport.stream(
                            ServiceLoader.load(Driver.class, loader).spliterator(), false)
                    .filter(found -> found.getClass().getName().equals(ConmgrDriver.class.getName()))
                    .findFirst()
                    .orElseThrow();
            assertThat(driver.getClass()).isNotSameAs(ConmgrDriver.class);
            use(driver, conmgr);
        }
    }

    @Test
    void theJarCarriesTheCodecForItselfAndImportsNoNetty() throws Exception {
        assertThat(classes().resolve("org/conmgr/direct/protocol/Frame.class")).exists();
        Manifest manifest;
        try (InputStream in = Files.newInputStream(classes().resolve("META-INF/MANIFEST.MF"))) {
            manifest = new Manifest(in);
        }
        Attributes bundle = manifest.getMainAttributes();
        assertThat(bundle.getValue("Bundle-SymbolicName")).isEqualTo("org.conmgr.jdbc");
        assertThat(bundle.getValue("Import-Package"))
                .contains("org.postgresql;", "org.osgi.service.jdbc;version=\"[1.1,2)\";resolution:=optional")
                .doesNotContain("io.netty", "org.conmgr");
        assertThat(bundle.getValue("Export-Package"))
                .startsWith("org.conmgr.jdbc;")
                .doesNotContain("org.conmgr.direct");
    }

    /** A class loader of an application with its own copy of our jar, in a server that shares pgjdbc and a copy. */
    private static final class OwnCopy extends ClassLoader {
        OwnCopy() {
            super(ClassLoaderTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.conmgr.jdbc.") && !name.startsWith("org.conmgr.direct.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded != null) {
                    return loaded;
                }
                try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    if (in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        }
    }

    @Test
    void anApplicationMayHaveItsOwnCopyBesideASharedPgjdbcAndIsUnloadedWhole() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (FakeConmgr conmgr = FakeConmgr.routing(Servers.route(0, primary()))) {
            WeakReference<ClassLoader> application = application(conmgr);
            assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
            until("the application's classes are unloaded", () -> {
                System.gc();
                return application.get() == null;
            });
        }
    }

    /** Apart, so that no local variable holds it. */
    private static WeakReference<ClassLoader> application(FakeConmgr conmgr) throws Exception {
        OwnCopy loader = new OwnCopy();
        Class<?> type = Class.forName(ConmgrDriver.class.getName(), true, loader);
        assertThat(type).isNotSameAs(ConmgrDriver.class);
        use((Driver) type.getConstructor().newInstance(), conmgr);
        type.getMethod("deregister").invoke(null);
        return new WeakReference<>(loader);
    }
}
