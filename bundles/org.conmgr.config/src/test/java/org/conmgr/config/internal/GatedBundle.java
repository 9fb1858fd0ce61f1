package org.conmgr.config.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** A bundle with the component {@link Gated}: configured by {@code org.conmgr.listener}, waiting for the gate. */
final class GatedBundle {
    private static final String MANIFEST = """
            Manifest-Version: 1.0
            Bundle-ManifestVersion: 2
            Bundle-SymbolicName: gated
            Import-Package: org.conmgr.api.log
            Service-Component: OSGI-INF/gated.xml

            """;
    private static final String COMPONENT = """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.5.0" name="gated" immediate="true" init="2"
                configuration-pid="org.conmgr.listener">
              <property name="port" type="String" value="27546"/>
              <property name="osgi.ds.satisfying.condition.target" type="String" value="(osgi.condition.id=conmgr.config)"/>
              <reference name="log" interface="org.conmgr.api.log.MessageLog" parameter="1"/>
              <implementation class="org.conmgr.config.internal.Gated"/>
            </scr:component>
            """;

    private GatedBundle() {}

    static Bundle start(BundleContext context) throws IOException, BundleException {
        ByteArrayOutputStream jar = new ByteArrayOutputStream();
        String name = Gated.class.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(jar);
                InputStream type =
                        Objects.requireNonNull(Gated.class.getClassLoader()).getResourceAsStream(name)) {
            add(out, "META-INF/MANIFEST.MF", MANIFEST.getBytes(UTF_8));
            add(out, "OSGI-INF/gated.xml", COMPONENT.getBytes(UTF_8));
            add(out, name, Objects.requireNonNull(type).readAllBytes());
        }
        Bundle bundle = context.installBundle("gated", new ByteArrayInputStream(jar.toByteArray()));
        bundle.start();
        return bundle;
    }

    private static void add(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
