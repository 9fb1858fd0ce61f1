package org.conmgr.api.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** How a message reads. */
final class Paragraphs {
    /** A chain of causes that is longer than this runs in a circle. */
    private static final int MAX_CAUSES = 10;

    private Paragraphs() {}

    static List<String> of(LogMessage message) {
        List<String> paragraphs = new ArrayList<>(4);
        paragraphs.add(paragraph(message.message().severity().name(), message.headline()));
        String detail = detail(message);
        if (!detail.isEmpty()) {
            paragraphs.add(paragraph("DETAIL", detail));
        }
        String hint = message.hint();
        if (hint != null) {
            paragraphs.add(paragraph("HINT", hint));
        }
        Throwable cause = message.cause();
        if (cause != null && isInternalError(message.message())) {
            StringWriter trace = new StringWriter();
            cause.printStackTrace(new PrintWriter(trace));
            paragraphs.add(paragraph("BACKTRACE", trace.toString()));
        }
        return paragraphs;
    }

    private static boolean isInternalError(Message message) {
        return message.id().startsWith("CM9") && message.severity().compareTo(Severity.ERROR) >= 0;
    }

    private static String detail(LogMessage message) {
        StringBuilder detail = new StringBuilder();
        if (message.detail() != null) {
            detail.append(message.detail());
        }
        Throwable cause = message.cause();
        for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
            Throwable next = cause.getCause();
            // An exception that was given nothing but its cause repeats it as its own message.
            if (next == null || !next.toString().equals(cause.getMessage())) {
                detail.append(detail.isEmpty() ? "" : "\n").append(describe(cause));
            }
            cause = next;
        }
        return detail.toString();
    }

    private static String describe(Throwable cause) {
        String name = cause.getClass().getSimpleName();
        return cause.getMessage() == null ? name : name + ": " + cause.getMessage();
    }

    private static String paragraph(String label, String text) {
        String body = text.strip();
        StringBuilder paragraph = new StringBuilder(label.length() + body.length() + 3);
        paragraph.append(label).append(":  ");
        for (int at = 0; at < body.length(); at += Character.charCount(body.codePointAt(at))) {
            append(paragraph, body, at);
        }
        return paragraph.toString();
    }

    private static void append(StringBuilder paragraph, String body, int at) {
        int c = body.codePointAt(at);
        if (c == '\n') {
            paragraph.append("\n\t");
        } else if (c == '\t' || !isControl(c)) {
            paragraph.appendCodePoint(c);
        } else if (c != '\r' || at + 1 == body.length() || body.charAt(at + 1) != '\n') {
            paragraph.append(String.format(c < 0x100 ? "\\x%02x" : "\\u%04x", c));
        }
    }

    private static boolean isControl(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            default -> false;
        };
    }
}
