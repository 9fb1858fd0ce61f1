package org.conmgr.itests;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.Attribute;
import javax.management.JMException;
import javax.management.MBeanFeatureInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/** A running Karaf as its own MBeans tell it, over a local attach: no port is configured for that. */
final class KarafBeans implements AutoCloseable {
    private static final Integer LAST_START_LEVEL = 100;

    private final JMXConnector connector;
    private final MBeanServerConnection server;

    private KarafBeans(JMXConnector connector) throws IOException {
        this.connector = connector;
        this.server = connector.getMBeanServerConnection();
    }

    /** Attaches to a JVM that already runs Java code; one younger than that the attach would kill. */
    @SuppressWarnings("BanJNDI") // the address comes from the JVM that was attached to
    static KarafBeans attach(long pid) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid));
        try {
            return new KarafBeans(JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
        } finally {
            machine.detach();
        }
    }

    /** True once every boot feature is started: the framework has reached its last start level. */
    boolean complete() throws IOException, JMException {
        return server.isRegistered(karaf("scr")) && completeWithoutComponents();
    }

    /** The same in a Karaf that does not show its components. */
    boolean completeWithoutComponents() throws IOException, JMException {
        return server.isRegistered(karaf("bundle"))
                && server.isRegistered(karaf("feature"))
                && server.isRegistered(karaf("system"))
                && server.getAttribute(karaf("system"), "StartLevel").equals(LAST_START_LEVEL);
    }

    /** The state of every bundle, by symbolic name: {@code Active}, {@code Resolved} (fragments), ... */
    Map<String, String> bundles() throws IOException, JMException {
        Map<String, String> states = new TreeMap<>();
        for (CompositeData bundle : rows("bundle", "Bundles")) {
            states.put((String) bundle.get("Symbolic Name"), (String) bundle.get("State"));
        }
        return states;
    }

    /** The component configurations of our bundles: state by name, an unsatisfied one with what it lacks. */
    Map<String, String> components() throws IOException, JMException {
        Map<String, String> states = new TreeMap<>();
        for (CompositeData component : rows("scr", "ComponentConfigs")) {
            String name = (String) component.get("Name");
            if (name.startsWith("org.conmgr.")) {
                List<Object> lacks = new ArrayList<>();
                for (Object reference : ((TabularData) component.get("UnsatisfiedReferences")).values()) {
                    lacks.add(((CompositeData) reference).get("Name"));
                }
                String state = ((String) component.get("State")).replace("Statisfied", "Satisfied"); // sic, in Karaf
                states.put(name + "#" + component.get("Id"), lacks.isEmpty() ? state : state + ", lacks " + lacks);
            }
        }
        return states;
    }

    /** The object names of conmgr's own MBeans, without their domain: {@code type=Conmgr}, ... */
    Set<String> ours() throws IOException, JMException {
        return server.queryNames(new ObjectName("org.conmgr:*"), null).stream()
                .map(ObjectName::getCanonicalKeyPropertyListString)
                .collect(Collectors.toSet());
    }

    /** All attributes of one of conmgr's own MBeans, as a remote client reads them. */
    Map<String, Object> read(String ours) throws IOException, JMException {
        ObjectName name = new ObjectName("org.conmgr:" + ours);
        String[] attributes = Arrays.stream(server.getMBeanInfo(name).getAttributes())
                .map(MBeanFeatureInfo::getName)
                .toArray(String[]::new);
        Map<String, Object> values = new TreeMap<>();
        for (Attribute attribute : server.getAttributes(name, attributes).asList()) {
            values.put(attribute.getName(), attribute.getValue());
        }
        return values;
    }

    void addRepository(String uri) throws IOException, JMException {
        invoke("feature", "addRepository", uri);
    }

    void installFeature(String name) throws IOException, JMException {
        invoke("feature", "installFeature", name);
    }

    void uninstallFeature(String name) throws IOException, JMException {
        invoke("feature", "uninstallFeature", name);
    }

    void restartBundle(String symbolicName) throws IOException, JMException {
        invoke("bundle", "restart", symbolicName);
    }

    /** What Config Admin has; null without the configuration or the key. */
    @Nullable
    String setting(String pid, String key) throws IOException, JMException {
        String[] signature = {String.class.getName(), String.class.getName()};
        return (String) server.invoke(karaf("config"), "getProperty", new Object[] {pid, key}, signature);
    }

    private void invoke(String type, String operation, String argument) throws IOException, JMException {
        server.invoke(karaf(type), operation, new Object[] {argument}, new String[] {String.class.getName()});
    }

    private List<CompositeData> rows(String type, String attribute) throws IOException, JMException {
        TabularData table = (TabularData) server.getAttribute(karaf(type), attribute);
        return table.values().stream().map(CompositeData.class::cast).toList();
    }

    private static ObjectName karaf(String type) throws JMException {
        return new ObjectName("org.apache.karaf:name=root,type=" + type);
    }

    @Override
    public void close() throws IOException {
        connector.close();
    }
}
