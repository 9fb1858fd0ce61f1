package org.conmgr.console.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.conmgr.api.setting.Reload;
import org.conmgr.console.internal.SettingsInForce.Setting;
import org.jspecify.annotations.Nullable;

/**
 * The statements of the console: {@code SHOW ...}, {@code RELOAD}, and what drivers and pools send unasked, which is accepted without
 * an effect.
 */
final class Commands {
    /** A line of {@code SHOW HELP}. */
    private record Help(String command, String shows) {}

    private static final Reload.Outcome NOT_READ = Reload.Outcome.withErrors("conmgr.conf: it was not read");
    private static final String HINT = "SHOW HELP lists what this console shows.";
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Pattern CONSTANT = Pattern.compile(
            "select\\s+(?:(?<number>-?\\d{1,18})|'(?<text>[^']*)')(?:\\s+as\\s+\"?(?<name>\\w+)\"?)?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern FUNCTION =
            Pattern.compile("select (?:pg_catalog\\.)?(?<name>\\w+) ?\\( ?\\)(?: as \"?(?<alias>\\w+)\"?)?");
    /** psqlODBC asks at start-up for the type of large objects. */
    private static final String LARGE_OBJECT_TYPE = "select oid, typbasetype from pg_type where typname = 'lo'";

    private final Map<String, Command> tables = new LinkedHashMap<>();
    private final Map<String, String> parameters;
    private final Map<String, String> functions;
    private final Supplier<CompletionStage<Reload.Outcome>> reload;

    /**
     * @param reload reads {@code conmgr.conf} again
     * @param version of conmgr
     * @param parameters what a session's parameters are said to be, by lower-case name
     */
    Commands(
            Views views,
            Supplier<List<Setting>> settings,
            Supplier<CompletionStage<Reload.Outcome>> reload,
            String version,
            Map<String, String> parameters) {
        this.parameters = parameters;
        this.reload = reload;
        String product = "conmgr " + version;
        functions = Map.of(
                "version", product, "pg_is_in_recovery", "f", "current_database", "conmgr", "current_schema", "conmgr");
        table("instances", views.instances());
        table("applications", views.applications());
        table("links", views.links());
        table("verdicts", views.verdicts());
        table(
                "config",
                new Table<>(settings)
                        .with("pid", Setting::pid)
                        .with("setting", Setting::name)
                        .with("value", Setting::value));
        table("stats", views.stats());
        table("version", new Table<>(() -> List.of(product)).with("version", text -> text));
        List<Help> help = List.of(
                new Help("SHOW INSTANCES", "the instances, their attributes and the state of their links"),
                new Help("SHOW APPLICATIONS", "the application connections and the instances they are bound to"),
                new Help("SHOW LINKS", "the heartbeat links and the verdicts that stand"),
                new Help("SHOW VERDICTS", "the verdicts of this process, and all that each rested on"),
                new Help("SHOW CONFIG", "the settings that were written, without secrets"),
                new Help("SHOW STATS", "counters"),
                new Help("SHOW VERSION", "the version of conmgr"),
                new Help("SHOW HELP", "this list"),
                new Help("RELOAD", "reads conmgr.conf again, and tells what changed or what is wrong"));
        table("help", new Table<>(() -> help).with("command", Help::command).with("shows", Help::shows));
    }

    private void table(String name, Table<?> table) {
        tables.put(name, Command.rows("SHOW", table.columns(), table::rows));
    }

    /**
     * Understands one statement without running it.
     *
     * @param statement one, not empty, as {@link SqlText#statements} leaves it
     */
    Command understand(String statement) throws SqlError {
        String text = SPACE.matcher(statement).replaceAll(" ").toLowerCase(Locale.ROOT);
        int space = text.indexOf(' ');
        String rest = space < 0 ? "" : text.substring(space + 1);
        return switch (space < 0 ? text : text.substring(0, space)) {
            case "show" -> show(rest);
            case "select" -> select(statement, text);
            case "reload" -> {
                if (!rest.isEmpty()) {
                    throw unknown(statement);
                }
                yield reload();
            }
            case "set" -> Command.done("SET");
            case "reset" -> Command.done("RESET");
            case "begin" -> Command.done("BEGIN", Session::begin);
            case "start" -> Command.done("START TRANSACTION", Session::begin);
            case "commit", "end" -> Command.done("COMMIT", Session::end);
            // To a savepoint: the block goes on.
            case "rollback", "abort" ->
                rest.contains("to ") ? Command.done("ROLLBACK") : Command.done("ROLLBACK", Session::end);
            case "savepoint" -> Command.done("SAVEPOINT");
            case "release" -> Command.done("RELEASE");
            case "discard" ->
                rest.equals("all")
                        ? Command.done("DISCARD ALL", Session::discard)
                        : Command.done("DISCARD " + rest.toUpperCase(Locale.ROOT));
            case "deallocate" -> deallocate(statement, rest);
            case "unlisten" -> Command.done("UNLISTEN");
            default -> throw unknown(statement);
        };
    }

    private Command reload() {
        Reloading reloading = new Reloading();
        return Command.working(
                "RELOAD",
                List.of("kind", "text"),
                () -> reload.get().thenAccept(reloading.outcome::set),
                () -> told(reloading.outcome.getAndSet(NOT_READ)));
    }

    /** One RELOAD. */
    private static final class Reloading {
        /** Kept no longer than until it is told. */
        private final AtomicReference<Reload.Outcome> outcome = new AtomicReference<>(NOT_READ);
    }

    private static List<List<@Nullable String>> told(Reload.Outcome outcome) throws SqlError {
        if (!outcome.errors().isEmpty()) {
            throw new SqlError(
                    SqlError.CONFIG_FILE_ERROR,
                    "conmgr.conf is not put into force",
                    String.join("\n", outcome.errors()),
                    "What was in force stays in force.");
        }
        List<List<@Nullable String>> rows = new ArrayList<>();
        outcome.changes().forEach(text -> rows.add(List.of("change", text)));
        outcome.remarks().forEach(text -> rows.add(List.of("remark", text)));
        return rows;
    }

    private Command show(String what) throws SqlError {
        String name =
                switch (what) {
                    case "" -> throw new SqlError(SqlError.SYNTAX_ERROR, "SHOW of nothing", HINT);
                    case "transaction isolation level" -> "transaction_isolation";
                    case "time zone" -> "timezone";
                    default -> what.replace("\"", "");
                };
        Command table = tables.get(name);
        if (table != null) {
            return table;
        }
        String value = parameters.get(name);
        if (value == null) {
            throw new SqlError(
                    SqlError.UNDEFINED_OBJECT, "unrecognized configuration parameter \"" + cut(name) + "\"", HINT);
        }
        return one("SHOW", name, value);
    }

    private Command select(String statement, String text) throws SqlError {
        Matcher constant = CONSTANT.matcher(statement);
        if (constant.matches()) {
            String number = constant.group("number");
            return one(
                    "SELECT",
                    otherwise(constant.group("name"), "?column?"),
                    number == null ? otherwise(constant.group("text"), "") : number);
        }
        Matcher function = FUNCTION.matcher(text);
        if (function.matches()) {
            String name = otherwise(function.group("name"), "");
            String value = functions.get(name);
            if (value != null) {
                return one("SELECT", otherwise(function.group("alias"), name), value);
            }
        }
        if (text.equals(LARGE_OBJECT_TYPE)) {
            return Command.rows("SELECT", List.of("oid", "typbasetype"), List::of);
        }
        throw unknown(statement);
    }

    /** Of {@code DEALLOCATE [PREPARE] name}, the name as it was prepared: folded to lower case unless quoted. */
    private static Command deallocate(String statement, String rest) {
        String what = rest.startsWith("prepare ") ? rest.substring("prepare ".length()) : rest;
        if (what.equals("all")) {
            return Command.done("DEALLOCATE ALL", Session::closeStatements);
        }
        int quote = statement.indexOf('"');
        int end = statement.lastIndexOf('"');
        String name = quote < end ? statement.substring(quote + 1, end).replace("\"\"", "\"") : what;
        return Command.done("DEALLOCATE", session -> session.closeStatement(name));
    }

    private static Command one(String tag, String column, String value) {
        List<@Nullable String> row = Arrays.asList(value);
        return Command.rows(tag, List.of(column), () -> List.of(row));
    }

    private static String otherwise(@Nullable String text, String other) {
        return text == null ? other : text;
    }

    private static SqlError unknown(String statement) {
        return new SqlError(
                SqlError.SYNTAX_ERROR,
                "conmgr's console does not know: " + cut(statement),
                "It is no database. " + HINT);
    }

    private static String cut(String text) {
        int max = 100;
        return text.length() <= max ? text : text.substring(0, max) + "...";
    }
}
