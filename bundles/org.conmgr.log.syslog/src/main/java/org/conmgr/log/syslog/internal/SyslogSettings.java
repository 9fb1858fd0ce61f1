package org.conmgr.log.syslog.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.regex.Pattern;
import org.conmgr.api.setting.InvalidSetting;
import org.conmgr.api.setting.Setting;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the syslog sink.
 *
 * @param path the socket of the local syslog
 * @param server the remote syslog; null for the local one
 * @param trusted the certificates that the server's is checked against; empty for those that Java trusts
 */
record SyslogSettings(
        Facility facility,
        String ident,
        Path path,
        @Nullable SyslogServer server,
        List<X509Certificate> trusted) {
    /** An APP-NAME of RFC 5424 that is also a tag of the older format, which a colon or bracket ends. */
    private static final Pattern IDENT = Pattern.compile("[!-~&&[^:\\[\\]]]{1,48}");

    SyslogSettings {
        trusted = List.copyOf(trusted);
    }

    /** @throws InvalidSetting if one of them cannot be used */
    static SyslogSettings of(SyslogConfiguration configuration) {
        return new SyslogSettings(
                Setting.word("syslog_facility", configuration.syslog__facility(), Facility.class),
                ident(configuration.syslog__ident().strip()),
                path("syslog_path", configuration.syslog__path(), "the path of a socket"),
                server(configuration.syslog__server()),
                trusted(configuration.syslog__ca__file()));
    }

    private static String ident(String text) {
        if (!IDENT.matcher(text).matches()) {
            throw new InvalidSetting(
                    "syslog_ident", text, "1 to 48 printable ASCII characters, none of them a blank, ':', '[' or ']'");
        }
        return text;
    }

    private static Path path(String key, String text, String expected) {
        try {
            if (!text.isBlank()) {
                return Path.of(text.strip());
            }
        } catch (InvalidPathException e) {
            // Said below.
        }
        throw new InvalidSetting(key, text, expected);
    }

    private static @Nullable SyslogServer server(String text) {
        return text.isBlank() ? null : SyslogServer.of("syslog_server", text);
    }

    private static List<X509Certificate> trusted(String text) {
        String key = "syslog_ca_file";
        String expected = "a PEM file of certificates";
        if (text.isBlank()) {
            return List.of();
        }
        try (InputStream file = Files.newInputStream(path(key, text, expected))) {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(file).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (!certificates.isEmpty()) {
                return certificates;
            }
        } catch (IOException | CertificateException e) {
            throw new InvalidSetting(key, text, expected + ": " + e);
        }
        throw new InvalidSetting(key, text, expected);
    }
}
