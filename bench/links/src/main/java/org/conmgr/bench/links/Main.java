package org.conmgr.bench.links;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Opens many heartbeat links to one watchdog, both over real TCP on this machine but each in a JVM of its own, lets them
 * beat and prints what the watchdog spent. The watchdog's JVM has the options of {@code bin/conmgr}.
 *
 * <p>Arguments: links (10,000), seconds to measure (30), {@code heartbeat_interval} in ms (1,000).
 */
public final class Main {
    private static final List<String> AS_CONMGR =
            List.of("-XX:+UseSerialGC", "-Xms16m", "-Xmn8m", "-Xmx256m", "-Xss512k", "-XX:TieredStopAtLevel=1");
    private static final int WARM_UP_SECONDS = 20;

    private Main() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int links = number(arguments, 0, 10_000);
        int seconds = number(arguments, 1, 30);
        int intervalMillis = number(arguments, 2, 1_000);
        try (Side watchdog = Side.start(WatchdogSide.class, AS_CONMGR)) {
            Figures empty = watchdog.ask("collect");
            int port = (int) empty.get("port");
            try (Side conmgrs = Side.start(
                    ConmgrSide.class,
                    List.of("-XX:+UseSerialGC", "-Xmx1g"),
                    "" + port,
                    "" + links,
                    "" + intervalMillis)) {
                long opening = System.nanoTime();
                conmgrs.ask("open");
                print("%,d links at %,d ms beats, opened in %.1f s", links, intervalMillis, seconds(opening));
                TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);

                conmgrs.ask("reset");
                Figures before = watchdog.ask("look");
                TimeUnit.SECONDS.sleep(seconds);
                Figures after = watchdog.ask("look");
                Figures heard = conmgrs.ask("look");
                Figures full = watchdog.ask("collect");
                report(links, empty, before, after, heard, full);
            }
        }
    }

    private static void report(int links, Figures empty, Figures before, Figures after, Figures heard, Figures full) {
        double cores = (after.get("cpu") - before.get("cpu")) / (after.get("time") - before.get("time"));
        double heap = (full.get("heap") - empty.get("heap")) / links;
        double resident = (full.get("resident") - empty.get("resident")) / links;
        print("watchdog CPU            %.3f cores", cores);
        print("heap a link             %,.0f bytes (after full collections)", heap);
        print("resident memory a link  %,.0f bytes", resident);
        print(
                "beats heard             %,.0f by the conmgrs; waits over 1.5 intervals: %.0f",
                heard.get("beats"), heard.get("missed"));
        print(
                "longest wait            %.0f ms; the latest beat was sent %.0f ms late; stalls of the load itself: up to"
                        + " %.0f ms",
                heard.get("longest"), heard.get("latest"), heard.get("stall"));
        print("links lost              %.0f; standing at the end: %.0f", after.get("lost"), after.get("links"));
        print(
                "100,000 links           %.1f cores, %,.0f MiB of heap, %,.0f MiB resident, if it stays linear",
                cores * 100_000 / links, heap * 100_000 / (1 << 20), resident * 100_000 / (1 << 20));
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static int number(String[] arguments, int index, int otherwise) {
        return index < arguments.length ? Integer.parseInt(arguments[index]) : otherwise;
    }

    private static void print(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
