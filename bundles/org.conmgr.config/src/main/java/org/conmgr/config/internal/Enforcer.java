package org.conmgr.config.internal;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.api.log.MessageLog;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.config.Conf;
import org.conmgr.config.ConfFile;
import org.conmgr.config.Parameter;
import org.conmgr.config.Platform;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.Configuration.ConfigurationAttribute;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Makes Config Admin say what {@code conmgr.conf} says. For every parameter of the guide the file is the truth; keys
 * that the guide has no parameter for stay as a {@code .cfg} has set them. Not thread-safe.
 *
 * <p>What it has written carries a mark and no {@code felix.fileinstall.filename}. So it can tell its own values from
 * those that File Install has read from a {@code .cfg} since, and File Install never writes them back into that file.
 */
final class Enforcer {
    /** Updated to learn that all updates before it have been delivered; tells which file is in force. */
    static final String SIGNAL_PID = "org.conmgr.config";

    /** Marks a configuration as written here. Its value is the {@code .cfg} that it was merged with, or empty. */
    static final String MARK = ".conmgr.conf";

    private static final String FILE = "felix.fileinstall.filename";
    private static final String INSTANCES =
            "(|(service.factoryPid=" + Parameter.Pid.INSTANCE + ")(service.pid=" + Parameter.Pid.INSTANCE + "~*))";

    private final ConfigurationAdmin admin;
    private final MessageLog log;
    private final Platform platform;
    private final boolean deletionReachesFiles;
    private final Set<String> left = new HashSet<>();

    /**
     * @param deletionReachesFiles whether File Install deletes the {@code .cfg} of a configuration that is deleted
     */
    Enforcer(ConfigurationAdmin admin, MessageLog log, Platform platform, boolean deletionReachesFiles) {
        this.admin = admin;
        this.log = log;
        this.platform = platform;
        this.deletionReachesFiles = deletionReachesFiles;
    }

    /**
     * Makes it so. Doing it again changes nothing and costs little.
     *
     * @throws IOException if Config Admin could not store something; some of it may have been done
     */
    void enforce(Conf conf) throws IOException {
        SortedMap<String, Map<String, String>> wanted = conf.configurations();
        for (Configuration present : list(INSTANCES)) {
            if (!wanted.containsKey(present.getPid())) {
                removeInstance(present);
            }
        }
        for (Map.Entry<String, Map<String, String>> configuration : wanted.entrySet()) {
            enforce(configuration(configuration.getKey()), configuration.getValue());
        }
    }

    private void enforce(Configuration configuration, Map<String, String> values) throws IOException {
        Reading reading = read(configuration);
        NavigableMap<String, Object> now = reading.properties();
        boolean ours = isOurs(now);
        if (ours && cfgIsGone(now)) {
            now.clear();
        }
        NavigableMap<String, Object> merged = new TreeMap<>(now);
        merged.putAll(mark(now, ours));
        merged.remove(FILE);
        parametersOf(configuration).forEach(parameter -> merged.remove(parameter.key()));
        merged.putAll(values);
        // Told when it is so; by then the configuration may be deleted, and tells nothing any more.
        List<LogMessage> overruled = ours ? List.of() : overruled(configuration, now, values);
        makeWritable(configuration);
        if (reading.isOld()) {
            enforce(configuration, values);
            return;
        }
        configuration.updateIfDifferent(dictionary(merged));
        overruled.forEach(log::log);
    }

    /**
     * What a configuration says, to be written back with changes unless it {@link #isOld}: what File Install has read
     * from a {@code .cfg} meanwhile would be lost, and with our mark nobody would look for it again.
     *
     * @param count of the changes before
     */
    private record Reading(Configuration configuration, long count, NavigableMap<String, Object> properties) {
        boolean isOld() {
            return configuration.getChangeCount() != count;
        }
    }

    private static Reading read(Configuration configuration) {
        long count = configuration.getChangeCount();
        return new Reading(configuration, count, properties(configuration));
    }

    private static Map<String, Object> mark(Map<String, Object> now, boolean ours) {
        return Map.of(MARK, String.valueOf(now.getOrDefault(ours ? MARK : FILE, "")));
    }

    private List<LogMessage> overruled(
            Configuration configuration, Map<String, Object> theirs, Map<String, String> values) {
        List<LogMessage> overruled = new ArrayList<>();
        for (Parameter parameter : parametersOf(configuration)) {
            Object their = theirs.get(parameter.key());
            if (their == null) {
                continue;
            }
            String text = their.toString().strip();
            String value = values.getOrDefault(parameter.key(), "");
            String same = canonical(parameter, text);
            // A default in a shipped file is nobody's wish.
            if (!same.equals(value) && !same.equals(parameter.defaultValue().orElse(""))) {
                overruled.add(LogMessage.of(
                        Message.SETTING_OVERRULED,
                        origin(configuration, theirs),
                        parameter.key(),
                        text,
                        ConfFile.NAME,
                        value.isEmpty() ? "none" : value));
            }
        }
        return overruled;
    }

