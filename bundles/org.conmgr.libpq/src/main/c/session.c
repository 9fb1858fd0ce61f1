#include "session.h"

#include "clock.h"
#include "table.h"
#include "told.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ASK_MS = 1000 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool is_at(const struct endpoint *endpoint, const char *host, const char *port)
{
    return strcmp(endpoint->host, host) == 0 && strcmp(endpoint->port, port) == 0;
}

static const struct endpoint *find(const struct endpoint *endpoints, size_t count, const char *host, const char *port)
{
    for (size_t i = 0; i < count; i++)
        if (is_at(&endpoints[i], host, port))
            return &endpoints[i];
    return NULL;
}

/* ---- life ---- */

struct session *session_new(const struct libpq *pq, const char *target, const char *application)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->pq = pq;
    session->ask_fd = session->sql_fd = session->event_fd = -1;
    session->target = strdup(target);
    session->application = strdup(application);
    /* Here, where the program's own thread is: the watcher must not read what others may write. */
    const char *loss = getenv("PGCONMGRLOSS");
    session->keep_on_loss = loss != NULL && strcmp(loss, "keep") == 0;
    if (session->target == NULL || session->application == NULL) {
        session_free(session);
        return NULL;
    }
    return session;
}

void session_route(struct session *session, struct conversation *conversation, const char *host, const char *port)
{
    struct answer *answer = &conversation->answer;
    session->conmgr = conversation->conmgr;
    snprintf(session->conmgr_name, sizeof session->conmgr_name, "%s:%s", host, port);
    session->instances = answer->instances;
    session->count = answer->count;
    session->instance = answer->instance;
    session->bound = answer->instances[0];
    session->ask_fd = conversation->fd;
    session->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    answer->instances = NULL;
    conversation->fd = -1;
}

void session_register(struct session *session, PGconn *conn)
{
    session->conn = conn;
    table_lock();
    table_add(session);
    if (session->ask_fd >= 0)
        told_begin(session);
    table_unlock();
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    close_fd(&session->ask_fd);
    close_fd(&session->sql_fd);
    close_fd(&session->event_fd);
    free(session->target);
    free(session->application);
    free(session->instances);
    free(session->alive);
    free(session->in);
    free(session->reason);
    free(session->shown);
    text_free(&session->notes);
    free(session);
}

void session_close(struct session *session)
{
    if (session == NULL)
        return;
    table_lock();
    told_stop(session);
    table_unlock();
    session_free(session);
}

void session_forget(struct session *session)
{
    /* The memory stays: the program may hold an error message of ours. */
    close_fd(&session->ask_fd);
    close_fd(&session->sql_fd);
    close_fd(&session->event_fd);
}

bool session_is_watched(const struct session *session)
{
    return session->bound.host[0] != '\0'
           && (session->phase != UNWATCHED || session->due != 0 || session->reason != NULL);
}

/* ---- the thread that uses the connection ---- */

static void learn_local_end(struct session *session, int fd)
{
    struct sockaddr_storage local;
    socklen_t length = sizeof local;
    session->local_port = 0;
    if (fd < 0 || getsockname(fd, (struct sockaddr *) &local, &length) != 0)
        return;
    const void *address;
    in_port_t port;
    if (local.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *) &local;
        address = &in->sin_addr;
        port = in->sin_port;
    } else if (local.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *) &local;
        address = &in->sin6_addr;
        port = in->sin6_port;
    } else {
        return;
    }
    if (inet_ntop(local.ss_family, address, session->local_addr, sizeof session->local_addr) != NULL)
        session->local_port = ntohs(port);
}

/* libpq has chosen another instance than conmgr: has conmgr watch that one. Without the lock. */
static void attach(struct session *session)
{
    char name[sizeof session->bound.host + 16];
    struct conversation conversation = {.fd = -1};
    struct ask ask = {session->target, session->application, name, getpid()};
    enum asked asked = ASKED_UNKNOWN;
    if (endpoint_name(&session->bound, name, sizeof name))
        asked = ask_address(&session->conmgr, &ask, clock_ms() + ASK_MS, &conversation);
    table_lock();
    if (asked == ASKED_ROUTED) {
        session->ask_fd = conversation.fd;
        session->instance = conversation.answer.instance;
        told_begin(session);
        told_bound(session);
        session->known = session->phase == WATCHED;
    } else if (asked == ASKED_OVER) {
        told_over(session, conversation.answer.refusal);
    } else if (asked == ASKED_UNREACHABLE) {
        told_lost(session, "it cannot be connected to");
    } else {
        told_again_later(session);
    }
    table_unlock();
    answer_free(&conversation.answer);
}

