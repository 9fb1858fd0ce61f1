package org.conmgr.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Writers as a process of their own, for {@link LabSite}: each inserts the numbers of a sequence of its own, one after
 * the other, and tells of each insert that was acknowledged: {@code acked WRITER NUMBER NANOS}. What fails is not tried
 * again: the writer takes a new connection and the next number. Arguments: URL, number of the first writer, how many.
 * A line on standard input ends them.
 */
public final class LabWriter {
    static final String TABLE = "create table written (writer int, number bigint, primary key (writer, number))";

    private static volatile boolean writing = true;

    private LabWriter() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int first = Integer.parseInt(arguments[1]);
        List<Thread> writers = new ArrayList<>();
        for (int writer = first; writer < first + Integer.parseInt(arguments[2]); writer++) {
            int own = writer;
            Thread thread = new Thread(() -> write(arguments[0], own), "writer " + writer);
            thread.start();
            writers.add(thread);
        }
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        writing = false;
        for (Thread thread : writers) {
            thread.join();
        }
        say("done");
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }

    private static void write(String url, int writer) {
        long number = 0;
        while (writing) {
            try (Connection connection = DriverManager.getConnection(url);
                    PreparedStatement insert = connection.prepareStatement("insert into written values (?, ?)")) {
                while (writing) {
                    insert.setInt(1, writer);
                    insert.setLong(2, ++number);
                    insert.executeUpdate();
                    say("acked " + writer + " " + number + " " + System.nanoTime());
                    LabSite.pause(Duration.ofMillis(5));
                }
            } catch (SQLException e) {
                say("failed " + writer + " " + number + " " + e.getSQLState() + " " + System.nanoTime() + " "
                        + String.valueOf(e.getMessage()).replace('\n', ' '));
                LabSite.pause(Duration.ofMillis(5));
            }
        }
    }
}
