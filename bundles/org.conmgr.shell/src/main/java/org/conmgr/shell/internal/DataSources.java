package org.conmgr.shell.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.conmgr.api.routing.Target;

/** ODBC data sources for the gateway, in the syntax of {@code odbc.ini}. */
final class DataSources {
    private static final List<Target> TARGETS = List.of(
            Target.PRIMARY, Target.READ_WRITE, Target.STANDBY, Target.PREFER_STANDBY, Target.READ_ONLY, Target.ANY);

    private DataSources() {}

    /**
     * What all data sources have in common.
     *
     * @param port conmgr's own
     * @param ports by target, ports that lead there
     */
    record Site(String driver, String host, int port, Map<Target, Integer> ports, String database) {}

    /** One data source for each target, by name. */
    static Map<String, String> all(Site site) {
        Map<String, String> sources = new LinkedHashMap<>();
        for (Target target : TARGETS) {
            sources.put("conmgr-" + target.word(), source(site, target));
        }
        return sources;
    }

    /**
     * By a port of its own a source may use TLS; by conmgr's it must not, or its options are not seen. Parse = 0 and
     * UseServerSidePrepare = 1 are psqlODBC's own defaults and left out.
     */
    private static String source(Site site, Target target) {
        Integer own = site.ports().get(target);
        StringBuilder text = new StringBuilder();
        line(text, "Description", "conmgr, target_session_attrs=" + target.word());
        line(text, "Driver", site.driver());
        line(text, "Servername", site.host());
        line(text, "Port", String.valueOf(own == null ? site.port() : own));
        line(text, "Database", site.database());
        if (own == null) {
            line(text, "SSLmode", "disable");
            line(text, "Pqopt", "options='-c conmgr.client=odbc -c conmgr.target_session_attrs=" + target.word() + "'");
        } else {
            line(text, "SSLmode", "prefer");
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(String.format(Locale.ROOT, "%-11s = %s%n", key, value));
    }

    /** As it stands in a file. */
    static String text(Map<String, String> sources) {
        return sources.entrySet().stream()
                .map(source -> "[" + source.getKey() + "]" + System.lineSeparator() + source.getValue())
                .collect(Collectors.joining(System.lineSeparator()));
    }

    /** Puts the sources into a file, in place of those with the same names; all else in it stays. */
    static void install(Path file, Map<String, String> sources) throws IOException {
        List<String> lines = new ArrayList<>();
        if (Files.exists(file)) {
            boolean ours = false;
            for (String line : Files.readAllLines(file)) {
                String text = line.strip();
                if (text.startsWith("[") && text.endsWith("]")) {
                    ours = names(sources.keySet()).contains(text.toLowerCase(Locale.ROOT));
                }
                if (!ours) {
                    lines.add(line);
                }
            }
            while (!lines.isEmpty() && lines.get(lines.size() - 1).isBlank()) {
                lines.remove(lines.size() - 1);
            }
            if (!lines.isEmpty()) {
                lines.add("");
            }
        }
        lines.addAll(text(sources).lines().toList());
        // Through a symbolic link, and never half written.
        Path real = Files.exists(file) ? file.toRealPath() : file;
        Path next = real.resolveSibling(real.getFileName() + ".new");
        Files.deleteIfExists(next);
        try {
            createLike(real, next);
            Files.write(next, lines, StandardCharsets.UTF_8);
            Files.move(next, real, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    /** As private as what it replaces, which may hold passwords, from its first byte. */
    private static void createLike(Path old, Path next) throws IOException {
        if (!Files.exists(old) || !Files.getFileStore(old).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.createFile(next);
            return;
        }
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        PosixFileAttributes wanted = Files.readAttributes(old, PosixFileAttributes.class);
        PosixFileAttributeView view = Files.getFileAttributeView(next, PosixFileAttributeView.class);
        PosixFileAttributes given = view.readAttributes();
        try {
            if (!given.group().equals(wanted.group())) {
                view.setGroup(wanted.group());
            }
            if (!given.owner().equals(wanted.owner())) {
                view.setOwner(wanted.owner());
            }
        } catch (FileSystemException e) {
            throw new IOException(
                    old + ": is left as it is: its owner and group, " + wanted.owner() + " and " + wanted.group()
                            + ", cannot be kept",
                    e);
        }
        view.setPermissions(wanted.permissions());
    }

    private static Set<String> names(Set<String> sources) {
        return sources.stream()
                .map(name -> "[" + name.toLowerCase(Locale.ROOT) + "]")
                .collect(Collectors.toSet());
    }
}
