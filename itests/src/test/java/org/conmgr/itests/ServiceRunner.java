package org.conmgr.itests;

import java.util.concurrent.FutureTask;
import org.conmgr.cmctl.ConmgrProcess;

/** What the runner of a Windows service does: start on one thread, stop on another, then wait for all threads. */
public final class ServiceRunner {
    private ServiceRunner() {}

    /** Stops at the end of its standard input. */
    public static void main(String[] arguments) throws Exception {
        FutureTask<Boolean> start = new FutureTask<>(() -> {
            ConmgrProcess.start(arguments);
            return true;
        });
        new Thread(start, "start").start();
        System.in.readAllBytes();
        ConmgrProcess.stop(arguments);
        System.err.println("stopped: " + start.get());
    }
}
