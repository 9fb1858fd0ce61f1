/*
 * The functions of libpq that stand before libpq's own: preloaded, or linked before it. Each finds the libpq that the
 * call is for, and does nothing of its own unless a conmgr has a part in the connection.
 */
#include "connect.h"
#include "libpq-conmgr.h"
#include "libpq.h"
#include "session.h"
#include "table.h"

#include <stddef.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* The libpq of whoever called the function that this stands in. */
#define CALLERS_LIBPQ() libpq_of_caller(__builtin_return_address(0))

/* The session of a connection; the lock is not needed by the thread that uses the connection. */
static struct session *session_of(const PGconn *conn)
{
    table_lock();
    struct session *session = table_find(conn);
    table_unlock();
    return session;
}

/* ---- connecting ---- */

EXPORT PGconn *PQconnectdbParams(const char *const *keywords, const char *const *values, int expand_dbname)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGconn *conn;
    if (pq == NULL)
        return NULL;
    if (!connect_inside() && connect_routed(pq, keywords, values, expand_dbname, false, &conn))
        return conn;
    connect_enter();
    conn = pq->connectdbParams(keywords, values, expand_dbname);
    connect_leave();
    return conn;
}

EXPORT PGconn *PQconnectStartParams(const char *const *keywords, const char *const *values, int expand_dbname)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGconn *conn;
    if (pq == NULL)
        return NULL;
    if (!connect_inside() && connect_routed(pq, keywords, values, expand_dbname, true, &conn))
        return conn;
    conn = pq->connectStartParams(keywords, values, expand_dbname);
    if (connect_inside())
        connect_made(conn);
    return conn;
}

/* Whether libpq takes a database name for a whole conninfo string. */
static bool is_conninfo(const char *dbname)
{
    return strncmp(dbname, "postgresql://", 13) == 0 || strncmp(dbname, "postgres://", 11) == 0
           || strchr(dbname, '=') != NULL;
}

/* The string as a parameter; false when libpq is to say what is wrong with it. */
static bool connect_string(const struct libpq *pq, const char *conninfo, bool asynchronous, PGconn **conn)
{
    const char *keywords[] = {conninfo[0] != '\0' ? "dbname" : NULL, NULL};
    const char *values[] = {conninfo, NULL};
    return (conninfo[0] == '\0' || is_conninfo(conninfo))
           && connect_routed(pq, keywords, values, 1, asynchronous, conn);
}

EXPORT PGconn *PQconnectdb(const char *conninfo)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGconn *conn;
    if (pq == NULL)
        return NULL;
    if (!connect_inside() && connect_string(pq, conninfo, false, &conn))
        return conn;
    connect_enter();
    conn = pq->connectdb(conninfo);
    connect_leave();
    return conn;
}

EXPORT PGconn *PQconnectStart(const char *conninfo)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGconn *conn;
    if (pq == NULL)
        return NULL;
    if (!connect_inside() && connect_string(pq, conninfo, true, &conn))
        return conn;
    connect_enter();
    conn = pq->connectStart(conninfo);
    connect_leave();
    return conn;
}

EXPORT PGconn *PQsetdbLogin(const char *pghost, const char *pgport, const char *pgoptions, const char *pgtty,
                            const char *dbName, const char *login, const char *pwd)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGconn *conn;
    if (pq == NULL)
        return NULL;
    /* Empty values count as not given there as here. */
    const char *keywords[] = {"dbname", "host", "port", "options", "user", "password", NULL};
    const char *values[] = {dbName, pghost, pgport, pgoptions, login, pwd, NULL};
    if (!connect_inside() && connect_routed(pq, keywords, values, 1, false, &conn))
        return conn;
    connect_enter();
    conn = pq->setdbLogin(pghost, pgport, pgoptions, pgtty, dbName, login, pwd);
    connect_leave();
    return conn;
}

EXPORT PostgresPollingStatusType PQconnectPoll(PGconn *conn)
{
    struct session *session = session_of(conn);
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq == NULL)
        return PGRES_POLLING_FAILED;
    PostgresPollingStatusType status = pq->connectPoll(conn);
    if (connect_barred())
        return PGRES_POLLING_FAILED;
    return session != NULL ? connect_progress(session, status) : status;
}

/* ---- again ---- */

EXPORT void PQreset(PGconn *conn)
{
    struct session *session = session_of(conn);
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq == NULL)
        return;
    connect_bar(session != NULL && !session_reset(session));
    pq->reset(conn);
    connect_bar(false);
    if (session != NULL)
        session_progress(session, pq->status(conn) == CONNECTION_OK ? PGRES_POLLING_OK : PGRES_POLLING_FAILED);
}

EXPORT int PQresetStart(PGconn *conn)
{
    struct session *session = session_of(conn);
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq == NULL)
        return 0;
    connect_bar(session != NULL && !session_reset(session));
    int begun = pq->resetStart(conn);
    connect_bar(false);
    if (session != NULL)
        session_progress(session, begun ? PGRES_POLLING_WRITING : PGRES_POLLING_FAILED);
    return begun;
}

EXPORT PostgresPollingStatusType PQresetPoll(PGconn *conn)
{
    struct session *session = session_of(conn);
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq == NULL)
        return PGRES_POLLING_FAILED;
    PostgresPollingStatusType status = pq->resetPoll(conn);
    if (session != NULL)
        session_progress(session, status);
    return status;
}

/* ---- pinging ---- */

EXPORT PGPing PQpingParams(const char *const *keywords, const char *const *values, int expand_dbname)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGPing ping;
    if (pq == NULL)
        return PQPING_NO_ATTEMPT;
    if (!connect_inside() && ping_routed(pq, keywords, values, expand_dbname, &ping))
        return ping;
    connect_enter();
    ping = pq->pingParams(keywords, values, expand_dbname);
    connect_leave();
    return ping;
}

EXPORT PGPing PQping(const char *conninfo)
{
    const struct libpq *pq = CALLERS_LIBPQ();
    PGPing ping;
    if (pq == NULL)
        return PQPING_NO_ATTEMPT;
    const char *keywords[] = {conninfo[0] != '\0' ? "dbname" : NULL, NULL};
    const char *values[] = {conninfo, NULL};
    if (!connect_inside() && (conninfo[0] == '\0' || is_conninfo(conninfo))
        && ping_routed(pq, keywords, values, 1, &ping))
        return ping;
    connect_enter();
    ping = pq->ping(conninfo);
    connect_leave();
    return ping;
}

/* ---- connected ---- */

EXPORT void PQfinish(PGconn *conn)
{
    table_lock();
    struct session *session = table_find(conn);
    if (session != NULL)
        table_remove(session);
    table_unlock();
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq != NULL)
        pq->finish(conn);
    session_close(session);
}

EXPORT char *PQerrorMessage(const PGconn *conn)
{
    struct session *session = session_of(conn);
    const struct libpq *pq = session != NULL ? session->pq : CALLERS_LIBPQ();
    if (pq == NULL)
        return "";
    char *message = pq->errorMessage(conn);
    if (session == NULL || pq->status(conn) != CONNECTION_BAD)
        return message;
    table_lock();
    char *ours = session_message(session, message);
    table_unlock();
    return ours != NULL ? ours : message;
}

EXPORT int PQcmSocket(const PGconn *conn)
{
    int fd = -1;
    table_lock();
    struct session *session = table_find(conn);
    if (session != NULL && session_is_watched(session))
        fd = session->event_fd;
    table_unlock();
    return fd;
}
