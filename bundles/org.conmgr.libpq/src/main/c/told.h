/*
 * What conmgr tells a session: its ask connection from the answer on, and what follows from its words. All of it is
 * called with the lock of the table held, by either thread, and never blocks.
 */
#ifndef CONMGR_TOLD_H
#define CONMGR_TOLD_H

#include "session.h"

/* Watches the ask connection, on which an answer has come. */
void told_begin(struct session *session);

/* Closes the ask connection, and asks no more. */
void told_stop(struct session *session);

/* Tells conmgr the local end of the SQL connection, by which the watchdog knows the backend. */
void told_bound(struct session *session);

/* Closes the ask connection, and has the watcher ask for the bound instance after a pause. */
void told_again_later(struct session *session);

/*
 * conmgr answers that the bound instance is dead, or no longer what is wanted: ends the SQL connection. But one that is
 * new, and that conmgr has never watched, has found the instance alive after conmgr had lost it: then asks again later.
 */
void told_over(struct session *session, const char *message);

/* conmgr is gone: ends the SQL connection, unless it is to be kept, and then asks again later. */
void told_lost(struct session *session, const char *why);

enum { TOLD_NEW_MS = 10000 }; /* by then conmgr has seen an instance that has come back */

/* Forgets why it ended, for it begins anew. */
void told_clear(struct session *session);

/* ---- for the watcher ---- */

/* Something can be read or written, or the other end is gone. */
void told_ready(struct session *session);

/* 'due' has come. */
void told_due(struct session *session);

#endif
