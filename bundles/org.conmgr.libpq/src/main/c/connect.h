/* Connects by way of conmgr: walks the program's list of hosts, and gives libpq the instances that conmgr names. */
#ifndef CONMGR_CONNECT_H
#define CONMGR_CONNECT_H

#include "libpq.h"
#include "session.h"

#include <stdbool.h>

/*
 * False when the companion has nothing to add, so that libpq is to be called as the program did; else 'conn' is what
 * the program gets. Asynchronously the asks take a second at most, all together.
 */
bool connect_routed(const struct libpq *pq, const char *const *keywords, const char *const *values, int expand_dbname,
                    bool asynchronous, PGconn **conn);

/* The same for PQping(). */
bool ping_routed(const struct libpq *pq, const char *const *keywords, const char *const *values, int expand_dbname,
                 PGPing *ping);

/*
 * libpq's functions call each other through us too. While this is true on a thread, a call is libpq's own and only
 * passes through.
 */
bool connect_inside(void);

/* Around a call that is libpq's alone. */
void connect_enter(void);
void connect_leave(void);

/*
 * libpq is about to begin on this thread, and is to fail: then its inner PQconnectPoll() does so after its first step,
 * without which PQhost() and its like have no host to tell of. That step resolves the name of the first host, for which
 * it waits, and begins to open a TCP connection, for which it does not; nothing is sent on it.
 */
void connect_bar(bool barred);
bool connect_barred(void);

/* libpq has made a step; its status, or failure when the session stops it there. */
PostgresPollingStatusType connect_progress(struct session *session, PostgresPollingStatusType status);

/* libpq has made its connection object: the session that is on its way on this thread, if any, is for that. */
void connect_made(PGconn *conn);

#endif
