package org.conmgr.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.conmgr.api.log.Message;

/** Gathers the problems of one file, in the order of its lines, and no more of them than anybody would read. */
final class Problems {
    /** How many of each kind are kept. */
    static final int MAX = 100;

    private final String file;
    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> remarks = new ArrayList<>();
    private int moreErrors;

    Problems(String file) {
        this.file = file;
    }

    void error(int line, String text) {
        error(line, () -> text);
    }

    /** An error whose text takes time to find: it is asked for only if it is kept. */
    void error(int line, Supplier<String> text) {
        if (errors.size() < MAX) {
            errors.add(new Problem(Message.INVALID_SETTING, file, line, visible(text.get())));
        } else {
            moreErrors++;
        }
    }

    /** A warning or a notice. */
    void remark(Message message, int line, String text) {
        if (remarks.size() < MAX) {
            remarks.add(new Problem(message, file, line, visible(text)));
        }
    }

    boolean hasErrors() {
        return !errors.isEmpty();
    }

    /** All, by line; those of the whole file last. */
    List<Problem> toList() {
        List<Problem> all = new ArrayList<>(errors);
        all.addAll(remarks);
        all.sort(Comparator.comparingInt(problem -> problem.line() == 0 ? Integer.MAX_VALUE : problem.line()));
        if (moreErrors > 0) {
            all.add(new Problem(Message.INVALID_SETTING, file, 0, "and " + moreErrors + " more errors"));
        }
        return List.copyOf(all);
    }

    /** Shows what an eye does not see (or a terminal obeys) by its number: {@code \\u00a0}. */
    private static String visible(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean hidden = c != ' '
                    && (Character.isISOControl(c)
                            || Character.isSpaceChar(c)
                            || Character.isWhitespace(c)
                            || Character.getType(c) == Character.FORMAT);
            if (hidden) {
                shown.append(String.format("\\u%04x", (int) c));
            } else {
                shown.append(c);
            }
        }
        return shown.toString();
    }
}
