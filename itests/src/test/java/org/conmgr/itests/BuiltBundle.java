package org.conmgr.itests;

import aQute.bnd.header.Attrs;
import aQute.bnd.header.Parameters;
import aQute.bnd.osgi.Constants;
import aQute.bnd.osgi.Domain;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One directory of {@code bundles/} as the build left it: its manifest and the classes that go into its jar. */
record BuiltBundle(String directory, Domain manifest, Set<String> packages) {

    /** Every bundle; at least those in the reactor of this build are built. */
    static List<BuiltBundle> all(Path bundles) {
        try (Stream<Path> directories = Files.list(bundles)) {
            return directories
                    .filter(directory -> Files.exists(directory.resolve("pom.xml")))
                    .map(BuiltBundle::read)
                    .sorted((a, b) -> a.directory.compareTo(b.directory))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static BuiltBundle read(Path directory) {
        Path classes = directory.resolve("target/classes");
        Path manifest = classes.resolve("META-INF/MANIFEST.MF");
        if (!Files.exists(manifest)) {
            throw new AssertionError(directory.getFileName() + " is not built: build the whole project");
        }
        try (InputStream in = Files.newInputStream(manifest);
                Stream<Path> files = Files.walk(classes)) {
            Set<String> packages = files.filter(file -> file.toString().endsWith(".class"))
                    .map(file -> classes.relativize(file.getParent()).toString().replace('/', '.'))
                    .collect(Collectors.toCollection(TreeSet::new));
            return new BuiltBundle(directory.getFileName().toString(), Domain.domain(new Manifest(in)), packages);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String symbolicName() {
        Map.Entry<String, Attrs> name = manifest.getBundleSymbolicName();
        return name == null ? "" : name.getKey();
    }

    Parameters imports() {
        return manifest.getImportPackage();
    }

    /** What it cannot be resolved without. */
    Set<String> mandatoryImports() {
        return imports().entrySet().stream()
                .filter(clause -> !"optional".equals(clause.getValue().get(Constants.RESOLUTION_DIRECTIVE)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    boolean imports(String root) {
        return imports().keySet().stream().anyMatch(name -> isIn(name, root));
    }

    static boolean isIn(String name, String root) {
        return name.equals(root) || name.startsWith(root + ".");
    }

    @Override
    public String toString() {
        return directory;
    }
}
