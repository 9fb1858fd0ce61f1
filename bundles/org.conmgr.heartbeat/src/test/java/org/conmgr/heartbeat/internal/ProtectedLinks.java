package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.Settings;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.netty.internal.ThreadPerNameResolver;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.CertificateAuthority;
import org.conmgr.testkit.CertificateAuthority.Issued;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests of links over real sockets, with certificates of a real authority and secrets in real files. */
@NullUnmarked
abstract class ProtectedLinks {
    static final String SECRET = "the secret that nobody may see";
    static final String LOCAL = "DNS:localhost,IP:127.0.0.1";
    static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            "test",
            null);
    static final Map<String, String> NOTHING = Map.of();
    static final Map<String, String> TRUST = Map.of("auth", "trust");

    @TempDir
    Path directory;

    final NettyTransport transport = new NettyTransport();
    final RecordingLog log = new RecordingLog();
    final Books books = new Books();
    final Watcher watcher = new Watcher();
    final ThreadPerNameResolver resolver = new ThreadPerNameResolver();
    private final List<AutoCloseable> opened = new ArrayList<>();
    CertificateAuthority authority;
    Issued watchdogs;
    Issued conmgrs;
    HeartbeatAcceptor.Endpoint endpoint;
    Postmaster backend;

    @BeforeEach
    void begin() throws IOException {
        authority = CertificateAuthority.create(directory, "site-ca");
        watchdogs = authority.issue("watchdog", LOCAL);
        conmgrs = authority.issue("conmgr1", "DNS:app1.example.com");
        backend = new Postmaster();
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        backend.close();
        resolver.close();
        transport.close();
    }

    Map<String, String> tls(Issued own, CertificateAuthority trusted) {
        return Map.of(
                "certificate", own.certificate().toString(),
                "key", own.key().toString(),
                "ca", trusted.certificate().toString());
    }

    Map<String, String> secret(String name, String content) {
        try {
            Path file = directory.resolve(name);
            Path written = directory.resolve(name + ".new");
            Files.createFile(
                    written, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(written, content);
            // Nobody must read half of it.
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            return Map.of("secret_file", file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    LinkSecurity security(Map<String, String> tls, Map<String, String> auth) {
        LinkSecurity security = LinkSecurity.of(Settings.tls(log, tls), Settings.auth(log, auth));
        opened.add(security);
        return security;
    }

    LinkSecurity listen(Map<String, String> tls, Map<String, String> auth) throws IOException {
        return listen(tls, auth, Admission.ANY);
    }

    LinkSecurity listen(Map<String, String> tls, Map<String, String> auth, Admission admission) throws IOException {
        return listen(InetAddress.getLoopbackAddress(), tls, auth, admission);
    }

    LinkSecurity listen(InetAddress address, Map<String, String> tls, Map<String, String> auth, Admission admission)
            throws IOException {
        LinkSecurity security = security(tls, auth);
        endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open("w", List.of(new InetSocketAddress(address, 0)), admission, watcher);
        endpoint.publish(new Identity(7, 170004), new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1), "");
        HeartbeatAcceptor.Endpoint open = endpoint;
        opened.add(() -> open.close(Departure.SHUTDOWN));
        return security;
    }

    NettyConmgrLink connect(Map<String, String> tls, Map<String, String> auth) {
        return connect(security(tls, auth), "localhost");
    }

    NettyConmgrLink connect(LinkSecurity security, String host) {
        NettyConmgrLink link = new NettyConmgrLink(
                new ConfiguredInstance(
                        0,
                        host,
                        host.equals("localhost")
                                ? null
                                : endpoint.addresses().get(0).getAddress(),
                        backend.port(),
                        endpoint.addresses().get(0).getPort()),
                SETTINGS,
                UUID.randomUUID(),
                transport,
                resolver,
                books,
                new VerdictHistory(),
                security,
                log);
        opened.add(() -> link.stop(Packet.Goodbye.Reason.SHUTDOWN, "over"));
        link.start();
        return link;
    }

    void assertUp() {
        Await.passes("up", () -> assertThat(books.last()).startsWith("up"));
        Await.until("one link", () -> endpoint.links().size() == 1);
    }

    /** conmgr's verdict, and nobody has ever been a link. */
    String assertRefused() {
        Await.passes("refused", () -> assertThat(books.last()).startsWith("down"));
        assertThat(books.events).noneMatch(event -> event.startsWith("up"));
        assertThat(watcher.events).isEmpty();
        assertThat(watcher.losses).isEmpty();
        assertThat(endpoint.links()).isEmpty();
        assertThat(books.last()).startsWith("down unauthenticated: ");
        return books.last();
    }

    void assertLogged(Message message, String text) {
        Await.passes(
                message + " says " + text, () -> assertThat(log.texts(message)).anyMatch(one -> one.contains(text)));
    }
}
