#include "connect.h"

#include "clock.h"
#include "conninfo.h"
#include "session.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ASYNCHRONOUS_MS = 1000,
    UNLIMITED_MS = 10000 /* for an answer when there is no connect_timeout: a conmgr answers from memory */
};

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

/* ---- a part of the list ---- */

struct place {
    const char *host, *addr, *port;
};

/* What libpq gets: the hosts up to the first conmgr that knows an instance, and behind them all others. */
struct plan {
    struct place *places; /* their strings are those of the program's list */
    size_t count, size;
    size_t tried;                   /* how many libpq is to try now; what is behind them is for PQreset() */
    struct text hosts, addrs, ports; /* the same for libpq */
    bool failed;                    /* for want of memory */
    bool changed;                   /* whether it differs from the program's list */
    bool routed;                    /* whether a conmgr knows an instance */
    bool refused;                   /* whether one knows none */
    int64_t took;                   /* what the one that does took to answer, in milliseconds */
    struct session *session;
};

/* How libpq calls it. */
static const char *name_of(const struct place *place)
{
    return place->host[0] != '\0' ? place->host : place->addr;
}

static void add(struct plan *plan, const char *host, const char *addr, const char *port)
{
    if (plan->count == plan->size) {
        size_t size = 2 * plan->size + 8;
        struct place *places = realloc(plan->places, size * sizeof *places);
        if (places == NULL) {
            plan->failed = true;
            return;
        }
        plan->places = places;
        plan->size = size;
    }
    plan->places[plan->count++] = (struct place) {host, addr, port};
}

static void add_listed(struct plan *plan, const struct listed *host)
{
    add(plan, host->host, host->addr, host->port);
}

static void add_named(struct plan *plan, const struct listed *host)
{
    for (size_t i = 0; i < host->named_count; i++)
        add(plan, host->named[i].host, host->named[i].addr, host->named[i].port);
}

static void note(struct plan *plan, const char *what, const struct listed *host, const char *text)
{
    text_addf(&plan->session->notes, "connection to %s at \"%s\", port %s failed: %s\n", what, listed_name(host),
              listed_port(host), text);
}

/* Asks one host, the n-th of the list. */
static void visit(struct plan *plan, struct conninfo *c, size_t n, int64_t deadline, bool asynchronous)
{
    struct listed *host = &c->list.hosts[n];
    struct ask ask = {c->target, c->application[0] != '\0' ? c->application : program_invocation_short_name, "",
                      getpid()};
    struct conversation conversation;
    int64_t begun = clock_ms();
    host->asked = ask_host(host->host, host->addr, listed_port(host), &ask, deadline, &conversation);
    host->visited = true;
    bool first = host->asked == ASKED_ROUTED && !plan->routed;
    switch (host->asked) {
    case ASKED_ROUTED:
        plan->changed = true;
        if (!first) {
            /* Asynchronously the list cannot be continued later, and one conmgr's instances are enough. */
            close(conversation.fd);
            break;
        }
        session_route(plan->session, &conversation, host, n);
        plan->routed = true;
        plan->took = clock_ms() - begun;
        break;
    case ASKED_REFUSED:
        note(plan, "conmgr", host, conversation.answer.refusal);
        session_refused(plan->session, &conversation, host, n);
        plan->changed = plan->refused = true;
        break;
    case ASKED_TIMEOUT:
        if (!asynchronous && c->connect_timeout > 0) {
            /* It has had its time. */
            note(plan, "server", host, "timeout expired");
            plan->changed = true;
            break;
        }
        add_listed(plan, host);
        break;
    case ASKED_UNKNOWN:
        /* libpq gets it as it is, but if it fails too, this was perhaps the reason. */
        note(plan, "conmgr", host, conversation.why);
        add_listed(plan, host);
        plan->changed = true;
        break;
    case ASKED_OVER: /* said only of an instance that is asked for */
    case ASKED_SERVER:
    case ASKED_UNREACHABLE:
        add_listed(plan, host);
        break;
    }
    if (listed_conmgr(host)) {
        host->named = conversation.answer.instances;
        host->named_count = conversation.answer.count;
        conversation.answer.instances = NULL;
    }
    if (first)
        add_named(plan, host);
    answer_free(&conversation.answer);
}

static bool plan_make(struct plan *plan, struct conninfo *c, size_t *next, bool asynchronous)
{
    *plan = (struct plan) {.session = session_new(c->pq, c->target, c->application)};
    if (plan->session == NULL)
        return false;
    int64_t whole = clock_ms() + ASYNCHRONOUS_MS; /* no connect_timeout is shorter */
    while (*next < c->list.count && (asynchronous || !plan->routed)) {
        size_t n = (*next)++;
        int64_t deadline = clock_ms() + (c->connect_timeout > 0 ? c->connect_timeout * (int64_t) 1000 : UNLIMITED_MS);
        if (listed_tcp(&c->list.hosts[n]))
            visit(plan, c, n, asynchronous ? whole : deadline, asynchronous);
        else
            add_listed(plan, &c->list.hosts[n]);
    }
    plan->tried = plan->count;
    return !plan->failed;
}

