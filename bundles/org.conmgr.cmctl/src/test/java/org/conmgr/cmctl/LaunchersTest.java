package org.conmgr.cmctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The launchers for Linux and Windows, and what starts the JVM without one: they give it the same. */
class LaunchersTest {
    private static final Path LAUNCHERS = Path.of("../../karaf-assembly/src/main/resources/assembly/bin");
    private static final Pattern COMMAND = Pattern.compile("^(?:exec |set -- )?\"[$%]java%?\" ", Pattern.MULTILINE);
    /** The archive of the JVM's classes, which the launcher for Windows does without. */
    private static final Pattern ARCHIVE = Pattern.compile("\\$\\{classes:[^}]*\\}");

    private static final Pattern CONTINUED = Pattern.compile("[\\\\^]\\r?\\n");
    private static final Pattern OPTION_OF_USAGE =
            Pattern.compile("^(?:echo )?(?: {2})(-\\S+(?: DIR)?) ", Pattern.MULTILINE);

    @Test
    void bothLaunchersGiveConmgrTheSame() throws IOException {
        assertThat(withoutClass(command("conmgr.cmd"))).isEqualTo(withoutClass(command("conmgr")));
        assertThat(command("conmgr.cmd")).last().isEqualTo(ConmgrProcess.class.getName());
    }

    @Test
    void soDoesWhatStartsItWithoutALauncher() throws IOException {
        List<String> given = new ArrayList<>(JvmArguments.options("HOME", "BASE", "/", "JAVA_OPTS"));
        given.addAll(JvmArguments.MODULES);
        given.addAll(List.of("-classpath", "CLASSPATH"));
        List<String> launched = withoutClass(command("conmgr.cmd")).stream()
                .map(option -> option.replace("startLocalConsole=SHELL", "startLocalConsole=false"))
                .toList();
        assertThat(given).containsExactlyInAnyOrderElementsOf(launched);
        assertThat(given.indexOf("JAVA_OPTS"))
                .as("the place of JAVA_OPTS, behind the memory")
                .isEqualTo(launched.indexOf("JAVA_OPTS"));
    }

    @Test
    void bothLaunchersGiveCmCtlTheSame() throws IOException {
        List<String> sh = command("cm_ctl");
        List<String> cmd = command("cm_ctl.cmd");
        assertThat(cmd.subList(0, cmd.size() - 1)).isEqualTo(sh.subList(0, sh.size() - 1));
        assertThat(sh).last().isEqualTo("$@");
        assertThat(cmd).last().isEqualTo("%*");
    }

    @Test
    void bothTakeTheSameOptions() throws IOException {
        List<String> sh = new ArrayList<>(usage("conmgr"));
        assertThat(sh).contains("-D DIR", "--shell");
        assertThat(sh.remove("--archive")).isTrue();
        assertThat(usage("conmgr.cmd")).isEqualTo(sh);
    }

    @Test
    void batchFilesHaveTheLineEndsThatTheirLabelsNeed() throws IOException {
        for (String file : List.of("conmgr.cmd", "cm_ctl.cmd")) {
            assertThat(read(file).replace("\r\n", "")).as(file).doesNotContain("\n");
        }
    }

    private static List<String> usage(String file) throws IOException {
        return OPTION_OF_USAGE
                .matcher(read(file))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    /** The command that starts the JVM, word by word, variables by their bare names in capitals, paths with slashes. */
    private static List<String> command(String file) throws IOException {
        String text =
                ARCHIVE.matcher(CONTINUED.matcher(read(file)).replaceAll(" ")).replaceAll("");
        MatchResult start = COMMAND.matcher(text).results().findFirst().orElseThrow();
        String line =
                text.substring(start.end()).lines().findFirst().orElseThrow().trim();
        return Pattern.compile("\\s+")
                .splitAsStream(line.replace("--add-opens ", "--add-opens=").replace("--add-exports ", "--add-exports="))
                .map(word -> word.replace("\"", "").replace('\\', '/'))
                .map(word -> Pattern.compile("\\$\\{?([A-Za-z_]+)(?::-)?\\}?|%([A-Za-z_]+)%")
                        .matcher(word)
                        .replaceAll(found ->
                                (found.group(1) == null ? found.group(2) : found.group(1)).toUpperCase(Locale.ROOT)))
                .collect(Collectors.toList());
    }

    private static List<String> withoutClass(List<String> command) {
        return command.subList(0, command.size() - 1);
    }

    private static String read(String file) throws IOException {
        return Files.readString(LAUNCHERS.resolve(file));
    }
}
