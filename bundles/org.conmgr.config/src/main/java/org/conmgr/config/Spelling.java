package org.conmgr.config;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the parameter that somebody meant. */
public final class Spelling {
    private static final int MAX_LENGTH = 64;

    private Spelling() {}

    /** The parameter's name (with the instance number that was written) nearest to an unknown one, if one is near. */
    static Optional<String> nearest(String written) {
        if (written.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        String lower = written.toLowerCase(Locale.ROOT);
        String digits = lower.replaceFirst(".*?([0-9]*)$", "$1");
        String number = digits.isEmpty() ? "0" : digits;
        return Stream.of(Parameter.values())
                .map(parameter -> parameter.perInstance() ? parameter.key() + number : parameter.key())
                .filter(name -> isNear(lower, name))
                .min(Comparator.comparingInt(name -> distance(lower, name)));
    }

    private static boolean isNear(String written, String name) {
        int limit = Math.min(3, name.length() / 3);
        return Math.abs(written.length() - name.length()) <= limit && distance(written, name) <= limit;
    }

    /** How many characters to insert, delete, replace or swap with their neighbour. */
    public static int distance(String a, String b) {
        int[][] steps = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    steps[i][j] = i + j;
                    continue;
                }
                int replaced = steps[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                steps[i][j] = Math.min(replaced, 1 + Math.min(steps[i - 1][j], steps[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    steps[i][j] = Math.min(steps[i][j], steps[i - 2][j - 2] + 1);
                }
            }
        }
        return steps[a.length()][b.length()];
    }
}
