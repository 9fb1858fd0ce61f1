package org.conmgr.gateway.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/** A self-signed certificate in PEM files, made by the JDK's keytool. */
record TestCertificate(Path certificate, Path key) {
    /** The only name it is good for. */
    static final String NAME = "pg.test";

    static TestCertificate make() {
        char[] password = "secret".toCharArray();
        try {
            Path directory = Files.createTempDirectory("conmgr-gateway-certificate");
            directory.toFile().deleteOnExit();
            Path store = directory.resolve("store.p12");
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-keyalg",
                            "RSA",
                            "-keysize",
                            "2048",
                            "-alias",
                            "server",
                            "-dname",
                            "CN=" + NAME,
                            "-ext",
                            "SAN=dns:" + NAME,
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-keystore",
                            store.toString(),
                            "-storepass",
                            new String(password))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException("keytool: " + output);
            }
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, password);
            }
            TestCertificate made =
                    new TestCertificate(directory.resolve("server.crt"), directory.resolve("server.key"));
            write(made.certificate, "CERTIFICATE", keys.getCertificate("server").getEncoded());
            write(made.key, "PRIVATE KEY", keys.getKey("server", password).getEncoded());
            Files.delete(store);
            return made;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void write(Path file, String kind, byte[] der) throws IOException {
        String pem = "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
        Files.writeString(file, pem);
        file.toFile().deleteOnExit();
    }
}
