package org.conmgr.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.conmgr.listener.FirstPacket;

/**
 * What a StartupMessage sets: as a parameter of its own, or in {@code options}, whose syntax is that of PostgreSQL's
 * command line ({@code -c name=value}, {@code -cname=value}, {@code --name=value}; a backslash keeps the character
 * behind it; process_postgres_switches and pg_split_opts in its postgres.c and postinit.c).
 */
public final class StartupOptions {
    private StartupOptions() {}

    /**
     * The value of a setting; of several in {@code options} the last. PostgreSQL sets the parameter of its own after
     * those, so it wins.
     *
     * @param name in lower case, as {@code conmgr.target_session_attrs}
     */
    public static Optional<String> value(FirstPacket.Startup startup, String name) {
        Optional<String> found = Optional.empty();
        List<String> words = words(startup.parameters().getOrDefault("options", ""));
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String setting = "";
            if (word.startsWith("--")) {
                setting = word.substring(2);
            } else if (word.equals("-c")) {
                i++;
                setting = i < words.size() ? words.get(i) : "";
            } else if (word.startsWith("-c")) {
                setting = word.substring(2);
            }
            int equals = setting.indexOf('=');
            // As PostgreSQL's ParseLongOption: a dash in a name is an underscore.
            if (equals > 0
                    && setting.substring(0, equals)
                            .replace('-', '_')
                            .toLowerCase(Locale.ROOT)
                            .equals(name)) {
                found = Optional.of(setting.substring(equals + 1));
            }
        }
        for (var parameter : startup.parameters().entrySet()) {
            if (parameter.getKey().toLowerCase(Locale.ROOT).equals(name)) {
                found = Optional.of(parameter.getValue());
            }
        }
        return found;
    }

    private static List<String> words(String options) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        for (int i = 0; i < options.length(); i++) {
            char c = options.charAt(i);
            if (c == '\\' && i + 1 < options.length()) {
                word.append(options.charAt(++i));
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }
}
