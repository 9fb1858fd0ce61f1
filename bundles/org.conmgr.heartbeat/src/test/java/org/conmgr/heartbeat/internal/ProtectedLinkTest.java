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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.conmgr.api.instance.Attributes;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.instance.Identity;
import org.conmgr.api.instance.InstanceState;
import org.conmgr.api.instance.Role;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Departure;
import org.conmgr.heartbeat.HeartbeatAcceptor;
import org.conmgr.heartbeat.Network;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.Settings;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.CertificateAuthority;
import org.conmgr.testkit.CertificateAuthority.Issued;
import org.conmgr.testkit.RecordingLog;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Links over real sockets with certificates of a real authority and secrets in real files. */
@NullUnmarked
class ProtectedLinkTest {
    private static final String SECRET = "the secret that nobody may see";
    private static final String LOCAL = "DNS:localhost,IP:127.0.0.1";
    private static final LinkSettings SETTINGS = new LinkSettings(
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            "test",
            null);
    private static final Map<String, String> NOTHING = Map.of();
    private static final Map<String, String> TRUST = Map.of("auth", "trust");

    @TempDir
    Path directory;

    private final NettyTransport transport = new NettyTransport();
    private final RecordingLog log = new RecordingLog();
    private final Books books = new Books();
    private final Watcher watcher = new Watcher();
    private final Resolver resolver = new Resolver();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private CertificateAuthority authority;
    private Issued watchdogs;
    private Issued conmgrs;
    private HeartbeatAcceptor.Endpoint endpoint;
    private Postmaster backend;

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

    private Map<String, String> tls(Issued own, CertificateAuthority trusted) {
        return Map.of(
                "certificate", own.certificate().toString(),
                "key", own.key().toString(),
                "ca", trusted.certificate().toString());
    }

