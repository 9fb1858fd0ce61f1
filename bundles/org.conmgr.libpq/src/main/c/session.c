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

static void answered(struct session *session, const struct conversation *conversation, const struct listed *host,
                     size_t n)
{
    session->conmgr.address = conversation->conmgr;
    session->conmgr.at = n;
    snprintf(session->conmgr.name, sizeof session->conmgr.name, "%s:%s", listed_name(host), host->port);
}

/* What PQcmSocket() returns once it is watched. */
static void make_event(struct session *session)
{
    if (session->event_fd < 0)
        session->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* Has conmgr watch what it has chosen. */
static void bind_to_chosen(struct session *session, struct conversation *conversation)
{
    session->instance = conversation->answer.instance;
    session->bound = conversation->answer.instances[0];
    session->ask_fd = conversation->fd;
    make_event(session);
    conversation->fd = -1;
}

void session_route(struct session *session, struct conversation *conversation, const struct listed *host, size_t n)
{
    answered(session, conversation, host, n);
    bind_to_chosen(session, conversation);
}

void session_refused(struct session *session, const struct conversation *conversation, const struct listed *host,
                     size_t n)
{
    if (session->conmgr.address.length == 0)
        answered(session, conversation, host, n);
}

/* Whether the program lists it as a server. */
static bool is_listed(const struct list *list, const struct endpoint *instance)
{
    for (size_t i = 0; i < list->count; i++)
        if (!listed_conmgr(&list->hosts[i])
            && endpoint_is(instance, listed_name(&list->hosts[i]), list->hosts[i].port))
            return true;
    return false;
}

void session_know(struct session *session, const struct list *list)
{
    size_t most = 0;
    for (size_t i = 0; i < list->count; i++)
        most += list->hosts[i].named_count;
    session->instances = calloc(most + 1, sizeof *session->instances);
    for (size_t i = 0; session->instances != NULL && i < list->count; i++)
        for (size_t n = 0; n < list->hosts[i].named_count; n++)
            if (list->hosts[i].asked == ASKED_ROUTED || !is_listed(list, &list->hosts[i].named[n]))
                session->instances[session->count++] = list->hosts[i].named[n];
}

/* An element of 'stops'. */
static void add_stop(struct text *text, const char *host, const char *port)
{
    text_addf(text, "\n%s\t%s\n", host, port);
}

static bool is_stop(const struct session *session, const char *host, const char *port)
{
    if (session->stops.s == NULL)
        return false;
    struct text text = {0};
    add_stop(&text, host, port);
    bool found = !text.failed && strstr(session->stops.s, text.s) != NULL;
    text_free(&text);
    return found;
}

void session_stop_at(struct session *session, const char *host, const char *port)
{
    add_stop(&session->stops, host, port);
}

void session_keep(struct session *session, struct list *list)
{
    session->list = *list;
    *list = (struct list) {0};
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
    list_free(&session->list);
    free(session->instances);
    text_free(&session->stops);
    free(session->said);
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
        asked = ask_address(&session->conmgr.address, &ask, clock_ms() + ASK_MS, &conversation);
    table_lock();
    make_event(session);
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
    free(session->said);
    session->said = NULL;
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

/*
 * libpq shall not wait for where it is: while it waits for the TCP connection it goes on to its next host, as if that had
 * been refused, also when the connection is there. Later it gives up.
 */
static void pass_by(const struct session *session, int fd)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (fd >= 0 && (session->pq->status(session->conn) != CONNECTION_STARTED || connect(fd, &none, sizeof none) != 0))
        shutdown(fd, SHUT_RDWR);
}

/* libpq is where it is not to go for now. Whether it is to give up. With the lock held. */
static bool stop(struct session *session, int fd)
{
    if (session->said == NULL)
        session->said = strdup(session->pq->errorMessage(session->conn));
    if (strcmp(session->target, "prefer-standby") == 0) {
        /* It will come by once more, and then take any. */
        pass_by(session, fd);
        return false;
    }
    told_stop(session);
    return true;
}

bool session_progress(struct session *session, PostgresPollingStatusType status)
{
    int fd = session->pq->socket(session->conn);
    const char *host = session->pq->host(session->conn), *port = session->pq->port(session->conn);
    if (host == NULL || port == NULL)
        host = port = "";
    table_lock();
    if (session->open) {
        table_unlock();
        return true;
    }
    /* Anew each time, for the number of a closed socket may be that of the next one. */
    close_fd(&session->sql_fd);
    bool unwatched = false, stopped = false;
    if (status == PGRES_POLLING_FAILED) {
        told_stop(session);
    } else if (status != PGRES_POLLING_OK && is_stop(session, host, port)) {
        stopped = stop(session, fd);
    } else {
        /* A reset may be led to one that was a plain server of the program's list before. */
        const struct endpoint *here = endpoint_find(session->instances, session->count, host, port);
        if (here == NULL)
            here = endpoint_find(session->alive, session->alive_count, host, port);
        session->at_bound = endpoint_is(&session->bound, host, port);
        if ((here != NULL || session->at_bound) && fd >= 0)
            session->sql_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (status == PGRES_POLLING_OK)
            unwatched = opened(session, here, fd);
        bool dead = here != NULL && session->alive != NULL
                    && endpoint_find(session->alive, session->alive_count, host, port) == NULL;
        /* Dead meanwhile, or when it began anew: libpq shall not wait for it. */
        if (session->sql_fd >= 0 && ((session->at_bound && session->reason != NULL) || (dead && !session->open)))
            pass_by(session, session->sql_fd);
    }
    table_unlock();
    if (unwatched)
        attach(session);
    return !stopped;
}

void session_begin_anew(struct session *session)
{
    table_lock();
    told_stop(session);
    told_clear(session);
    close_fd(&session->sql_fd);
    free(session->alive);
    free(session->said);
    session->alive = NULL;
    session->said = NULL;
    session->alive_count = 0;
    session->open = session->at_bound = session->known = false;
    session->bound = (struct endpoint) {0};
    text_free(&session->notes);
    text_free(&session->stops);
    table_unlock();
}

char *session_message(struct session *session, const char *of_libpq)
{
    struct text text = {0};
    if (session->reason != NULL)
        text_addf(&text, "FATAL:  %s\n", session->reason); /* as what a server says is shown */
    if (session->notes.s != NULL)
        text_add(&text, session->notes.s);
    if (session->said != NULL)
        text_add(&text, session->said);
    else if (text.s != NULL)
        text_add(&text, of_libpq);
    if (text.s == NULL || text.failed) {
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
