#include "told.h"

#include "clock.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ASK_MS = 1000,
    FIRST_PAUSE_MS = 50,
    LONGEST_PAUSE_MS = 500
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void told_begin(struct session *session)
{
    session->phase = WATCHED;
    session->due = 0;
    session->pause = 0;
    if (!watch_add(session, false)) {
        /* No descriptors, or no thread: the connection itself is as good as without us. */
        session->phase = UNWATCHED;
        close_fd(&session->ask_fd);
    }
}

void told_stop(struct session *session)
{
    if (session->phase != UNWATCHED)
        watch_remove(session);
    session->phase = UNWATCHED;
    session->due = 0;
    session->have = 0;
    free(session->in);
    session->in = NULL;
    close_fd(&session->ask_fd);
}

void told_clear(struct session *session)
{
    free(session->reason);
    session->reason = NULL;
    uint64_t count;
    if (session->event_fd >= 0 && read(session->event_fd, &count, sizeof count) < 0)
        return; /* it has not ended */
}

/* Ends the SQL connection under libpq: whoever waits for it wakes, and finds it closed. */
static void end(struct session *session, const char *reason)
{
    if (session->reason == NULL)
        session->reason = strdup(reason);
    if (session->sql_fd >= 0 && (session->open || session->at_bound)) {
        shutdown(session->sql_fd, SHUT_RDWR);
        close_fd(&session->sql_fd);
    }
    /* Only now: whoever sees it finds the connection closed. */
    uint64_t one = 1;
    if (session->event_fd >= 0 && write(session->event_fd, &one, sizeof one) < 0 && errno != EAGAIN)
        close_fd(&session->event_fd);
    told_stop(session);
}

void told_again_later(struct session *session)
{
    told_stop(session);
    session->pause = session->pause == 0                    ? FIRST_PAUSE_MS
                     : session->pause > LONGEST_PAUSE_MS / 2 ? LONGEST_PAUSE_MS
                                                             : 2 * session->pause;
    session->due = clock_ms() + session->pause;
    if (!watch_wake())
        session->due = 0;
}

/* conmgr says that the bound instance is no good. */
static void end_by_word(struct session *session, const char *message)
{
    session->over = session->bound;
    session->over_at = clock_ms();
    end(session, message);
}

void told_over(struct session *session, const char *message)
{
    if (session->known || clock_ms() - session->opened >= TOLD_NEW_MS)
        end_by_word(session, message);
    else
        told_again_later(session);
}

void told_lost(struct session *session, const char *why)
{
    if (session->keep_on_loss) {
        told_again_later(session);
        return;
    }
    struct text reason = {0};
    text_addf(&reason, "conmgr %s is gone: %s; nobody watches instance %d (%s:%s)", session->conmgr.name, why,
              session->instance, session->bound.host, session->bound.port);
    end(session, reason.failed ? "conmgr is gone" : reason.s);
    text_free(&reason);
}

void told_bound(struct session *session)
{
    unsigned char frame[128];
    size_t length = packet_bound(frame, session->local_addr, session->local_port);
    /* If it cannot be sent, the end of the connection will be read too. */
    if (session->open && session->phase == WATCHED && session->local_port != 0 && length > 0
        && send(session->ask_fd, frame, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length)
        shutdown(session->ask_fd, SHUT_RDWR);
}

static bool send_ask(struct session *session)
{
    char name[sizeof session->bound.host + 16];
    unsigned char packet[ASK_MAX];
    if (!endpoint_name(&session->bound, name, sizeof name))
        return false;
    struct ask ask = {session->target, session->application, name, getpid()};
    size_t length = packet_ask(packet, &ask);
    return length > 0 && send(session->ask_fd, packet, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t) length;
}

static void connected(struct session *session)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(session->ask_fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
        told_lost(session, strerror(error));
    } else if (!send_ask(session)) {
        told_again_later(session);
    } else {
        session->asked = true;
        watch_connected(session);
    }
}

/* One frame from conmgr. False when the session does not listen any more. */
static bool hear(struct session *session, enum frame kind, const unsigned char *frame, size_t length)
{
    if (session->phase == ASKING && kind == FRAME_ANSWER) {
        struct answer answer;
        if (!packet_answer(frame, length, &answer) || answer.refusal != NULL) {
            /* It does not see yet what libpq has seen. */
            answer_free(&answer);
            told_again_later(session);
            return false;
        }
        session->instance = answer.instance;
        answer_free(&answer);
        session->phase = WATCHED;
        session->known = true;
        session->due = 0;
        session->pause = 0;
        told_bound(session);
    } else if (session->phase != UNWATCHED && kind == FRAME_DOWN) {
        char *message = packet_down(frame, length);
        const char *why = message != NULL ? message : "conmgr declared the instance dead";
        if (session->phase == WATCHED)
            end_by_word(session, why);
        else
            told_over(session, why);
        free(message);
        return false;
    }
    return true;
}

void told_ready(struct session *session)
{
    static unsigned char bytes[2 * FRAME_MAX]; /* guarded by the lock */
    if (session->phase == ASKING && !session->asked) {
        connected(session);
        return;
    }
    for (;;) {
        size_t have = session->have;
        if (have > 0)
            memcpy(bytes, session->in, have);
        ssize_t n = recv(session->ask_fd, bytes + have, FRAME_MAX, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            char *why = n < 0 ? strerror(errno) : "it closed the connection";
            if (session->phase == ASKING)
                told_again_later(session);
            else
                told_lost(session, why);
            return;
        }
        have += (size_t) n;
        size_t at = 0, length = 0;
        enum frame kind;
        while ((kind = packet_frame(bytes + at, have - at, &length)) != FRAME_INCOMPLETE) {
            if (kind == FRAME_MALFORMED) {
                told_lost(session, "it sent what cannot be read");
                return;
            }
            if (!hear(session, kind, bytes + at, length))
                return;
            at += length;
        }
        free(session->in);
        session->have = have - at;
        session->in = session->have > 0 ? malloc(session->have) : NULL;
        if (session->have > 0 && session->in == NULL) {
            told_lost(session, "there is no memory");
            return;
        }
        if (session->have > 0)
            memcpy(session->in, bytes + at, session->have);
    }
}

void told_due(struct session *session)
{
    if (session->phase != UNWATCHED) {
        told_again_later(session);
        return;
    }
    session->due = clock_ms() + ASK_MS;
    session->ask_fd = ask_connect(&session->conmgr.address);
    session->asked = false;
    if (session->ask_fd < 0) {
        told_lost(session, "it cannot be connected to");
        return;
    }
    session->phase = ASKING;
    if (!watch_add(session, true)) {
        session->phase = UNWATCHED;
        told_stop(session);
    }
}
