#include "table.h"

#include "libpq.h"
#include "watch.h"

#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 1024 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct session *by_conn[BUCKETS];
static struct session *by_id[BUCKETS];
static uint64_t last_id;

void table_lock(void)
{
    pthread_mutex_lock(&lock);
}

void table_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* Whoever forks holds the locks meanwhile: else a thread that stays behind might, and the child would wait for ever. */
static void before(void)
{
    table_lock();
    libpq_lock();
}

static void in_parent(void)
{
    libpq_unlock();
    table_unlock();
}

static void in_child(void)
{
    libpq_unlock();
    /* The watcher's thread has stayed with the parent, and so do the connections: the child has copies only. */
    for (size_t i = 0; i < BUCKETS; i++) {
        while (by_conn[i] != NULL) {
            struct session *session = by_conn[i];
            by_conn[i] = session->next_by_conn;
            session_forget(session);
        }
        by_id[i] = NULL;
    }
    watch_forget();
    pthread_mutex_init(&lock, NULL);
}

__attribute__((constructor)) static void prepare(void)
{
    pthread_atfork(before, in_parent, in_child);
}

static struct session **conn_bucket(const PGconn *conn)
{
    return &by_conn[((uintptr_t) conn >> 5) * 2654435761U % BUCKETS];
}

void table_add(struct session *session)
{
    session->id = ++last_id;
    struct session **conn = conn_bucket(session->conn), **id = &by_id[session->id % BUCKETS];
    session->next_by_conn = *conn;
    *conn = session;
    session->next_by_id = *id;
    *id = session;
}

void table_remove(struct session *session)
{
    struct session **at = conn_bucket(session->conn);
    while (*at != session)
        at = &(*at)->next_by_conn;
    *at = session->next_by_conn;
    at = &by_id[session->id % BUCKETS];
    while (*at != session)
        at = &(*at)->next_by_id;
    *at = session->next_by_id;
}

struct session *table_find(const PGconn *conn)
{
    struct session *session = *conn_bucket(conn);
    while (session != NULL && session->conn != conn)
        session = session->next_by_conn;
    return session;
}

struct session *table_find_id(uint64_t id)
{
    struct session *session = by_id[id % BUCKETS];
    while (session != NULL && session->id != id)
        session = session->next_by_id;
    return session;
}

void table_each(void (*call)(struct session *))
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct session *session = by_id[i]; session != NULL; session = session->next_by_id)
            call(session);
}
