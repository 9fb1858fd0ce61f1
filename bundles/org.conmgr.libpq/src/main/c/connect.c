#include "connect.h"

#include "conninfo.h"
#include "plan.h"
#include "session.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local struct {
    unsigned depth;
    bool barred;
    struct session *session; /* of the connection that is being made */
} inside;

bool connect_inside(void)
{
    return inside.depth > 0;
}

void connect_enter(void)
{
    inside.depth++;
}

void connect_leave(void)
{
    inside.depth--;
}

void connect_bar(bool barred)
{
    inside.barred = barred;
}

bool connect_barred(void)
{
    return inside.barred;
}

PostgresPollingStatusType connect_progress(struct session *session, PostgresPollingStatusType status)
{
    if (session_progress(session, status))
        return status;
    connect_bar(true);
    session->pq->resetStart(session->conn);
    connect_bar(false);
    return PGRES_POLLING_FAILED;
}

static void progress(struct session *session, const PGconn *conn)
{
    ConnStatusType status = session->pq->status(conn);
    connect_progress(session, status == CONNECTION_OK    ? PGRES_POLLING_OK
                              : status == CONNECTION_BAD ? PGRES_POLLING_FAILED
                                                         : PGRES_POLLING_WRITING);
}

void connect_made(PGconn *conn)
{
    struct session *session = inside.session;
    if (session != NULL && conn != NULL) {
        inside.session = NULL;
        session_register(session, conn);
        /* It has begun to connect, and may have to wait for that alone. */
        progress(session, conn);
    }
}

/* ---- connecting ---- */

static PGconn *attempt(const struct libpq *pq, struct session *session, const struct params *params, int expand_dbname,
                       bool asynchronous)
{
    inside.session = session;
    connect_enter();
    PGconn *conn = (asynchronous ? pq->connectStartParams : pq->connectdbParams)(params->keywords, params->values,
                                                                                  expand_dbname);
    connect_leave();
    connect_made(conn); /* when libpq's inner calls do not come by */
    inside.session = NULL;
    if (conn != NULL)
        progress(session, conn);
    return conn;
}

/* Takes a failed attempt back; what it said, and the conmgr that it has found, go to the next one. */
static void withdraw(const struct libpq *pq, PGconn **conn, struct text *notes, struct conmgr *conmgr)
{
    table_lock();
    struct session *session = table_find(*conn);
    if (session != NULL)
        table_remove(session);
    table_unlock();
    if (session != NULL && session->notes.s != NULL)
        text_add(notes, session->notes.s);
    if (session != NULL)
        *conmgr = session->conmgr;
    text_add(notes, session != NULL && session->said != NULL ? session->said : pq->errorMessage(*conn));
    session_close(session);
    pq->finish(*conn);
    *conn = NULL;
}

static bool authentication_failed(const struct libpq *pq, const PGconn *conn)
{
    return pq->connectionNeedsPassword(conn) || pq->connectionUsedPassword(conn);
}

/* A connection that has failed without libpq's doing, with what the hosts said. PQreset() may try it. */
static PGconn *failed(struct conninfo *c, struct session *session, const struct params *params, int expand_dbname)
{
    connect_enter();
    connect_bar(true);
    PGconn *conn = c->pq->connectStartParams(params->keywords, params->values, expand_dbname);
    connect_bar(false);
    connect_leave();
    if (conn != NULL && c->pq->status(conn) != CONNECTION_BAD) {
        /* libpq's inner calls do not come by. */
        c->pq->finish(conn);
        conn = c->failed;
        c->failed = NULL;
    }
    if (conn == NULL)
        return NULL;
    session->said = strdup("");
    session_register(session, conn);
    return conn;
}

static bool turned_off(void)
{
    const char *off = getenv("PGCONMGR");
    return off != NULL && strcmp(off, "off") == 0;
}

bool connect_routed(const struct libpq *pq, const char *const *keywords, const char *const *values, int expand_dbname,
                    bool asynchronous, PGconn **result)
{
    struct conninfo c;
    if (turned_off() || !conninfo_resolve(&c, pq, keywords, values, expand_dbname))
        return false;
    PGconn *conn = NULL;
    struct session *session = NULL; /* of the connection */
    struct text notes = {0};        /* of the attempts before */
    struct conmgr conmgr = {0};     /* that has answered in one of them */
    size_t next = 0;
    bool done = false, routed = true;
    while (!done) {
        struct plan plan;
        struct params params = {0};
        bool first = next == 0;
        bool whole = plan_make(&plan, &c, &next, asynchronous);
        bool last = next == c.list.count;
        char timeout[TIMEOUT_MAX];
        if (whole && notes.s != NULL) {
            /* In the order of the list. */
            if (plan.session->notes.s != NULL)
                text_add(&notes, plan.session->notes.s);
            text_free(&plan.session->notes);
            plan.session->notes = notes;
            notes = (struct text) {0};
        }
        if (whole && plan.session->conmgr.address.length == 0)
            plan.session->conmgr = conmgr;
        bool ours = whole && !(first && last && !plan.changed);
        if (ours)
            plan_rest(&plan, &c.list);
        if (!ours || !plan_params(&plan, &c, keywords, values, &params, timeout)) {
            /* In doubt, or with servers only, it is libpq's alone. */
            routed = !first;
            done = true;
        } else {
            session = plan.session;
            plan.session = NULL;
            conn = plan.tried == 0 ? failed(&c, session, &params, expand_dbname)
                                   : attempt(pq, session, &params, expand_dbname, asynchronous);
            if (conn == NULL) {
                session_free(session);
                session = NULL;
            }
            done = last || conn == NULL || asynchronous || pq->status(conn) != CONNECTION_BAD
                   || authentication_failed(pq, conn);
            if (!done) {
                withdraw(pq, &conn, &notes, &conmgr);
                session = NULL;
            }
        }
        params_free(&params);
        plan_free(&plan);
    }
    if (session != NULL)
        session_keep(session, &c.list);
    text_free(&notes);
    conninfo_free(&c);
    *result = conn;
    return routed;
}

/* One part of the list. */
static PGPing ping_part(struct plan *plan, const struct conninfo *c, const char *const *keywords,
                        const char *const *values, int expand_dbname)
{
    struct params params = {0};
    char timeout[TIMEOUT_MAX];
    PGPing ping = PQPING_NO_RESPONSE;
    if (plan->count > 0 && plan_params(plan, c, keywords, values, &params, timeout)) {
        connect_enter();
        ping = c->pq->pingParams(params.keywords, params.values, expand_dbname);
        connect_leave();
    }
    params_free(&params);
    /* A conmgr that sends nobody anywhere is there, all the same. */
    return plan->refused && ping > PQPING_REJECT ? PQPING_REJECT : ping;
}

bool ping_routed(const struct libpq *pq, const char *const *keywords, const char *const *values, int expand_dbname,
                 PGPing *ping)
{
    struct conninfo c;
    if (turned_off() || !conninfo_resolve(&c, pq, keywords, values, expand_dbname))
        return false;
    size_t next = 0;
    bool routed = false, done = false;
    while (!done) {
        struct plan plan;
        bool first = next == 0;
        bool whole = plan_make(&plan, &c, &next, false);
        bool last = next == c.list.count;
        if (whole && !(first && last && !plan.changed)) {
            PGPing one = ping_part(&plan, &c, keywords, values, expand_dbname);
            /* The best there is: they are in that order. */
            *ping = first || one < *ping ? one : *ping;
            routed = true;
        }
        done = !whole || last || !routed || *ping == PQPING_OK;
        plan_free(&plan);
    }
    conninfo_free(&c);
    return routed;
}
