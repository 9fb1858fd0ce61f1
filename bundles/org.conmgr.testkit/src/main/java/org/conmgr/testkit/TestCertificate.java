package org.conmgr.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/**
 * A self-signed certificate in PEM files, made by the JDK's keytool.
 *
 * @param name the only one it is good for
 */
public record TestCertificate(String name, Path certificate, Path key) {
    /** Makes one for a host of this name or IPv4 address. */
    public static TestCertificate make(String name) {
        char[] password = "secret".toCharArray();
        try {
            Path directory = Files.createTempDirectory("conmgr-certificate");
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
                            "CN=" + name,
                            "-ext",
                            (name.matches("[0-9.]+") ? "SAN=ip:" : "SAN=dns:") + name,
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
                    new TestCertificate(name, directory.resolve("server.crt"), directory.resolve("server.key"));
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
