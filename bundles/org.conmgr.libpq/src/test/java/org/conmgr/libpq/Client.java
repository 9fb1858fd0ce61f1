package org.conmgr.libpq;

import static org.assertj.core.api.Assertions.assertThat;

import org.conmgr.testkit.Await;

/** A C program with one connection, which does what it is told, one command after the other. */
final class Client implements AutoCloseable {
    private final Program program;
    private int read;

    private Client(Program program) {
        this.program = program;
    }

    /** Linked with the companion. */
    static Client linked(String... environment) {
        return of(Companion.compile(Companion.testProgram("session.c"), true), environment);
    }

    static Client of(String compiled, String... environment) {
        Program program = Companion.plain(compiled);
        for (int i = 0; i < environment.length; i += 2) {
            program.with(environment[i], environment[i + 1]);
        }
        return new Client(program.start());
    }

    /** Gives a command; the line that it answers with. */
    String does(String command) {
        tell(command);
        return answer();
    }

    void tell(String command) {
        program.say(command);
    }

    String answer() {
        Await.until("an answer", () -> lines().length > read || !program.isAlive());
        assertThat(lines().length)
                .as(() -> "it has ended: " + program.result().all())
                .isGreaterThan(read);
        return lines()[read++];
    }

    /** Whether there is an answer that was not read yet. */
    boolean said() {
        return lines().length > read;
    }

    private String[] lines() {
        String output = program.output();
        int end = output.lastIndexOf('\n');
        return end < 0 ? new String[0] : output.substring(0, end).split("\n");
    }

    /** Its end, which must be a good one. */
    void ends() {
        Program.Result result = program.result();
        assertThat(result.status()).as(result.all()).isZero();
    }

    @Override
    public void close() {
        program.close();
    }
}
