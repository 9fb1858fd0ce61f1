package org.conmgr.config.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.conmgr.api.log.Message;
import org.conmgr.testkit.Await;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.service.cm.ConfigurationListener;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/** Over the Declarative Services and the Config Admin that Karaf has. The component is {@link GatedBundle}'s. */
class UnknownKeysTest extends KeptConf {
    private final List<UnknownKeys> opened = new ArrayList<>();

    UnknownKeysTest(@TempDir Path directory) {
        super(directory);
    }

    private void watch() {
        UnknownKeys keys = new UnknownKeys(
                admin,
                framework.service(ServiceComponentRuntime.class),
                framework.context().getServiceReference(ServiceComponentRuntime.class),
                log);
        opened.add(keys);
        framework.register(ConfigurationListener.class, keys, Map.of());
    }

    @AfterEach
    void close() {
        opened.forEach(UnknownKeys::close);
    }

    @Test
    void aKeyThatNoComponentHasIsToldOnce() throws Exception {
        Map<String, String> values = new HashMap<>(Map.of("prot", "1", "port", "2", "x.target", "(a=b)"));
        values.put("felix.fileinstall.filename", "file:/opt/conmgr/etc/org.conmgr.listener.cfg");
        update("org.conmgr.listener", values);
        update("org.conmgr.nobody", Map.of("any", "1"));
        watch();
        // Not judged before there is a component.
        GatedBundle.start(framework.context());
        String prot = "etc/org.conmgr.listener.cfg: prot has no effect: org.conmgr.listener has no such setting, but"
                + " port";
        awaitTold(prot);

        update("org.conmgr.listener", Map.of("prot", "2", "Port", "3"));
        awaitTold(prot, "org.conmgr.listener: Port has no effect: org.conmgr.listener has no such setting, but port");
    }

    @Test
    void aByteOrderMarkIsTold() throws Exception {
        String asFileInstallReadsIt =
                new String("\uFEFFport".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        update("org.conmgr.listener", Map.of(asFileInstallReadsIt, "1"));
        GatedBundle.start(framework.context());
        watch();
        String port =
                "org.conmgr.listener: port has no effect: the file begins with a byte order mark; save it without";
        awaitTold(port);
        update("org.conmgr.listener", Map.of("\uFEFFport", "1", "\uFEFF# a comment", ""));
        awaitTold(port, port);
    }

    private void awaitTold(String... texts) {
        Await.passes("it is told", () -> assertThat(log.texts(Message.SETTING_WITHOUT_EFFECT))
                .containsExactlyInAnyOrder(texts));
    }
}
