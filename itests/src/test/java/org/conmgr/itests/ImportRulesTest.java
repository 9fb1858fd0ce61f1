package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a bundle may be called and may need. One rule a test; the bundles are read as the build left them. */
class ImportRulesTest {
    private static final Path BUNDLES = Path.of(System.getProperty("bundles.directory"));

    private static final Set<String> NETTY = Set.of(
            "org.conmgr.netty",
            "org.conmgr.heartbeat",
            "org.conmgr.listener",
            "org.conmgr.direct",
            "org.conmgr.gateway",
            "org.conmgr.console",
            "org.conmgr.log.syslog");
    private static final Set<String> SQL = Set.of(
            "org.conmgr.watchdog.jdbc",
            "org.conmgr.jdbc",
            "org.conmgr.embedded",
            "org.conmgr.trial",
            "org.conmgr.testkit");
    /** cm_ctl starts Karaf where no shell does. */
    private static final Set<String> KARAF = Set.of("org.conmgr.shell", "org.conmgr.trial", "org.conmgr.cmctl");

    private static final String DRIVER = "org.conmgr.jdbc";
    /** The wire codec, of which the driver has a copy of its own: outside OSGi it must be one jar. */
    private static final String DRIVER_COPY = "org.conmgr.direct.protocol";

    static List<BuiltBundle> bundles() {
        return BuiltBundle.all(BUNDLES);
    }

    @Test
    void bundlesAreFound() {
        assertThat(bundles()).extracting(BuiltBundle::directory).contains("org.conmgr.api", DRIVER);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void directoryArtifactSymbolicNameAndRootPackageAreOne(BuiltBundle bundle) throws Exception {
        assertThat(Files.readString(BUNDLES.resolve(bundle.directory()).resolve("pom.xml")))
                .contains("<artifactId>" + bundle.directory() + "</artifactId>");
        assertThat(bundle.symbolicName()).isEqualTo(bundle.directory());
        assertThat(bundle.packages())
                .filteredOn(name -> !(bundle.directory().equals(DRIVER) && name.equals(DRIVER_COPY)))
                .allMatch(name -> BuiltBundle.isIn(name, bundle.directory()));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void everyExportHasAVersion(BuiltBundle bundle) {
        assertThat(bundle.manifest().getExportPackage().entrySet())
                .allSatisfy(export -> assertThat(export.getValue().getVersion())
                        .as(export.getKey())
                        .isNotNull()
                        .isNotEqualTo("0"));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void internalPackagesStayInside(BuiltBundle bundle) {
        assertThat(bundle.manifest().getExportPackage().keySet()).noneMatch(ImportRulesTest::isInternal);
        assertThat(bundle.imports().keySet())
                .filteredOn(name -> BuiltBundle.isIn(name, "org.conmgr"))
                .noneMatch(ImportRulesTest::isInternal);
    }

    private static boolean isInternal(String name) {
        return List.of(name.split("\\.", -1)).contains("internal");
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void nothingIsImportedDynamically(BuiltBundle bundle) {
        assertThat(bundle.manifest().getDynamicImportPackage()).isEmpty();
        assertThat(bundle.manifest().getRequireBundle()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void nettyIsForThoseThatTalkToTheNetwork(BuiltBundle bundle) {
        assertAllowed(bundle, "io.netty", NETTY);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void sqlIsForThoseThatTalkToPostgres(BuiltBundle bundle) {
        assertAllowed(bundle, "java.sql", SQL);
        assertAllowed(bundle, "javax.sql", SQL);
        assertAllowed(bundle, "org.postgresql", SQL);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void karafIsForTheShellAndTheStart(BuiltBundle bundle) {
        assertAllowed(bundle, "org.apache.karaf", KARAF);
    }

    private static void assertAllowed(BuiltBundle bundle, String root, Set<String> allowed) {
        if (allowed.stream().noneMatch(name -> BuiltBundle.isIn(bundle.directory(), name))) {
            assertThat(bundle.imports(root)).as("%s imports %s", bundle, root).isFalse();
        }
    }

    @Test
    void theDriverNeedsNeitherOsgiNorNettyNorAnotherBundle() {
        BuiltBundle jdbc = bundles().stream()
                .filter(bundle -> bundle.directory().equals(DRIVER))
                .findAny()
                .orElseThrow();
        assertThat(jdbc.mandatoryImports()).noneMatch(name -> BuiltBundle.isIn(name, "org.osgi"));
        assertThat(jdbc.imports("io.netty")).isFalse();
        assertThat(jdbc.imports().keySet())
                .filteredOn(name -> !jdbc.packages().contains(name))
                .noneMatch(name -> BuiltBundle.isIn(name, "org.conmgr"));
    }
}