static bool has(const struct plan *plan, size_t count, const struct place *place)
{
    for (size_t i = 0; i < count; i++) {
        const struct place *one = &plan->places[i];
        if (strcmp(one->host, place->host) == 0 && strcmp(one->addr, place->addr) == 0
            && strcmp(one->port, place->port) == 0)
            return true;
    }
    return false;
}

/*
 * Adds what else the program's list comes to: libpq keeps the list that it is given, and PQreset() walks that. libpq is
 * stopped there for now.
 */
static void plan_rest(struct plan *plan, const struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t before = plan->count;
        if (listed_conmgr(&list->hosts[i]))
            add_named(plan, &list->hosts[i]);
        else
            add_listed(plan, &list->hosts[i]);
        size_t kept = before;
        for (size_t n = before; n < plan->count; n++)
            if (!has(plan, kept, &plan->places[n]))
                plan->places[kept++] = plan->places[n];
        plan->count = kept;
    }
    /* With conmgrs only that do not say who there is, libpq gets these, for it must have somebody. */
    for (size_t i = 0; plan->count == 0 && i < list->count; i++)
        add_listed(plan, &list->hosts[i]);
    session_know(plan->session, list);
    for (size_t i = plan->tried; i < plan->count; i++) {
        const struct place *place = &plan->places[i];
        bool also = false; /* tried now by another address */
        for (size_t n = 0; n < plan->tried; n++)
            also |= strcmp(name_of(&plan->places[n]), name_of(place)) == 0
                    && strcmp(plan->places[n].port, place->port) == 0;
        if (!also)
            session_stop_at(plan->session, name_of(place), place->port[0] != '\0' ? place->port : "5432");
    }
}

static void plan_free(struct plan *plan)
{
    free(plan->places);
    text_free(&plan->hosts);
    text_free(&plan->addrs);
    text_free(&plan->ports);
    session_free(plan->session);
    plan->session = NULL;
}

/* The program's parameters with this part of the list instead of its own. */
static bool plan_params(struct plan *plan, const struct conninfo *c, const char *const *keywords,
                        const char *const *values, struct params *params, char timeout[16])
{
    bool addrs = false;
    for (size_t i = 0; i < plan->count; i++)
        addrs |= plan->places[i].addr[0] != '\0';
    if (!addrs && c->has_addr && plan->count == 1)
        /* An empty hostaddr would leave the program's in force; one with a comma does not. */
        add(plan, plan->places[0].host, "", plan->places[0].port);
    for (size_t i = 0; i < plan->count; i++) {
        const char *comma = i > 0 ? "," : "";
        text_addf(&plan->hosts, "%s%s", comma, plan->places[i].host);
        text_addf(&plan->addrs, "%s%s", comma, plan->places[i].addr);
        text_addf(&plan->ports, "%s%s", comma, plan->places[i].port);
    }
    const char *more[6][2] = {{"host", plan->hosts.s}, {"port", plan->ports.s}};
    size_t n = 2;
    if (addrs || c->has_addr) {
        more[n][0] = "hostaddr";
        more[n++][1] = plan->addrs.s;
    }
    if (c->balanced) {
        more[n][0] = "load_balance_hosts";
        more[n++][1] = "disable";
    }
    int64_t spent = plan->took / 1000;
    if (c->connect_timeout > 0 && spent > 0) {
        /* connect_timeout is for the host as a whole: conmgr, and the instance that it names. */
        int64_t left = c->connect_timeout - spent;
        snprintf(timeout, 16, "%d", left < 2 ? 2 : (int) left);
        more[n][0] = "connect_timeout";
        more[n++][1] = timeout;
    }
    return !plan->failed && !plan->hosts.failed && !plan->addrs.failed && !plan->ports.failed
           && params_extend(params, keywords, values, (const char *const(*)[2]) more);
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

/* Takes a failed attempt back; what it said goes to the next one. */
static void withdraw(const struct libpq *pq, PGconn **conn, struct text *notes)
{
    table_lock();
    struct session *session = table_find(*conn);
    if (session != NULL)
        table_remove(session);
    table_unlock();
    if (session != NULL && session->notes.s != NULL)
        text_add(notes, session->notes.s);
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
    size_t next = 0;
    bool done = false, routed = true;
    while (!done) {
        struct plan plan;
        struct params params = {0};
        bool first = next == 0;
        bool whole = plan_make(&plan, &c, &next, asynchronous);
        bool last = next == c.list.count;
        char timeout[16];
        if (whole && notes.s != NULL) {
            /* In the order of the list. */
            if (plan.session->notes.s != NULL)
                text_add(&notes, plan.session->notes.s);
            text_free(&plan.session->notes);
            plan.session->notes = notes;
            notes = (struct text) {0};
        }
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
                withdraw(pq, &conn, &notes);
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
    char timeout[16];
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
