package org.conmgr.testkit.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A shell that stays open in one namespace: a command costs a fork, not a start of several programs. */
final class NamespaceShell implements AutoCloseable {
    private static final String END = "--end-of-command-- ";

    private final Process process;
    private final Writer in;
    private final BufferedReader out;

    NamespaceShell(List<String> prefix) {
        try {
            ProcessBuilder builder = new ProcessBuilder(Host.joined(prefix, List.of("sh"))).redirectErrorStream(true);
            builder.environment().put("LC_ALL", "C");
            builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
            process = builder.start();
            in = process.outputWriter(StandardCharsets.UTF_8);
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new LabException("no shell: " + e.getMessage(), e);
        }
    }

    /** Runs commands, one a line, until one fails; returns what they print. */
    synchronized String run(String commands) {
        try {
            in.write("( set -e\n" + commands + "\n) </dev/null\necho \"" + END + "$?\"\n");
            in.flush();
            StringBuilder text = new StringBuilder();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                int end = line.indexOf(END);
                if (end >= 0) {
                    if (!line.endsWith(END + "0")) {
                        throw new LabException(commands + ": " + text);
                    }
                    return text.append(line, 0, end).toString();
                }
                text.append(line).append('\n');
            }
            throw new LabException(commands + ": the shell has ended: " + text);
        } catch (IOException e) {
            throw new LabException(commands + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
