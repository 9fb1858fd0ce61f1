package org.conmgr.gateway.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** A {@link CrowdProcess}: it has the files of as many sessions as the gateway, so it cannot be in the same process. */
final class Crowd implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    private final Writer in;
    private final int port;

    /** How the crowd fares. */
    record State(int ready, int answers, int told, int ended) {}

    Crowd() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CrowdProcess.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        in = process.outputWriter(UTF_8);
        port = Integer.parseInt(line());
    }

    private String line() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the crowd's process has ended");
        }
        return line;
    }

    /** Of the instance that its clients are for. */
    int port() {
        return port;
    }

    /** Connects clients; returns when all are ready for a query or have failed. */
    State open(int at, int count) throws IOException {
        return tell("open " + at + " " + count);
    }

    /** Has every client ask once; does not wait for the answers. */
    State sync() throws IOException {
        return tell("sync");
    }

    State state() throws IOException {
        return tell("state");
    }

    private State tell(String command) throws IOException {
        in.write(command + "\n");
        in.flush();
        int[] counts =
                Arrays.stream(line().split(" ", -1)).mapToInt(Integer::parseInt).toArray();
        return new State(counts[0], counts[1], counts[2], counts[3]);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
