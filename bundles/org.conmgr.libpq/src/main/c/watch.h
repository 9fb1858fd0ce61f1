/*
 * The watcher: one thread per process that listens to all ask connections. It is started when there is something to
 * watch, takes no signals, and ends a second after there is nothing left.
 */
#ifndef CONMGR_WATCH_H
#define CONMGR_WATCH_H

#include "session.h"

/* All with the lock of the table held. */

/* Watches the session's ask connection, for reading only or for its connect too. False when it cannot. */
bool watch_add(const struct session *session, bool connecting);

/* Its connect is through: for reading only from now on. */
void watch_connected(const struct session *session);

void watch_remove(const struct session *session);

/* Looks at the times when sessions are due anew. False when there is no watcher. */
bool watch_wake(void);

/* In a forked child: there is no thread, and no descriptor is shared with the parent any more. */
void watch_forget(void);

#endif
