package org.conmgr.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/**
 * Passes TCP connections on, each piece of data after a delay that is random and never lets one piece overtake another:
 * what a kernel without netem cannot do. Arguments: {@code PORT=HOST:PORT ...}. A number on standard input is the
 * greatest delay from then on, in ms.
 */
public final class LabRelay {
    private static volatile int greatestDelay;

    private LabRelay() {}

    public static void main(String[] arguments) throws IOException {
        for (String pair : arguments) {
            String[] ends = pair.split("[=:]", 3);
            ServerSocket listening = new ServerSocket(Integer.parseInt(ends[0]));
            daemon(() -> {
                while (true) {
                    Socket in = listening.accept();
                    daemon(() -> relay(in, new Socket(ends[1], Integer.parseInt(ends[2]))));
                }
            });
        }
        System.out.println("relaying");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            greatestDelay = Integer.parseInt(order);
        }
        System.exit(0);
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                System.out.println("ended: " + e.getMessage());
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void relay(Socket in, Socket out) throws IOException {
        in.setTcpNoDelay(true);
        out.setTcpNoDelay(true);
        daemon(() -> pump(in, out));
        pump(out, in);
    }

    private static void pump(Socket from, Socket to) throws IOException {
        Random random = new Random();
        try (from;
                to) {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            byte[] buffer = new byte[65536];
            for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
                byte[] piece = Arrays.copyOf(buffer, read);
                int bound = greatestDelay;
                if (bound > 0) {
                    LabSite.pause(Duration.ofMillis(random.nextInt(bound + 1)));
                }
                output.write(piece);
            }
        }
    }
}
