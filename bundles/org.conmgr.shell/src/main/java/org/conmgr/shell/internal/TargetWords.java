package org.conmgr.shell.internal;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.CommandException;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.conmgr.api.routing.Target;

/** The words a target may be given in: libpq's {@code target_session_attrs}, pgjdbc's {@code targetServerType}. */
@Service
public final class TargetWords implements Completer {
    /** pgjdbc's, but those that are spelled as one of libpq's. */
    static final List<String> PGJDBC =
            List.of("secondary", "preferPrimary", "preferSecondary", "master", "slave", "preferSlave");

    static final List<String> ALL = Stream.concat(Arrays.stream(Target.values()).map(Target::word), PGJDBC.stream())
            .toList();

    /**
     * Reads a word. {@code primary} is in both lists and means two things: it is libpq's unless {@code pgjdbc}.
     *
     * @throws CommandException names the word and what was expected
     */
    static Target read(String word, boolean pgjdbc) throws CommandException {
        Optional<Target> target = pgjdbc ? Optional.empty() : Target.ofWord(word);
        return target.or(() -> Target.ofTargetServerType(word))
                .orElseThrow(() -> new CommandException("target: " + word + " (expected: "
                        + (pgjdbc ? Stream.concat(Stream.of("any", "primary"), PGJDBC.stream()) : ALL.stream())
                                .collect(Collectors.joining(", "))
                        + ")"));
    }

    @Override
    public int complete(Session session, CommandLine commandLine, List<String> candidates) {
        return new StringsCompleter(ALL).complete(session, commandLine, candidates);
    }
}
