package org.conmgr.trial.internal;

import java.io.PrintStream;
import java.time.Instant;
import java.util.Locale;
import org.conmgr.api.log.LogMessage;
import org.conmgr.api.log.LogSink;

/**
 * Tells what happens, each line with the seconds since the start. It is also the log sink {@code trial}: conmgr's and
 * the watchdogs' own messages stand where they fall in the story.
 */
final class Narrator implements LogSink {
    private final long start = System.nanoTime();
    private final PrintStream out;
    private volatile boolean over;

    Narrator(PrintStream out) {
        this.out = out;
    }

    /** A step of the story. */
    void step(String text) {
        print("", text);
    }

    /** What the application sees. */
    void application(String text) {
        print("  application: ", text);
    }

    private synchronized void print(String who, String text) {
        out.printf(Locale.ROOT, "[%7.3f s] %s%s%n", (System.nanoTime() - start) / 1e9, who, text);
        out.flush();
    }

    /** The story is over: how the servers stop is no part of it. */
    void end() {
        over = true;
    }

    /** Lines without a time, such as those to copy. */
    synchronized void plain(String text) {
        out.println(text);
        out.flush();
    }

    @Override
    public String destination() {
        return "trial";
    }

    @Override
    public void write(Instant at, LogMessage message) {
        if (over) {
            return;
        }
        print("    " + message.message().severity() + " " + message.message().id() + ": ", message.text());
    }
}