    private String canonical(Parameter parameter, String text) {
        try {
            return parameter.canonical(parameter.key(), text, platform);
        } catch (InvalidSetting e) {
            return text;
        }
    }

    private void removeInstance(Configuration configuration) throws IOException {
        Reading reading = read(configuration);
        NavigableMap<String, Object> now = reading.properties();
        boolean ours = isOurs(now);
        String pid = configuration.getPid();
        String number = pid.substring(pid.indexOf('~') + 1);
        String origin = origin(configuration, now);
        if (!ours && deletionReachesFiles && now.containsKey(FILE)) {
            if (left.add(pid)) {
                log.log(Message.INSTANCE_NOT_OVERRULED, origin, number, ConfFile.NAME);
            }
            return;
        }
        makeWritable(configuration);
        if (reading.isOld()) {
            removeInstance(configuration);
            return;
        }
        configuration.delete();
        if (!ours) {
            log.log(Message.INSTANCE_OVERRULED, origin, number, ConfFile.NAME);
        }
    }

    /** Takes back whatever an earlier process wrote, because there is no {@code conmgr.conf} any more. */
    void release() throws IOException {
        for (Configuration configuration : list("(" + MARK + "=*)")) {
            release(configuration);
        }
    }

    private void release(Configuration configuration) throws IOException {
        Reading reading = read(configuration);
        NavigableMap<String, Object> now = reading.properties();
        if (!isOurs(now)) {
            return;
        }
        boolean cfgIsGone = cfgIsGone(now);
        parametersOf(configuration).forEach(parameter -> now.remove(parameter.key()));
        now.remove(MARK);
        boolean delete = cfgIsGone || now.isEmpty() || configuration.getFactoryPid() != null;
        makeWritable(configuration);
        if (reading.isOld()) {
            release(configuration);
        } else if (delete) {
            configuration.delete();
        } else {
            configuration.update(dictionary(now));
        }
    }

    /** Updates {@link #SIGNAL_PID}: its event comes after those of everything done before. */
    void signal(String source) throws IOException {
        admin.getConfiguration(SIGNAL_PID, "?").update(dictionary(new TreeMap<>(Map.of("source", source))));
    }

    private Configuration configuration(String pid) throws IOException {
        int tilde = pid.indexOf('~');
        if (tilde < 0) {
            return admin.getConfiguration(pid, "?");
        }
        String factory = pid.substring(0, tilde);
        String name = pid.substring(tilde + 1);
        Configuration configuration = admin.getFactoryConfiguration(factory, name, "?");
        if (configuration.getFactoryPid() == null) {
            // File Install takes the file org.conmgr.instance~0.cfg for a configuration without a factory.
            makeWritable(configuration);
            configuration.delete();
            configuration = admin.getFactoryConfiguration(factory, name, "?");
        }
        return configuration;
    }

    private Configuration[] list(String filter) throws IOException {
        try {
            Configuration[] found = admin.listConfigurations(filter);
            return found == null ? new Configuration[0] : found;
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The properties without those that Config Admin adds; their keys in any case, as Config Admin has it. */
    private static NavigableMap<String, Object> properties(Configuration configuration) {
        NavigableMap<String, Object> properties = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        Dictionary<String, Object> present = configuration.getProperties();
        if (present != null) {
            Collections.list(present.keys()).forEach(key -> properties.put(key, present.get(key)));
        }
        properties.keySet().removeAll(Set.of("service.pid", "service.factoryPid", "service.bundleLocation"));
        return properties;
    }

    private static boolean isOurs(Map<String, Object> properties) {
        return properties.containsKey(MARK) && !properties.containsKey(FILE);
    }

    private static boolean cfgIsGone(Map<String, Object> properties) {
        return path(properties.get(MARK)).filter(cfg -> !Files.exists(cfg)).isPresent();
    }

    /** The file of a URI as File Install writes it. */
    private static Optional<Path> path(@Nullable Object uri) {
        try {
            return Optional.ofNullable(uri).map(text -> Path.of(URI.create(text.toString())));
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            return Optional.empty();
        }
    }

    private static List<Parameter> parametersOf(Configuration configuration) {
        return Parameter.of(configuration.getPid(), configuration.getFactoryPid());
    }

    /** Who says otherwise: a file, by its last two names, or whoever wrote to that PID. */
    static String origin(Configuration configuration, Map<String, Object> properties) {
        return path(properties.getOrDefault(FILE, properties.get(MARK)))
                .map(file -> file.subpath(Math.max(0, file.getNameCount() - 2), file.getNameCount()))
                .map(Path::toString)
                .orElse(configuration.getPid());
    }

    /** File Install makes the configuration of a file that it may not write read-only. */
    private static void makeWritable(Configuration configuration) throws IOException {
        if (configuration.getAttributes().contains(ConfigurationAttribute.READ_ONLY)) {
            configuration.removeAttributes(ConfigurationAttribute.READ_ONLY);
        }
    }

    private static Dictionary<String, Object> dictionary(Map<String, Object> properties) {
        return FrameworkUtil.asDictionary(properties);
    }
}
