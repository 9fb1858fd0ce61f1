package org.conmgr.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Issues certificates for tests, with the {@code openssl} commands that {@code docs/link-security.md} recommends. */
public final class CertificateAuthority {
    private static final String[] NEW_KEY = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"};

    private final Path directory;
    private final String name;

    /** A certificate and its private key, in PEM files. */
    public record Issued(Path certificate, Path key) {
        /** Puts these files in the place of others, each in one step, the key first. */
        public void replace(Issued other) {
            try {
                Files.move(key, other.key, StandardCopyOption.ATOMIC_MOVE);
                Files.move(certificate, other.certificate, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private CertificateAuthority(Path directory, String name) {
        this.directory = directory;
        this.name = name;
    }

    /** A new authority that keeps its files in this directory. */
    public static CertificateAuthority create(Path directory, String name) {
        CertificateAuthority authority = new CertificateAuthority(directory, name);
        List<String> command = new ArrayList<>(List.of("req", "-x509", "-days", "30", "-subj", "/CN=" + name));
        command.addAll(Arrays.asList(NEW_KEY));
        command.addAll(List.of(
                "-addext",
                "basicConstraints=critical,CA:TRUE",
                "-addext",
                "keyUsage=critical,keyCertSign",
                "-keyout",
                authority.file(name + ".key").toString(),
                "-out",
                authority.certificate().toString()));
        authority.openssl(command);
        return authority;
    }

    /** One whose files are in this directory already. */
    public static CertificateAuthority at(Path directory, String name) {
        return new CertificateAuthority(directory, name);
    }

    /** Its own certificate, the one that others trust. */
    public Path certificate() {
        return file(name + ".crt");
    }

    /**
     * Issues a certificate.
     *
     * @param commonName also the name of its files
     * @param alternatives as openssl writes them: {@code DNS:localhost,IP:127.0.0.1}
     */
    public Issued issue(String commonName, String alternatives) {
        return issue(commonName, alternatives, "1");
    }

    /** One that was valid until yesterday. */
    public Issued issueExpired(String commonName, String alternatives) {
        return issue(commonName, alternatives, "-1");
    }

    private Issued issue(String commonName, String alternatives, String days) {
        Issued issued = new Issued(file(commonName + ".crt"), file(commonName + ".key"));
        Path request = file(commonName + ".csr");
        List<String> ask = new ArrayList<>(List.of("req", "-new", "-subj", "/CN=" + commonName));
        ask.addAll(Arrays.asList(NEW_KEY));
        ask.addAll(List.of(
                "-addext",
                "subjectAltName=" + alternatives,
                "-keyout",
                issued.key().toString(),
                "-out",
                "" + request));
        openssl(ask);
        openssl(List.of(
                "x509",
                "-req",
                "-days",
                days,
                "-copy_extensions",
                "copy",
                "-CAcreateserial",
                "-CA",
                certificate().toString(),
                "-CAkey",
                file(name + ".key").toString(),
                "-in",
                request.toString(),
                "-out",
                issued.certificate().toString()));
        return issued;
    }

    private Path file(String file) {
        return directory.resolve(file);
    }

    private void openssl(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(arguments);
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ":\n" + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
