package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.conmgr.api.instance.ConfiguredInstance;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.Admission;
import org.conmgr.heartbeat.Network;
import org.conmgr.netty.internal.NettyTransport;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.CertificateAuthority;
import org.conmgr.testkit.CertificateAuthority.Issued;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets a link, and what those who do not are told. */
@NullUnmarked
class ProtectedLinkTest extends ProtectedLinks {
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
    void onlyConmgrsOfTheAllowedNetworksAreServed() throws IOException {
        listen(NOTHING, NOTHING, new Admission(List.of(Network.parse("n", "127.0.0.2/32")), 100));
        connect(NOTHING, NOTHING);
        Await.passes("refused", () -> assertThat(books.last()).startsWith("down"));
        assertLogged(Message.LINK_REFUSED, "its address is not in client_networks");
        assertThat(watcher.events).isEmpty();
    }

    /** Which is one host with 127.0.0.1, whichever of the two is in the settings. */
    @ParameterizedTest
    @ValueSource(strings = {"::1", "127.0.0.1"})
    void theIpv6LoopbackAddressIsInItsOwnNetworkAndInThatOfTheHost(String network) throws IOException {
        InetAddress v6 = Network.parse("n", "::1").address();
        Assumptions.assumeTrue(NetworkInterface.getByInetAddress(v6) != null, "this host has no IPv6");
        listen(v6, NOTHING, NOTHING, new Admission(List.of(Network.parse("n", network)), 100));
        connect(security(NOTHING, NOTHING), "::1");
        assertUp();
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
}
