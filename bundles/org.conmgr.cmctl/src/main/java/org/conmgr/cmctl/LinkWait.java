package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a start waits for. */
record LinkWait(Path directory, long pid, Goal goal) {
    enum Goal {
        /** The port is known: the configuration is in force. */
        LISTENING,
        /** The link to the primary is up. */
        PRIMARY,
        /** Every link is up. */
        ALL
    }

    /** Looks once. What is still missing, in words; empty when the goal is reached. */
    String look(Deadline deadline) throws Failure {
        Optional<Conmgr> conmgr =
                Conmgr.on(directory).filter(found -> found.process().pid() == pid);
        if (conmgr.isEmpty() || !conmgr.get().isRunning()) {
            return "conmgr to read its configuration";
        }
        if (goal == Goal.LISTENING) {
            return "";
        }
        try (ConsoleClient console = conmgr.get().console(deadline)) {
            return missing(console.query(Status.SHOW_INSTANCES).rows());
        } catch (IOException e) {
            return "conmgr to answer on port " + conmgr.get().pidFile().port() + ": " + e.getMessage();
        }
    }

    private String missing(List<Rows.Row> instances) {
        if (instances.isEmpty()) {
            return "an instance: none is configured";
        }
        if (goal == Goal.PRIMARY) {
            boolean reached = instances.stream()
                    .anyMatch(row -> isUp(row) && row.get("role").equals("primary"));
            return reached ? "" : "the link to the primary: " + describe(instances, row -> true);
        }
        Predicate<Rows.Row> down = row -> !isUp(row);
        return instances.stream().noneMatch(down) ? "" : "the links to all instances: " + describe(instances, down);
    }

    private static boolean isUp(Rows.Row row) {
        return row.get("link").equals("up");
    }

    private static String describe(List<Rows.Row> instances, Predicate<Rows.Row> which) {
        return instances.stream().filter(which).map(LinkWait::describe).collect(Collectors.joining("; "));
    }

    private static String describe(Rows.Row row) {
        String host = row.get("host").isEmpty() ? row.get("hostaddr") : row.get("host");
        String role = row.get("role").isEmpty() ? "" : row.get("role") + ", ";
        // The reason tells for how long it is down: it would be told again and again.
        return "instance " + row.get("instance") + " (" + host + ":" + row.get("port") + ") " + role + row.get("link");
    }
}