/* The connection is there. With the lock held; whether conmgr must be asked to watch it. */
static bool opened(struct session *session, const struct endpoint *here, int fd)
{
    session->open = true;
    session->opened = clock_ms();
    session->known = session->at_bound && session->phase == WATCHED;
    text_free(&session->notes);
    learn_local_end(session, fd);
    if (session->at_bound) {
        told_bound(session);
        return false;
    }
    told_stop(session);
    told_clear(session);
    session->bound = here != NULL ? *here : (struct endpoint) {0};
    session->at_bound = here != NULL;
    if (here == NULL)
        close_fd(&session->sql_fd); /* a server of the program's own list */
    return here != NULL;
}

void session_progress(struct session *session, PostgresPollingStatusType status)
{
    int fd = session->pq->socket(session->conn);
    const char *host = session->pq->host(session->conn), *port = session->pq->port(session->conn);
    if (host == NULL || port == NULL)
        host = port = "";
    table_lock();
    if (session->open || session->refused) {
        table_unlock();
        return;
    }
    /* Anew each time, for the number of a closed socket may be that of the next one. */
    close_fd(&session->sql_fd);
    bool unwatched = false;
    if (status == PGRES_POLLING_FAILED) {
        told_stop(session);
    } else {
        const struct endpoint *here = find(session->instances, session->count, host, port);
        if (here != NULL && fd >= 0)
            session->sql_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        session->at_bound = is_at(&session->bound, host, port);
        if (status == PGRES_POLLING_OK)
            unwatched = opened(session, here, fd);
        bool dead = here != NULL && session->alive != NULL
                    && find(session->alive, session->alive_count, host, port) == NULL;
        /* Dead meanwhile, or when it began anew: libpq shall not wait for it. */
        if (session->sql_fd >= 0 && ((session->at_bound && session->reason != NULL) || (dead && !session->open)))
            shutdown(session->sql_fd, SHUT_RDWR);
    }
    table_unlock();
    if (unwatched)
        attach(session);
}

void session_reset(struct session *session)
{
    table_lock();
    told_stop(session);
    told_clear(session);
    close_fd(&session->sql_fd);
    free(session->alive);
    session->alive = NULL;
    session->open = session->at_bound = false;
    session->bound = (struct endpoint) {0};
    table_unlock();
    if (session->count == 0)
        return;
    struct conversation conversation;
    struct ask ask = {session->target, session->application, "", getpid()};
    enum asked asked = ask_address(&session->conmgr, &ask, clock_ms() + ASK_MS, &conversation);
    table_lock();
    if (asked == ASKED_ROUTED) {
        session->alive = conversation.answer.instances;
        session->alive_count = conversation.answer.count;
        conversation.answer.instances = NULL;
        session->bound = session->alive[0];
        session->instance = conversation.answer.instance;
        session->ask_fd = conversation.fd;
        told_begin(session);
    }
    table_unlock();
    answer_free(&conversation.answer);
}

char *session_message(struct session *session, const char *of_libpq)
{
    struct text text = {0};
    if (session->reason != NULL)
        text_addf(&text, "FATAL:  %s\n", session->reason); /* as what a server says is shown */
    if (session->notes.s != NULL)
        text_add(&text, session->notes.s);
    if (text.s == NULL || text.failed) {
        text_free(&text);
        return NULL;
    }
    if (!session->refused)
        text_add(&text, of_libpq);
    if (text.failed) {
        text_free(&text);
        return NULL;
    }
    /* As long as nothing is new, what was returned before stays where it is. */
    if (session->shown != NULL && strcmp(session->shown, text.s) == 0) {
        text_free(&text);
    } else {
        free(session->shown);
        session->shown = text.s;
    }
    return session->shown;
}
