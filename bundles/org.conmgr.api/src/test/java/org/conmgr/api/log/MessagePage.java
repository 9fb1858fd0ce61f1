package org.conmgr.api.log;

import java.util.Objects;

/** The page of the manual that lists the catalogue. */
final class MessagePage {
    private static final String HEADER = """
            <!-- Written from the catalogue in org.conmgr.api.log.Message; not to be edited. After a change there:
                 mvn test -pl :org.conmgr.api -Dtest=MessageTest -Dconmgr.update=true -->
            # Messages

            What conmgr and its watchdog write to the log. An id is stable: it keeps its meaning for ever.
            `…` stands for a value. Severities are PostgreSQL's; `log_min_messages` orders them
            DEBUG, INFO, NOTICE, WARNING, ERROR, LOG, FATAL, PANIC.
            """;

    private MessagePage() {}

    static String text() {
        StringBuilder page = new StringBuilder(HEADER);
        char part = 0;
        for (Message message : Message.values()) {
            if (message.id().charAt(2) != part) {
                part = message.id().charAt(2);
                page.append("\n## CM")
                        .append(part)
                        .append("xxx: ")
                        .append(title(part))
                        .append("\n\n");
                page.append("| id | severity | text | hint |\n|---|---|---|---|\n");
            }
            page.append("| ").append(message.id());
            page.append(" | ").append(message.severity());
            page.append(" | ").append(cell(message.template().replace("{}", "…")));
            page.append(" | ").append(cell(Objects.requireNonNullElse(message.hint(), "")));
            page.append(" |\n");
        }
        return page.toString();
    }

    private static String title(char part) {
        return switch (part) {
            case '1' -> "configuration";
            case '2' -> "heartbeat link, at conmgr";
            case '3' -> "watchdog";
            case '4' -> "application connections";
            case '5' -> "routing";
            case '6' -> "the log itself";
            case '9' -> "internal";
            default -> "other";
        };
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
