package org.conmgr.cmctl;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cm_ctl status}. */
@Command(name = "status", description = "Tells whether conmgr is running, and what it knows.")
final class Status implements Callable<Integer> {
    static final String SHOW_INSTANCES = "SHOW INSTANCES";
    static final String SHOW_APPLICATIONS = "SHOW APPLICATIONS";

    /** What fits on a screen; JSON has all. */
    private static final List<String> INSTANCE_COLUMNS = List.of(
            "instance",
            "host",
            "hostaddr",
            "port",
            "role",
            "state",
            "link",
            "since",
            "timeline",
            "replay_lag_ms",
            "application_connections",
            "reason");

    private static final List<String> APPLICATION_COLUMNS =
            List.of("id", "application", "pid", "path", "target", "instance", "since", "sql_address");

    private static final Set<String> NUMBERS = Set.of(
            "instance",
            "port",
            "watchdog_port",
            "timeline",
            "replay_lag_ms",
            "free_slots",
            "application_connections",
            "id",
            "pid");

    enum What {
        ALL,
        INSTANCE,
        APPLICATION
    }

    private final Surroundings surroundings;

    @Mixin
    private DirectoryOption directoryOption = new DirectoryOption();

    @Mixin
    private TimeLimitOption timeLimit = new TimeLimitOption();

    @Option(
            names = "-i",
            paramLabel = "all|instance|application",
            defaultValue = "all",
            description = "What to show: instances, connected applications, or both, the default.")
    private What what = What.ALL;

    @Option(names = "--json", description = "Write one JSON object.")
    private boolean json;

    Status(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws Failure {
        Path directory = directoryOption.directory(surroundings);
        Optional<Conmgr> conmgr = Conmgr.on(directory);
        if (conmgr.isEmpty()) {
            if (json) {
                print(directory, null, null, null);
            } else {
                surroundings.out().println("no conmgr is running in " + directory);
            }
            return ExitCode.NOT_RUNNING;
        }
        if (conmgr.get().isRunning()) {
            ask(directory, conmgr.get());
            return ExitCode.OK;
        }
        print(directory, conmgr.get(), null, null);
        return ExitCode.ERROR;
    }

    private void ask(Path directory, Conmgr conmgr) throws Failure {
        try (ConsoleClient console = conmgr.console(timeLimit.deadline())) {
            Rows instances = what == What.APPLICATION ? null : console.query(SHOW_INSTANCES);
            Rows applications = what == What.INSTANCE ? null : console.query(SHOW_APPLICATIONS);
            print(directory, conmgr, instances, applications);
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.ERROR,
                    conmgr + " does not answer on port " + conmgr.pidFile().port() + ": " + e.getMessage());
        }
    }

    private void print(Path directory, @Nullable Conmgr conmgr, @Nullable Rows instances, @Nullable Rows applications) {
        if (json) {
            surroundings.out().println(toJson(directory, conmgr, instances, applications));
            return;
        }
        if (conmgr != null) {
            surroundings.out().println(conmgr + " is " + conmgr.state() + at(conmgr));
        }
        if (instances != null) {
            surroundings.out().print("\n" + Table.of(instances, INSTANCE_COLUMNS));
        }
        if (applications != null) {
            surroundings.out().print("\n" + Table.of(applications, APPLICATION_COLUMNS));
        }
    }

    private static String at(Conmgr conmgr) {
        String since = " since " + conmgr.pidFile().started();
        return conmgr.isRunning() ? " on port " + conmgr.pidFile().port() + since : since;
    }

    private static String toJson(
            Path directory, @Nullable Conmgr conmgr, @Nullable Rows instances, @Nullable Rows applications) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("directory", Json.string(directory.toString()));
        members.put("state", Json.string(conmgr == null ? "not running" : conmgr.state()));
        if (conmgr != null) {
            members.put("pid", String.valueOf(conmgr.process().pid()));
            members.put("started", Json.string(conmgr.pidFile().started().toString()));
            if (conmgr.isRunning()) {
                members.put("port", String.valueOf(conmgr.pidFile().port()));
            }
        }
        if (instances != null) {
            members.put("instances", Json.array(instances, NUMBERS));
        }
        if (applications != null) {
            members.put("applications", Json.array(applications, NUMBERS));
        }
        return Json.object(members);
    }
}
