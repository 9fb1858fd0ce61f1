package org.conmgr.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.cm.PersistenceManager;
import org.apache.felix.scr.info.ScrInfo;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.condition.Condition;

/**
 * An OSGi framework in the test's JVM with Declarative Services and Configuration Admin, the ones Karaf has. It boots in
 * about a second.
 *
 * <p>Bundles are taken from the class path of the test, by any of their classes. Those by whose packages the test wants
 * to use services are shared: the framework exports all that they export, from the class path, and they need not be
 * installed.
 */
public final class OsgiFramework implements AutoCloseable {
    private static final List<Class<?>> SERVICES = List.of(ScrInfo.class, PersistenceManager.class);

    /** What a test needs to use these services. */
    private static final List<String> SHARED = List.of(
            "org.osgi.service.cm;version=1.6.1",
            "org.osgi.service.component;version=1.5.1",
            "org.osgi.service.component.runtime;version=1.5.0",
            "org.osgi.service.component.runtime.dto;version=1.5.0",
            "org.osgi.util.function;version=1.2.0",
            "org.osgi.util.promise;version=1.3.0");

    private final Framework framework;

    private OsgiFramework(Framework framework) {
        this.framework = framework;
    }

    /**
     * Starts one.
     *
     * @param storage an empty directory
     * @param shared a class of each bundle whose packages the test and the installed bundles share
     */
    public static OsgiFramework start(Path storage, Class<?>... shared) {
        return start(storage, Map.of(), shared);
    }

    /**
     * Starts one with framework properties, which bundles see as {@link BundleContext#getProperty}.
     *
     * @param storage an empty directory
     * @param properties what is set besides what a framework needs
     * @param shared a class of each bundle whose packages the test and the installed bundles share
     */
    public static OsgiFramework start(Path storage, Map<String, String> properties, Class<?>... shared) {
        Map<String, String> configuration = new HashMap<>(properties);
        configuration.put(Constants.FRAMEWORK_STORAGE, storage.toString());
        configuration.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        configuration.put(
                Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA,
                Stream.concat(SHARED.stream(), Arrays.stream(shared).map(OsgiFramework::exports))
                        .collect(Collectors.joining(",")));
        configuration.put("ds.loglevel", "warn");
        Framework framework = ServiceLoader.load(FrameworkFactory.class)
                .findFirst()
                .orElseThrow()
                .newFramework(configuration);
        OsgiFramework started = new OsgiFramework(framework);
        try {
            framework.start();
            SERVICES.forEach(started::install);
        } catch (BundleException e) {
            throw new IllegalStateException("the framework does not start", e);
        }
        return started;
    }

    public BundleContext context() {
        return framework.getBundleContext();
    }

    /** Installs and starts the bundle of a class: a jar or, within its own build, a directory of classes. */
    public Bundle install(Class<?> member) {
        try {
            Bundle bundle = context().installBundle(location(member));
            bundle.start();
            return bundle;
        } catch (BundleException | URISyntaxException e) {
            throw new IllegalStateException("the bundle of " + member.getName() + " does not start", e);
        }
    }

    private static String location(Class<?> member) throws URISyntaxException {
        URL url = source(member);
        return (Files.isDirectory(Path.of(url.toURI())) ? "reference:" : "") + url;
    }

    private static URL source(Class<?> member) {
        return Objects.requireNonNull(member.getProtectionDomain().getCodeSource(), "no code source")
                .getLocation();
    }

    /** What the bundle of a class exports, with the versions. */
    private static String exports(Class<?> member) {
        try (URLClassLoader bundle = new URLClassLoader(new URL[] {source(member)}, null);
                InputStream in = bundle.getResourceAsStream(JarFile.MANIFEST_NAME)) {
            String exports = new Manifest(Objects.requireNonNull(in, "no manifest"))
                    .getMainAttributes()
                    .getValue(Constants.EXPORT_PACKAGE);
            return Objects.requireNonNull(exports, "it exports nothing").replaceAll(";uses:=\"[^\"]*\"", "");
        } catch (IOException e) {
            throw new UncheckedIOException("the bundle of " + member.getName(), e);
        }
    }

    public <S> ServiceRegistration<S> register(Class<S> type, S service, Map<String, ?> properties) {
        return context().registerService(type, service, dictionary(properties));
    }

    /** Makes a condition hold, see {@link Condition}. */
    public void satisfy(String condition) {
        register(Condition.class, Condition.INSTANCE, Map.of(Condition.CONDITION_ID, condition));
    }

    /** Waits for the service. */
    public <S> S service(Class<S> type) {
        Await.until("there is a service " + type.getName(), () -> find(type).stream()
                .anyMatch(found -> true));
        ServiceReference<S> reference = Objects.requireNonNull(context().getServiceReference(type));
        return Objects.requireNonNull(context().getService(reference), () -> type.getName() + " went again");
    }

    /** The services that are registered now. */
    public <S> Collection<ServiceReference<S>> find(Class<S> type) {
        try {
            return context().getServiceReferences(type, null);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("without a filter none can be invalid", e);
        }
    }

    /**
     * The mandatory references for which a component waits, by name, in the words of {@code scr:info}. Empty when it
     * waits for none.
     *
     * @param component the class of the component, by whose name SCR knows it
     */
    public List<String> unsatisfied(Bundle bundle, Class<?> component) {
        ServiceComponentRuntime runtime = service(ServiceComponentRuntime.class);
        Await.until(
                "SCR knows " + component.getName(),
                () -> runtime.getComponentDescriptionDTO(bundle, component.getName()) != null);
        return runtime
                .getComponentConfigurationDTOs(runtime.getComponentDescriptionDTO(bundle, component.getName()))
                .stream()
                .flatMap(configuration -> Arrays.stream(configuration.unsatisfiedReferences))
                .map(reference -> reference.name)
                .toList();
    }

    /** Sets the whole configuration of a PID. It takes effect some time later. */
    public void configure(String pid, Map<String, ?> settings) {
        try {
            configuration(pid).update(dictionary(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the configuration of a PID. It takes effect some time later. */
    public void unconfigure(String pid) {
        try {
            configuration(pid).delete();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Configuration configuration(String pid) throws IOException {
        return service(ConfigurationAdmin.class).getConfiguration(pid, "?");
    }

    private static Dictionary<String, ?> dictionary(Map<String, ?> map) {
        return FrameworkUtil.asDictionary(map);
    }

    /** Stops everything; waits for it, at most 20 s. */
    @Override
    public void close() {
        try {
            framework.stop();
            framework.waitForStop(TimeUnit.SECONDS.toMillis(20));
        } catch (BundleException e) {
            throw new IllegalStateException("the framework does not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