    private Map<String, String> secret(String name, String content) {
        try {
            Path file = directory.resolve(name);
            Files.deleteIfExists(file);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, content);
            return Map.of("secret_file", file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LinkSecurity security(Map<String, String> tls, Map<String, String> auth) {
        var tlsSettings = Settings.tls(log, tls);
        var authSettings = Settings.auth(log, auth);
        LinkSecurity security = LinkSecurity.of(tlsSettings, authSettings);
        opened.add(tlsSettings);
        opened.add(authSettings);
        opened.add(security);
        return security;
    }

    private LinkSecurity listen(Map<String, String> tls, Map<String, String> auth) throws IOException {
        return listen(tls, auth, Admission.ANY);
    }

    private LinkSecurity listen(Map<String, String> tls, Map<String, String> auth, Admission admission)
            throws IOException {
        LinkSecurity security = security(tls, auth);
        endpoint = new NettyHeartbeatAcceptor(transport, new VerdictHistory(), security, log)
                .open("w", List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), admission, watcher);
        endpoint.publish(new Identity(7, 170004), new Attributes(InstanceState.ACCEPTING, Role.PRIMARY, false, 1), "");
        HeartbeatAcceptor.Endpoint open = endpoint;
        opened.add(() -> open.close(Departure.SHUTDOWN));
        return security;
    }

    private NettyConmgrLink connect(Map<String, String> tls, Map<String, String> auth) {
        return connect(security(tls, auth), "localhost");
    }

    private NettyConmgrLink connect(LinkSecurity security, String host) {
        NettyConmgrLink link = new NettyConmgrLink(
                new ConfiguredInstance(
                        0,
                        host,
                        host.equals("localhost") ? null : InetAddress.getLoopbackAddress(),
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

    private void assertUp() {
        Await.passes("up", () -> assertThat(books.last()).startsWith("up"));
        Await.until("one link", () -> endpoint.links().size() == 1);
    }

    /** conmgr's verdict, and nobody has ever been a link. */
    private String assertRefused() {
        Await.passes("refused", () -> assertThat(books.last()).startsWith("down"));
        assertThat(books.events).noneMatch(event -> event.startsWith("up"));
        assertThat(watcher.events).isEmpty();
        assertThat(watcher.losses).isEmpty();
        assertThat(endpoint.links()).isEmpty();
        assertThat(books.last()).startsWith("down unauthenticated: ");
        return books.last();
    }

    private void assertLogged(Message message, String text) {
        Await.passes(
                message + " says " + text, () -> assertThat(log.texts(message)).anyMatch(one -> one.contains(text)));
    }

    @Test
    void withinTheHostNothingIsNeeded() throws IOException {
        listen(NOTHING, NOTHING);
        connect(NOTHING, NOTHING);
        assertUp();
    }

    @Test
    void bothEndsShowCertificates() throws IOException {
        listen(tls(watchdogs, authority), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertUp();
    }

    @Test
    void bothEndsProveThatTheyKnowTheSecret() throws IOException {
        listen(NOTHING, secret("w", SECRET));
        connect(NOTHING, secret("c", SECRET + "\n"));
        assertUp();
    }

    @Test
    void certificatesAndSecretTogether() throws IOException {
        listen(tls(watchdogs, authority), secret("w", SECRET));
        connect(tls(conmgrs, authority), secret("c", SECRET));
        assertUp();
    }

    @Test
    void anotherSecretIsNone() throws IOException {
        listen(NOTHING, secret("w", SECRET));
        connect(NOTHING, secret("c", "a secret of another site"));
        assertThat(assertRefused()).contains("does not have the watchdog's shared secret");
        assertLogged(Message.LINK_REFUSED, "does not have the watchdog's shared secret");
    }

    @Test
    void aConmgrWithoutTheSecretIsToldWhatItLacks() throws IOException {
        listen(NOTHING, secret("w", SECRET));
        connect(NOTHING, NOTHING);
        assertThat(assertRefused()).contains("set secret_file in org.conmgr.auth");
    }

    @Test
    void aWatchdogThatWantsNoSecretIsNoneOfOurs() throws IOException {
        listen(NOTHING, NOTHING);
        connect(NOTHING, secret("c", SECRET));
        Await.passes("refused", () -> assertThat(books.last())
                .contains("the watchdog has not proved that it has the shared secret"));
        assertThat(books.events).noneMatch(event -> event.startsWith("up"));
    }

    @Test
    void trustTakesWhoeverComes() throws IOException {
        listen(
                tls(watchdogs, authority),
                Map.of("auth", "trust", "secret_file", secret("w", SECRET).get("secret_file")));
        connect(NOTHING, NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        connect(tls(conmgrs, authority), secret("c", SECRET));
        Await.until("three links", () -> endpoint.links().size() == 3);
    }

    @Test
    void trustStillSeesThroughAWrongSecret() throws IOException {
        listen(
                NOTHING,
                Map.of("auth", "trust", "secret_file", secret("w", SECRET).get("secret_file")));
        connect(NOTHING, secret("c", "a secret of another site"));
        assertRefused();
    }

    @Test
    void aCertificateOfAnotherAuthorityIsNone() throws IOException {
        CertificateAuthority other = CertificateAuthority.create(directory, "other-ca");
        Issued stranger = other.issue("conmgr1-of-others", "DNS:app1.example.com");
        listen(tls(watchdogs, authority), NOTHING);
        connect(tls(stranger, authority), NOTHING);
        assertThat(assertRefused()).contains("the other end does not accept this end's certificate");
        assertLogged(Message.LINK_REFUSED, "it has shown no certificate");
    }

    /** Java does not even show a certificate that will not do; others do. */
    @Test
    void aCertificateThatWillNotDoIsSeenThrough() throws IOException, InterruptedException {
        listen(tls(watchdogs, authority), NOTHING);
        CertificateAuthority other = CertificateAuthority.create(directory, "other-ca");
        show(other.issue("stranger", "DNS:app1.example.com"), "127.0.0.11");
        assertLogged(Message.LINK_REFUSED, "unable to find valid certification path");
        show(authority.issueExpired("late", "DNS:app1.example.com"), "127.0.0.12");
        assertLogged(Message.LINK_REFUSED, "NotAfter");
        assertThat(watcher.events).isEmpty();
    }

    private void show(Issued certificate, String from) throws IOException, InterruptedException {
        Process client = new ProcessBuilder(
                        "openssl",
                        "s_client",
                        "-quiet",
                        "-bind",
                        from,
                        "-connect",
                        "127.0.0.1:" + endpoint.addresses().get(0).getPort(),
                        "-cert",
                        certificate.certificate().toString(),
                        "-key",
                        certificate.key().toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(client.waitFor(10, TimeUnit.SECONDS))
                .as("s_client has ended")
                .isTrue();
    }

    @Test
    void aWatchdogWithACertificateOfAnotherAuthorityIsNone() throws IOException {
        CertificateAuthority other = CertificateAuthority.create(directory, "other-ca");
        listen(tls(other.issue("false-watchdog", LOCAL), other), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertThat(assertRefused()).contains("unable to find valid certification path");
    }

    @Test
    void anExpiredCertificateOfAConmgrIsNone() throws IOException {
        listen(tls(watchdogs, authority), NOTHING);
        connect(tls(authority.issueExpired("late", "DNS:app1.example.com"), authority), NOTHING);
        assertRefused();
        assertLogged(Message.LINK_REFUSED, "NotAfter");
        assertLogged(Message.CERTIFICATE_EXPIRES, "late.crt is valid until");
    }

    @Test
    void anExpiredCertificateOfAWatchdogIsNone() throws IOException {
        listen(tls(authority.issueExpired("late", LOCAL), authority), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertThat(assertRefused()).contains("NotAfter");
    }

    @Test
    void aCertificateForAnotherHostIsNone() throws IOException {
        listen(tls(authority.issue("db9", "DNS:db9.example.com,IP:192.0.2.9"), authority), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertThat(assertRefused()).contains("localhost");
    }

    @Test
    void theNameThatCountsIsBackendHostAlsoBesideAnAddress() throws IOException {
        listen(tls(authority.issue("db0", "DNS:db0.example.com"), authority), NOTHING);
        connect(security(tls(conmgrs, authority), NOTHING), "db0.example.com");
        assertUp();
    }

    @Test
    void anAddressMustBeInTheCertificateWhereThereIsNoName() throws IOException {
        listen(tls(authority.issue("db0", "DNS:db0.example.com"), authority), NOTHING);
        connect(security(tls(conmgrs, authority), NOTHING), "127.0.0.1");
        assertThat(assertRefused()).contains("127.0.0.1");
    }

    @Test
    void onlyAllowedNamesAreAdmitted() throws IOException {
        Map<String, String> settings = new HashMap<>(tls(watchdogs, authority));
        settings.put("allowed_names", "app0.example.com, APP1.example.com");
        listen(settings, NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertUp();
        books.events.clear();
        watcher.events.clear();
        connect(tls(authority.issue("conmgr2", "DNS:app2.example.com"), authority), NOTHING);
        Await.passes("refused", () -> assertThat(books.last())
                .contains("[conmgr2, app2.example.com], is in the watchdog's allowed_names"));
        assertThat(watcher.events).isEmpty();
    }

    @Test
    void aConmgrWithoutTlsIsToldWhatItLacks() throws IOException {
        listen(tls(watchdogs, authority), NOTHING);
        connect(NOTHING, NOTHING);
        assertThat(assertRefused()).contains("this watchdog wants TLS").contains("org.conmgr.tls");
    }

    @Test
    void aWatchdogWithoutTlsGetsNoLinkFromAConmgrWithIt() throws IOException {
        listen(NOTHING, TRUST);
        connect(tls(conmgrs, authority), TRUST);
        assertThat(assertRefused()).contains("does not speak TLS");
        assertLogged(Message.LINK_REFUSED, "it speaks TLS, but org.conmgr.tls is not set here");
    }

    @Test
    void aConmgrThatDiesIsLostAtOnceOverTlsToo() throws Exception {
        listen(tls(watchdogs, authority), NOTHING);
        NettyTransport process = new NettyTransport();
        NettyConmgrLink link = new NettyConmgrLink(
                new ConfiguredInstance(
                        0,
                        "localhost",
                        null,
                        backend.port(),
                        endpoint.addresses().get(0).getPort()),
                SETTINGS,
                UUID.randomUUID(),
                process,
                resolver,
                books,
                new VerdictHistory(),
                security(tls(conmgrs, authority), NOTHING),
                log);
        link.start();
        assertUp();
        process.close(); // Closes its sockets, without a Goodbye.
        Await.until("lost", () -> watcher.losses.size() == 1);
        assertThat(watcher.losses.get(0).verdict().reason()).isEqualTo(VerdictReason.CLOSED_BY_PEER);
    }

    @Test
    void renewedCertificatesAreForLinksToComeAndThoseThatAreUpStay() throws IOException {
        listen(tls(watchdogs, authority), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertUp();
        Path renewed = Files.createDirectory(directory.resolve("renewed"));
        for (String file : List.of("site-ca.crt", "site-ca.key")) {
            Files.copy(directory.resolve(file), renewed.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        // The same name, but for another host: what is in force is seen by who is turned away.
        CertificateAuthority.at(renewed, "site-ca")
                .issue("watchdog", "DNS:elsewhere")
                .replace(watchdogs);
        assertLogged(Message.FILES_READ_ANEW, "watchdog.crt");
        assertThat(watcher.events).hasSize(1);
        assertThat(watcher.losses).isEmpty();
        assertThat(books.events).hasSize(1);

        books.events.clear();
        connect(tls(conmgrs, authority), NOTHING);
        Await.passes("the renewed certificate is shown", () -> assertThat(books.last())
                .startsWith("down unauthenticated"));
        assertThat(endpoint.links()).hasSize(1);
    }

    @Test
    void filesThatDoNotFitEachOtherChangeNothing() throws IOException {
        listen(tls(watchdogs, authority), NOTHING);
        Files.copy(conmgrs.key(), watchdogs.key(), StandardCopyOption.REPLACE_EXISTING);
        assertLogged(Message.FILES_NOT_READ, "the key of the certificate in");
        connect(tls(conmgrs, authority), NOTHING);
        assertUp();
    }

    @Test
    void aChangedSecretIsForLinksToCome() throws IOException {
        listen(NOTHING, secret("w", SECRET));
        connect(NOTHING, secret("c", SECRET));
        assertUp();
        secret("w", "the secret of the next year\n" + SECRET);
        assertLogged(Message.FILES_READ_ANEW, "org.conmgr.auth");
        connect(NOTHING, secret("c2", "the secret of the next year"));
        Await.until("two links", () -> endpoint.links().size() == 2);
        assertThat(watcher.losses).isEmpty();
    }

    @Test
    void aLinkThatDoesNotMeetNewDemandsEndsAndCostsNoSession() throws IOException {
        LinkSecurity atWatchdog = listen(NOTHING, NOTHING);
        LinkSecurity atConmgr = security(NOTHING, NOTHING);
        connect(atConmgr, "localhost");
        assertUp();
        Settings.change(atWatchdog, Settings.auth(log, secret("w", SECRET)));
        Await.until("lost", () -> watcher.losses.size() == 1);
        assertThat(watcher.losses.get(0).verdict().reason()).isEqualTo(VerdictReason.UNAUTHENTICATED);
        Await.passes("unmonitored", () -> assertThat(books.last()).startsWith("unmonitored"));
        assertThat(books.last()).contains("now wants the shared secret");

        Settings.change(atConmgr, Settings.auth(log, secret("c", SECRET)));
        assertUp();
        assertThat(books.events).noneMatch(event -> event.startsWith("down"));
    }

    @Test
    void aConmgrMakesItsLinkAnewWhenItIsToBeProtected() throws IOException {
        listen(tls(watchdogs, authority), TRUST);
        LinkSecurity atConmgr = security(NOTHING, NOTHING);
        atConmgr.observe(connect(atConmgr, "localhost")::securityChanged);
        assertUp();
        Settings.change(atConmgr, Settings.tls(log, tls(conmgrs, authority)));
        Await.until("a second link", () -> watcher.events.size() == 2);
        assertUp();
        assertThat(watcher.losses).singleElement().satisfies(loss -> assertThat(loss.restarting())
                .isTrue());
    }

    @Test
    void settingsThatCannotBeUsedMakeNoLinks() throws IOException {
        listen(NOTHING, Map.of("secret_file", directory.resolve("missing").toString()));
        connect(NOTHING, NOTHING);
        assertThat(assertRefused()).contains("secret_file").contains("missing");
        assertLogged(Message.INVALID_SETTING, "org.conmgr.auth: secret_file: ");
    }

    @Test
    void aKeyThatOthersCanReadIsNotUsed() throws IOException {
        Files.setPosixFilePermissions(watchdogs.key(), PosixFilePermissions.fromString("rw-r--r--"));
        listen(tls(watchdogs, authority), NOTHING);
        assertLogged(Message.INVALID_SETTING, "closed to group and others: chmod 0600");
    }

    @Test
    void laterSettingsThatCannotBeUsedChangeNothing() throws IOException {
        LinkSecurity atWatchdog = listen(NOTHING, secret("w", SECRET));
        Settings.change(atWatchdog, Settings.auth(log, Map.of("auth", "perhaps")));
        connect(NOTHING, secret("c", SECRET));
        assertUp();
        assertLogged(Message.INVALID_SETTING, "org.conmgr.auth: auth: perhaps (expected: one of REQUIRED, TRUST)");
    }

    @Test
    void onlyConmgrsOfTheAllowedNetworksAreServed() throws IOException {
        listen(NOTHING, NOTHING, new Admission(List.of(Network.parse("n", "127.0.0.2/32")), 100));
        connect(NOTHING, NOTHING);
        Await.passes("refused", () -> assertThat(books.last()).startsWith("down"));
        assertLogged(Message.LINK_REFUSED, "its address is not in client_networks");
        assertThat(watcher.events).isEmpty();
    }

    @Test
    void anAddressHasItsShareOfLinksAndNoMore() throws IOException {
        listen(NOTHING, NOTHING, new Admission(List.of(), 2));
        connect(NOTHING, NOTHING);
        connect(NOTHING, NOTHING);
        Await.until("two links", () -> endpoint.links().size() == 2);
        connect(NOTHING, NOTHING);
        Await.passes("refused", () -> assertThat(books.last()).contains("max_links_per_address is 2"));
        assertLogged(Message.LINK_REFUSED, "max_links_per_address is 2");
    }

    @Test
    void noSecretIsEverShown() throws IOException {
        LinkSecurity atWatchdog = listen(tls(watchdogs, authority), secret("w", SECRET));
        LinkSecurity atConmgr = security(tls(conmgrs, authority), secret("c", SECRET));
        connect(atConmgr, "localhost");
        connect(NOTHING, secret("x", "a secret of another site"));
        assertLogged(Message.LINK_ESTABLISHED, "established");
        assertLogged(Message.LINK_REFUSED, "TLS");
        Settings.change(atWatchdog, Settings.auth(log, secret("short", "tooshort")));
        String shown = log.messages().stream().map(LogMessage::toString).collect(Collectors.joining("\n"))
                + log.messages().stream().map(LogMessage::text).collect(Collectors.joining("\n"))
                + books.events
                + watcher.events
                + endpoint.links()
                + atWatchdog.now()
                + atConmgr.now()
                + Terms.NONE
                + new Terms(null, atConmgr.now().secret(), true, "", "");
        String key =
                Files.readString(watchdogs.key()).lines().skip(1).findFirst().orElseThrow();
        assertThat(shown).contains("INVALID_SETTING").doesNotContain(SECRET, "tooshort", "another site", key);
    }
}
