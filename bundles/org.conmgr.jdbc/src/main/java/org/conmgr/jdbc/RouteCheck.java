package org.conmgr.jdbc;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.conmgr.direct.protocol.Frame;
import org.conmgr.direct.protocol.MalformedPacket;

/**
 * Checks what an answer says of where to go before anybody acts by it. The host becomes part of pgjdbc's URL, where
 * {@code db/x?sslmode=disable} would beat what the application has set.
 */
final class RouteCheck {
    private static final int LONGEST_HOST = 255;

    /** What separates the parts of a URL or of a list, quotes, or stands for another character. */
    private static final String NOT_IN_NAMES = ",/?&#%[]=\\:";

    private static final Pattern IPV4 =
            Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");
    private static final Pattern IPV6_LETTERS = Pattern.compile("(?=.*:)[0-9a-fA-F:.]+");
    private static final Pattern SCOPE = Pattern.compile("[0-9a-zA-Z._:-]+");

    private RouteCheck() {}

    /** @throws MalformedPacket the host is neither a name nor an address, or {@code hostaddr} is no address */
    static void check(Frame.Routed route) throws MalformedPacket {
        if (!isHost(route.host())) {
            throw new MalformedPacket("host: " + shown(route.host()) + " (expected: a host name or an address)");
        }
        if (!route.hostaddr().isEmpty() && !isAddress(route.hostaddr())) {
            throw new MalformedPacket("hostaddr: " + shown(route.hostaddr()) + " (expected: an address or nothing)");
        }
    }

    private static boolean isHost(String text) {
        return !text.isEmpty()
                && text.length() <= LONGEST_HOST
                && text.charAt(0) != '@'
                && (isAddress(text)
                        || text.chars()
                                .noneMatch(c -> c <= ' ' || Character.isISOControl(c) || NOT_IN_NAMES.indexOf(c) >= 0));
    }

    /** Whether this is an address as it stands, which nobody has to resolve. An IPv6 address may have a scope. */
    private static boolean isAddress(String text) {
        int percent = text.indexOf('%');
        String plain = percent < 0 ? text : text.substring(0, percent);
        if (percent < 0 && IPV4.matcher(plain).matches()) {
            return true;
        }
        if (!IPV6_LETTERS.matcher(plain).matches()
                || (percent >= 0 && !SCOPE.matcher(text.substring(percent + 1)).matches())) {
            return false;
        }
        try {
            // Java takes nothing with a colon for a name, so this never asks a name server.
            InetAddress.getByName(plain);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String shown(String text) {
        return text.isEmpty() ? "empty" : text.replaceAll("\\p{Cntrl}", " ");
    }
}
