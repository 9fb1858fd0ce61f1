package org.conmgr.console.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * What stands in Configuration Admin for conmgr, without secrets. Read anew when Configuration Admin tells of a change,
 * on its thread, so that an event loop finds it in memory.
 */
@Component(
        service = {SettingsInForce.class, ConfigurationListener.class},
        immediate = true)
public final class SettingsInForce implements ConfigurationListener {
    /**
     * One key of one PID.
     *
     * @param value as written; a secret is {@link #MASK}
     */
    record Setting(String pid, String name, String value) {}

    static final String MASK = "********";

    private static final String OURS = "(" + Constants.SERVICE_PID + "=org.conmgr.*)";

    /** What the framework adds, and File Install; with a dot at the start what is nobody's to see. */
    private static final Pattern NOT_OURS = Pattern.compile("(service|felix|component|osgi|)\\..*");

    /** A file's name tells no secret. */
    private static final Pattern SECRET =
            Pattern.compile("(?i)(?!.*file$).*(passw|pwd|passphrase|secret|token|credential|private|(^|[_.-])key$).*");

    private static final String SECRET_VALUE = "(?i)(?<=(password|passwd|pwd|passphrase|secret|token)=)";

    /** As in a JDBC URL: {@code password=x&}, whatever x has in it, and {@code //user:password@host}. */
    private static final Pattern SECRET_IN_URL =
            Pattern.compile(SECRET_VALUE + "[^&]+|(?<=//)[^?\\s]+(?=@)|(?<=//)[^/\\s]+(?=@)");

    /** As in {@code sslpassword=x, a=b}. */
    private static final Pattern SECRET_IN_LIST = Pattern.compile(SECRET_VALUE + "[^,]+");

    private final ConfigurationAdmin admin;
    private volatile List<Setting> settings;

    @Activate
    public SettingsInForce(@Reference ConfigurationAdmin admin) {
        this.admin = admin;
        settings = read();
    }

    @Override
    public synchronized void configurationEvent(ConfigurationEvent event) {
        settings = read();
    }

    /** By PID and name. A setting that nobody wrote is not here: its default is in force. */
    List<Setting> settings() {
        return settings;
    }

    private List<Setting> read() {
        List<Setting> found = new ArrayList<>();
        try {
            Configuration[] configurations = admin.listConfigurations(OURS);
            for (Configuration configuration : configurations == null ? new Configuration[0] : configurations) {
                Dictionary<String, Object> properties = configuration.getProperties();
                if (properties != null) {
                    for (String name : Collections.list(properties.keys())) {
                        if (!NOT_OURS.matcher(name).matches()) {
                            found.add(new Setting(configuration.getPid(), name, shown(name, properties.get(name))));
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Configuration Admin cannot read", e);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException("the filter is a constant", e);
        }
        found.sort(Comparator.comparing(Setting::pid).thenComparing(Setting::name));
        return List.copyOf(found);
    }

    static String shown(String name, Object value) {
        if (SECRET.matcher(name).matches()) {
            return texts(value).allMatch(String::isEmpty) ? "" : MASK;
        }
        return texts(value).map(SettingsInForce::masked).collect(Collectors.joining(", "));
    }

    private static String masked(String text) {
        Pattern secret = text.contains("://") || text.contains("?") ? SECRET_IN_URL : SECRET_IN_LIST;
        return secret.matcher(text).replaceAll(MASK);
    }

    private static Stream<String> texts(Object value) {
        if (value instanceof Collection<?> collection) {
            return collection.stream().map(String::valueOf);
        }
        if (value.getClass().isArray()) {
            return IntStream.range(0, Array.getLength(value)).mapToObj(i -> String.valueOf(Array.get(value, i)));
        }
        return Stream.of(value.toString());
    }
}
