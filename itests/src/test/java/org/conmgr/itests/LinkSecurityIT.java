package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.CertificateAuthority;
import org.conmgr.testkit.CertificateAuthority.Issued;
import org.conmgr.testkit.lab.Host;
import org.conmgr.testkit.lab.Lab;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A conmgr and a watchdog on two hosts: no link without protection, then certificates and a secret, then renewed ones. */
@NullUnmarked
class LinkSecurityIT {
    private static final String SECRET = "the secret that nobody may see";
    private static final String INSTANCE_DOWN = "instance stopped";
    private static final String ESTABLISHED = "heartbeat link from conmgr \"web1\" at ";

    @TempDir
    Path directory;

    @BeforeAll
    static void hosts() {
        Lab.assumeAvailable();
    }

    @Test
    void linksBetweenHostsAreProtected() throws IOException {
        try (Lab lab = Lab.open()) {
            Host db = lab.database("db1");
            Host web = lab.client("web1");
            // No instance is needed: that its watchdog cannot reach it is told over the link.
            try (Node watchdog = Node.start(
                            "watchdog",
                            new Node.Settings()
                                    .with("org.conmgr.watchdog~pg", "url", "jdbc:postgresql://127.0.0.1:1/postgres"),
                            db);
                    Node conmgr = Node.start(
                            "conmgr",
                            new Node.Settings()
                                    .with("org.conmgr.heartbeat", "conmgr_name", "web1")
                                    .with("org.conmgr.heartbeat", "heartbeat_interval", "200ms")
                                    .with("org.conmgr.heartbeat", "heartbeat_timeout", "10s")
                                    .with("org.conmgr.instance~0", "backend_host", "db1.example.com")
                                    .with("org.conmgr.instance~0", "backend_hostaddr", db.address()),
                            web)) {
                conmgr.awaitOutput("unauthenticated: the watchdog is on another host, so both need certificates"
                        + " (org.conmgr.tls) or a shared secret (org.conmgr.auth), or auth = trust");
                watchdog.awaitOutput("serves only conmgrs of its own host");
                assertThat(watchdog.output()).doesNotContain(ESTABLISHED);

                CertificateAuthority authority = CertificateAuthority.create(directory, "site-ca");
                Issued ofDb = authority.issue("db1", "DNS:db1.example.com");
                protect(watchdog, authority, ofDb);
                Issued ofWeb = authority.issue("web1", "DNS:web1.example.com");
                protect(conmgr, authority, ofWeb);
                watchdog.awaitOutput(ESTABLISHED + web.address());
                conmgr.awaitOutput(INSTANCE_DOWN);

                // What makes links anew is over when both have read renewed files: both PIDs are in force at both ends.
                renew(ofDb, "db1");
                renew(ofWeb, "web1");
                awaitRenewal(watchdog, 1);
                awaitRenewal(conmgr, 1);
                watchdog.awaitOutput(ESTABLISHED + web.address());
                long links = count(watchdog.output(), ESTABLISHED);
                renew(ofDb, "db1");
                awaitRenewal(watchdog, 2);
                assertThat(count(watchdog.output(), ESTABLISHED)).isEqualTo(links);

                String key = Files.readAllLines(ofDb.key()).get(1);
                assertThat(watchdog.output() + conmgr.output()).doesNotContain(SECRET, key);
            }
        }
    }

    private void protect(Node node, CertificateAuthority authority, Issued own) throws IOException {
        Path secret = directory.resolve("secret");
        if (!Files.exists(secret)) {
            Files.createFile(
                    secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(secret, SECRET + "\n");
        }
        node.configure("org.conmgr.auth", Map.of("secret_file", secret.toString()));
        node.configure(
                "org.conmgr.tls",
                new TreeMap<>(Map.of(
                        "certificate", own.certificate().toString(),
                        "key", own.key().toString(),
                        "ca", authority.certificate().toString())));
    }

    private void renew(Issued old, String name) throws IOException {
        Path renewed = Files.createTempDirectory(directory, "renewed");
        for (String file : List.of("site-ca.crt", "site-ca.key")) {
            Files.copy(directory.resolve(file), renewed.resolve(file));
        }
        CertificateAuthority.at(renewed, "site-ca")
                .issue(name, "DNS:" + name + ".example.com")
                .replace(old);
    }

    private static void awaitRenewal(Node node, int times) {
        Await.until(
                "files read anew " + times + " times",
                Duration.ofSeconds(30),
                () -> count(node.output(), "org.conmgr.tls: read anew") >= times);
    }

    private static long count(String text, String part) {
        return Stream.of(text.split("\n", -1))
                .filter(line -> line.contains(part))
                .count();
    }
}
