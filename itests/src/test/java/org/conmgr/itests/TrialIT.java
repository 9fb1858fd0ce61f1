package org.conmgr.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.conmgr.testkit.FreePort;
import org.junit.jupiter.api.Test;

/** {@code ./trial} as a newcomer runs it, without a terminal. */
class TrialIT {
    @Test
    void tellsItsStoryAndEndsCleanly() throws Exception {
        Path root = Path.of(System.getProperty("repository.directory"));
        Path work = Files.createDirectories(Path.of(System.getProperty("work.directory")));
        Path output = work.resolve("trial.output");
        ProcessBuilder builder = new ProcessBuilder(root.resolve("trial").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("CONMGR_TRIAL_BUILT", "yes");
        builder.environment()
                .put("CONMGR_TRIAL_DIRECTORY", work.resolve("trial").toString());
        builder.environment().put("CONMGR_TRIAL_PORT", Integer.toString(FreePort.next()));
        builder.redirectInput(Path.of("/dev/null").toFile());
        builder.redirectErrorStream(true);
        builder.redirectOutput(output.toFile());
        Process trial = builder.start();
        try {
            boolean ended = trial.waitFor(180, TimeUnit.SECONDS);
            String story = Files.readString(output);
            assertThat(ended).as(story).isTrue();
            assertThat(trial.exitValue()).as(story).isZero();
            assertThat(story)
                    .contains("targetServerType=primary led to instance 0")
                    .containsPattern("the blocked query failed after [0-9]+ ms, SQLSTATE 08006: .*instance 0 .*dead")
                    .containsPattern("first write on instance 1, [0-9]+ ms after the promotion")
                    .contains("CM5001: two primaries")
                    .contains("five connections to the primary: all on instance 1")
                    .contains("terminated 1 backends")
                    .contains("the lock is free")
                    .contains("All is left running");
        } finally {
            trial.destroyForcibly();
        }
    }
}
