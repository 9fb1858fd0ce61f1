package org.conmgr.heartbeat.internal.security;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.conmgr.api.setting.InvalidSetting;
import org.jspecify.annotations.Nullable;

/**
 * This end's certificate and key and the authorities whose certificates it accepts, read from PEM files once; TLS 1.2
 * or 1.3, in which both ends show a certificate. Sessions are not resumed: every link is checked anew.
 */
public final class MutualTls {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END \\1PRIVATE KEY-----");
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final int SUBJECT_ALTERNATIVE_DNS = 2;

    private final Path certificateFile;
    private final X509Certificate certificate;
    private final SslContext client;
    private final SslContext server;
    private final SslContext trustingServer;

    private MutualTls(
            Path certificateFile, List<X509Certificate> chain, PrivateKey key, List<X509Certificate> authorities)
            throws SSLException {
        this.certificateFile = certificateFile;
        certificate = chain.get(0);
        client = configured(SslContextBuilder.forClient().keyManager(key, chain), authorities)
                .endpointIdentificationAlgorithm("HTTPS")
                .build();
        server = configured(SslContextBuilder.forServer(key, chain), authorities)
                .clientAuth(ClientAuth.REQUIRE)
                .build();
        trustingServer = configured(SslContextBuilder.forServer(key, chain), authorities)
                .clientAuth(ClientAuth.OPTIONAL)
                .build();
    }

    private static SslContextBuilder configured(SslContextBuilder builder, List<X509Certificate> authorities) {
        return builder.sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .trustManager(authorities)
                .sessionCacheSize(1)
                .sessionTimeout(1);
    }

    /**
     * Reads the three files.
     *
     * @throws InvalidSetting if they do not fit
     */
    static MutualTls load(Path certificate, Path key, Path ca) {
        List<X509Certificate> chain = certificates("certificate", certificate);
        PublicKey publicKey = chain.get(0).getPublicKey();
        PrivateKey privateKey = key(key, publicKey.getAlgorithm());
        if (!belong(publicKey, privateKey)) {
            throw new InvalidSetting("key", key.toString(), "the key of the certificate in " + certificate);
        }
        try {
            return new MutualTls(certificate, chain, privateKey, certificates("ca", ca));
        } catch (SSLException e) {
            throw new InvalidSetting("certificate", certificate.toString(), "a certificate for TLS; " + e.getMessage());
        }
    }

    private static List<X509Certificate> certificates(String key, Path file) {
        try {
            List<X509Certificate> certificates = new ArrayList<>();
            for (Certificate one : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(PrivateFile.read(key, file)))) {
                certificates.add((X509Certificate) one);
            }
            if (certificates.isEmpty()) {
                throw new InvalidSetting(key, file.toString(), "certificates in PEM");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw new InvalidSetting(key, file.toString(), "certificates in PEM");
        }
    }

    private static PrivateKey key(Path file, String algorithm) {
        Matcher pem = KEY.matcher(new String(PrivateFile.readPrivate("key", file), StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw new InvalidSetting("key", file.toString(), "a private key in PEM");
        }
        if (!pem.group(1).isEmpty()) {
            throw new InvalidSetting(
                    "key",
                    file + " with an \"" + pem.group(1) + "PRIVATE KEY\"",
                    "a \"PRIVATE KEY\" without a passphrase; \"openssl pkcs8 -topk8 -nocrypt\" makes one of it");
        }
        try {
            return KeyFactory.getInstance(algorithm)
                    .generatePrivate(
                            new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(2))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new InvalidSetting(
                    "key", file.toString(), "a private key of kind " + algorithm + ", as the certificate's");
        }
    }

    /** While files are being renewed there is a moment in which they do not fit each other. */
    private static boolean belong(PublicKey publicKey, PrivateKey privateKey) {
        String algorithm =
                switch (publicKey.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> publicKey.getAlgorithm();
                };
        byte[] text = {1, 2, 3, 4};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * The handler of a conmgr's link.
     *
     * @param host what the watchdog's certificate must be for: a name, or an address as text
     */
    public SslHandler client(ByteBufAllocator allocator, String host, int port, Executor executor) {
        return client.newHandler(allocator, host, port, executor);
    }

    /** The handler of a watchdog's link; {@code trusting} takes a conmgr without a certificate too. */
    public SslHandler server(ByteBufAllocator allocator, boolean trusting, Executor executor) {
        return (trusting ? trustingServer : server).newHandler(allocator, executor);
    }

    /** Until when this end's certificate is valid. */
    Instant validUntil() {
        return certificate.getNotAfter().toInstant();
    }

    Path certificateFile() {
        return certificateFile;
    }

    /** What a proof is bound to: SHA-256 of the watchdog's certificate, hexadecimal. */
    public static String binding(SSLSession session, boolean atConmgr) throws SSLPeerUnverifiedException {
        Certificate[] chain = atConmgr ? session.getPeerCertificates() : session.getLocalCertificates();
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every Java platform has SHA-256, and it was encoded when it came.
        }
    }

    /**
     * The names the peer's certificate is for: its common name and its DNS names; null when it has shown none.
     */
    public static @Nullable List<String> names(SSLSession session) {
        try {
            X509Certificate shown = (X509Certificate) session.getPeerCertificates()[0];
            List<String> names = new ArrayList<>();
            for (Rdn part : new LdapName(shown.getSubjectX500Principal().getName()).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    names.add(String.valueOf(part.getValue()));
                }
            }
            var alternatives = shown.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    if (Integer.valueOf(SUBJECT_ALTERNATIVE_DNS).equals(alternative.get(0))) {
                        names.add(String.valueOf(alternative.get(1)));
                    }
                }
            }
            return names;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        } catch (GeneralSecurityException | InvalidNameException e) {
            return List.of(); // A certificate whose names cannot be read is for nobody.
        }
    }
}
