/* All sessions of the process, and the lock that guards them. A forked child begins with an empty table. */
#ifndef CONMGR_TABLE_H
#define CONMGR_TABLE_H

#include "session.h"

void table_lock(void);
void table_unlock(void);

/* All with the lock held. */
void table_add(struct session *session);
void table_remove(struct session *session);
struct session *table_find(const PGconn *conn);
struct session *table_find_id(uint64_t id);

/* Calls for each session; the call may not add or remove one. */
void table_each(void (*call)(struct session *));

#endif
