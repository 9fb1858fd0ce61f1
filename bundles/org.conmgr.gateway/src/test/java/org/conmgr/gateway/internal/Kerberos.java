package org.conmgr.gateway.internal;

import io.netty.util.NetUtil;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.Await;
import org.conmgr.testkit.FreePort;

/** A Kerberos realm of a test's own: a key distribution centre on a port of loopback, all its files in one directory. */
final class Kerberos implements AutoCloseable {
    static final String REALM = "CONMGR.TEST";

    private static final String KDC = "/usr/sbin/krb5kdc";
    private static final String DATABASE = "/usr/sbin/kdb5_util";
    private static final String ADMIN = "/usr/sbin/kadmin.local";

    private final Path directory;
    private final Process kdc;

    static void assumeThere() {
        Program.assumeThere(KDC, DATABASE, ADMIN, "kinit");
    }

    /** @param directory an empty one that the server's user can read */
    Kerberos(Path directory) throws IOException {
        this.directory = directory;
        int port = FreePort.next();
        Files.writeString(directory.resolve("krb5.conf"), """
                [libdefaults]
                  default_realm = %s
                  dns_lookup_kdc = false
                  dns_lookup_realm = false
                  dns_canonicalize_hostname = false
                  rdns = false
                  udp_preference_limit = 1
                [realms]
                  %s = {
                    kdc = 127.0.0.1:%d
                  }
                """.formatted(REALM, REALM, port));
        Files.writeString(directory.resolve("kdc.conf"), """
                [kdcdefaults]
                  kdc_listen = ""
                  kdc_tcp_listen = 127.0.0.1:%d
                [realms]
                  %s = {
                    database_name = %s/principal
                    key_stash_file = %s/stash
                  }
                [logging]
                  kdc = FILE:%s/kdc.log
                """.formatted(port, REALM, directory, directory, directory));
        in(Program.of(DATABASE, "create", "-s", "-r", REALM, "-P", "master"))
                .run()
                .successful();
        ProcessBuilder builder =
                new ProcessBuilder(KDC, "-n").redirectErrorStream(true).redirectOutput(file("kdc.out"));
        builder.environment().put("KRB5_CONFIG", directory.resolve("krb5.conf").toString());
        builder.environment()
                .put("KRB5_KDC_PROFILE", directory.resolve("kdc.conf").toString());
        kdc = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(kdc::destroyForcibly));
        Await.until("the key distribution centre listens", () -> {
            if (!kdc.isAlive()) {
                throw new AssertionError(Files.readString(directory.resolve("kdc.out")));
            }
            try (Socket socket = new Socket(NetUtil.LOCALHOST4, port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private File file(String name) {
        return directory.resolve(name).toFile();
    }

    /** Makes a principal; returns its keys' file. */
    Path principal(String name) {
        try {
            Path keytab = directory.resolve(name.replace('/', '-') + ".keytab");
            in(Program.of(ADMIN, "-r", REALM, "-q", "addprinc -randkey " + name))
                    .run()
                    .successful();
            in(Program.of(ADMIN, "-r", REALM, "-q", "ktadd -k " + keytab + " " + name))
                    .run()
                    .successful();
            Files.setPosixFilePermissions(keytab, PosixFilePermissions.fromString("rw-r--r--"));
            return keytab;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gets a ticket for all programs {@link #in} this realm. */
    void login(String principal, Path keytab) {
        in(Program.of("kinit", "-k", "-t", keytab.toString(), principal)).run().successful();
    }

    /** The program as one of this realm. */
    Program in(Program program) {
        return program.environment("KRB5_CONFIG", directory.resolve("krb5.conf").toString())
                .environment("KRB5_KDC_PROFILE", directory.resolve("kdc.conf").toString())
                .environment("KRB5CCNAME", "FILE:" + directory.resolve("tickets"));
    }

    @Override
    public void close() {
        kdc.destroy();
        kdc.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
