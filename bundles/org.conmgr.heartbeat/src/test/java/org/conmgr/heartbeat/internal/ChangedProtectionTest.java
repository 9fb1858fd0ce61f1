package org.conmgr.heartbeat.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.conmgr.api.link.VerdictReason;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.Message;
import org.conmgr.heartbeat.internal.security.LinkSecurity;
import org.conmgr.heartbeat.internal.security.Settings;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.CertificateAuthority;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Files and settings that change while there are links. */
@NullUnmarked
class ChangedProtectionTest extends ProtectedLinks {
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
        // The next attempt says it in other words.
        Await.passes("unmonitored", () -> assertThat(books.events)
                .anyMatch(event -> event.startsWith("unmonitored") && event.contains("now wants the shared secret")));

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
        assertNoneCosts();
    }

    /** As when an administrator gives the secret to the client host first. */
    @Test
    void aConmgrThatDemandsMoreThanItsWatchdogHasCostsNoSession() throws IOException {
        LinkSecurity atWatchdog = listen(NOTHING, NOTHING);
        LinkSecurity atConmgr = security(NOTHING, NOTHING);
        atConmgr.observe(connect(atConmgr, "localhost")::securityChanged);
        assertUp();
        Settings.change(atConmgr, Settings.auth(log, secret("c", SECRET)));
        Await.until("it has tried again and again", () -> watcher.losses.size() > 3);
        assertNoneCosts();
        Settings.change(atWatchdog, Settings.auth(log, secret("w", SECRET)));
        assertUp();
        assertNoneCosts();
    }

    private void assertNoneCosts() {
        assertThat(watcher.losses)
                .isNotEmpty()
                .allSatisfy(loss -> assertThat(loss.verdict().reason()).isEqualTo(VerdictReason.UNAUTHENTICATED));
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
    void afterSettingsThatCannotBeUsedTheFilesOfThoseInForceAreStillReadAnew() throws IOException {
        LinkSecurity atWatchdog = listen(NOTHING, secret("w", SECRET));
        Settings.change(atWatchdog, Settings.auth(log, Map.of("auth", "perhaps")));
        secret("w", "the secret of the next year");
        assertLogged(Message.FILES_READ_ANEW, "org.conmgr.auth");
        connect(NOTHING, secret("c", "the secret of the next year"));
        assertUp();
    }

    @Test
    void aSecretThatWasMissingIsReadOnceItIsThere() throws IOException {
        listen(NOTHING, Map.of("secret_file", directory.resolve("late").toString()));
        connect(NOTHING, secret("c", SECRET));
        assertThat(assertRefused()).contains("its settings are not valid");
        secret("late", SECRET);
        assertUp();
        assertThat(log.messages(Message.INVALID_SETTING)).hasSize(1);
    }

    /** To which the file's time and size do not testify. */
    @Test
    void aKeyThatOthersCouldReadIsReadOnceItIsClosedToThem() throws IOException {
        Files.setPosixFilePermissions(conmgrs.key(), PosixFilePermissions.fromString("rw-r--r--"));
        listen(tls(watchdogs, authority), NOTHING);
        connect(tls(conmgrs, authority), NOTHING);
        assertThat(assertRefused()).contains("closed to group and others");
        Files.setPosixFilePermissions(conmgrs.key(), PosixFilePermissions.fromString("rw-------"));
        assertUp();
    }

    @Test
    void laterSettingsTakeOverOnceTheirFilesAreThere() throws IOException {
        LinkSecurity atWatchdog = listen(NOTHING, NOTHING);
        connect(NOTHING, NOTHING);
        assertUp();
        Settings.change(
                atWatchdog,
                Settings.auth(log, Map.of("secret_file", directory.resolve("w").toString())));
        assertLogged(Message.INVALID_SETTING, "a file, which is not there");
        assertThat(watcher.losses).isEmpty();
        secret("w", SECRET);
        Await.until("the link without the secret has ended", () -> watcher.losses.size() == 1);
        assertThat(watcher.losses.get(0).verdict().reason()).isEqualTo(VerdictReason.UNAUTHENTICATED);
        connect(NOTHING, secret("c", SECRET));
        Await.until("one with it is up", () -> endpoint.links().size() == 1);
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
