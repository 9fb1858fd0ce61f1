package org.conmgr.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static Session session() {
        return Session.direct(new Endpoint("db1", 5432), List.of(InetAddress.getLoopbackAddress()));
    }

    /** A deadline that has passed; of two the one that is said to be older comes first. */
    private static Deadline past(int seconds) {
        return new Deadline(System.nanoTime() - TimeUnit.SECONDS.toNanos(seconds), 1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Something that the watcher is busy with, so that what comes due meanwhile is taken up together. */
    private static final class Stop {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch left = new CountDownLatch(1);

        Stop(Deadline deadline) throws IOException {
            Watcher.SHARED.alarm(deadline, () -> {
                reached.countDown();
                await(left);
            });
        }

        void reach() {
            await(reached);
        }

        void leave() {
            left.countDown();
        }
    }

    private static void allThatIsDueIsDone() throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        Watcher.SHARED.alarm(past(0), done::countDown);
        await(done);
    }

    @Test
    void aDeadlineThatHasJustComeDoesNotEndWhatIsEstablished() throws Exception {
        Session session = session();
        Stop first = new Stop(past(3));
        first.reach();
        Stop second = new Stop(past(2));
        session.limit(past(1));
        first.leave();
        second.reach();
        // The watcher has taken up the session's alarm too, but not rung it yet.
        session.established();
        second.leave();
        allThatIsDueIsDone();
        assertThat(session.ended()).isNull();
        session.close();
    }

    @Test
    void aDeadlineEndsWhatIsNotReady() throws Exception {
        Session session = session();
        session.limit(past(1));
        allThatIsDueIsDone();
        assertThat(session.ended()).isEqualTo("server db1:5432 did not answer within 0.0 s");
    }
}
