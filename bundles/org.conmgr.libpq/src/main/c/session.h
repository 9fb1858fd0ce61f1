/*
 * A PGconn that a conmgr had a part in: where it may lead, its ask connection, a second descriptor of its socket, and
 * why it ended.
 *
 * A session belongs to the thread that uses the PGconn, which alone makes and frees it; the watcher's thread only tells
 * it what conmgr says (told.h). Both touch it under the lock of the table. The functions here that are called with that
 * lock held say so; the others take it, and may ask conmgr while they do not hold it.
 */
#ifndef CONMGR_SESSION_H
#define CONMGR_SESSION_H

#include "ask.h"
#include "conninfo.h"
#include "libpq.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

enum phase {
    UNWATCHED, /* no ask connection */
    ASKING,    /* the watcher has begun to connect, or waits for the answer */
    WATCHED    /* conmgr tells what happens to the instance 'bound' */
};

/* The conmgr that watches, or that is asked first when it begins anew. */
struct conmgr {
    struct address address; /* of no length when none has answered */
    size_t at;              /* its place in the list */
    char name[272];
};

struct session {
    /* Of the table. */
    struct session *next_by_conn;
    struct session *next_by_id;
    uint64_t id;

    PGconn *conn;
    const struct libpq *pq;
    char *target;
    char *application;
    bool keep_on_loss; /* when conmgr itself is gone; else it ends as if the instance were dead */

    /* Where it may lead. */
    struct list list;     /* the program's, for a reset; empty until the first connect is through */
    struct conmgr conmgr; /* the last that has answered, also in an attempt before */
    struct endpoint *instances; /* the part of libpq's list that is conmgrs' */
    size_t count;
    struct text stops; /* the part of libpq's list that is only for a reset */
    struct endpoint *alive; /* what conmgr named last, null when that is the same */
    size_t alive_count;

    /* The ask connection. */
    enum phase phase;
    int ask_fd;
    bool asked;            /* while asking: the question has been sent */
    int64_t due;           /* while asking: when to give up; unwatched: when to ask again; 0 for never */
    int pause;             /* before the last attempt, in milliseconds; 0 if it was the first */
    int instance;          /* number of the bound instance */
    struct endpoint bound; /* the instance that conmgr watches, or is to watch, for us; no host when there is none */
    unsigned char *in;     /* an incomplete frame */
    size_t have;

    /* The SQL connection. */
    bool open;           /* connected, and not reset since */
    int64_t opened;      /* when */
    bool known;          /* whether conmgr has watched it since */
    bool at_bound;       /* libpq is at the instance 'bound' */
    int sql_fd;          /* a duplicate of its socket, which no close of libpq's can make another's */
    char local_addr[64]; /* its local end */
    unsigned local_port;
    int event_fd; /* what PQcmSocket() returns */

    struct text notes; /* what hosts said while their list was walked, a line each */
    char *reason;      /* why it was ended */
    struct endpoint over; /* whom conmgr has ended it for last; no host when nobody */
    int64_t over_at;
    char *said;        /* libpq's error message when it was stopped, which ends here for the program; else null */
    char *shown;       /* what PQerrorMessage() returned last */
};

/* A session without a connection yet, and no route. Null when there is no memory or no descriptor. */
struct session *session_new(const struct libpq *pq, const char *target, const char *application);

/* Gives it the route that a conmgr, the n-th of the list, has answered, and the ask connection, which it takes over. */
void session_route(struct session *session, struct conversation *conversation, const struct listed *host, size_t n);

/* Keeps who has refused, to be asked again. */
void session_refused(struct session *session, const struct conversation *conversation, const struct listed *host,
                     size_t n);

/*
 * Gives it the instances that libpq's list has: those that a conmgr leads to, and those that one only knows unless the
 * program lists them itself, as servers.
 */
void session_know(struct session *session, const struct list *list);

/* libpq is to go no further than here, until the connection is reset. */
void session_stop_at(struct session *session, const char *host, const char *port);

/* Gives it the program's list. */
void session_keep(struct session *session, struct list *list);

/* Enters it into the table, watched from now on. */
void session_register(struct session *session, PGconn *conn);

/* libpq has made a step towards the connection, or is through. False when it is to give up. */
bool session_progress(struct session *session, PostgresPollingStatusType status);

/*
 * libpq is about to begin anew. Asks who is alive: a second at most the conmgr that has answered last, and if that knows
 * nobody as long the rest of the program's list, which share that time. False when libpq can reach nobody.
 */
bool session_reset(struct session *session);

/* Forgets what was, for it begins anew. */
void session_begin_anew(struct session *session);

/* The text for PQerrorMessage(). With the lock held. */
char *session_message(struct session *session, const char *of_libpq);

/* Whether conmgr tells what happens to it, or has told, or will be asked to. With the lock held. */
bool session_is_watched(const struct session *session);

/* Frees one that was never in the table. Null is ignored. */
void session_free(struct session *session);

/* Ends the watch of one that has been removed from the table, and frees it. Null is ignored. */
void session_close(struct session *session);

/* Closes its descriptors, which the parent process has too, and does nothing else. With the lock held. */
void session_forget(struct session *session);

#endif
