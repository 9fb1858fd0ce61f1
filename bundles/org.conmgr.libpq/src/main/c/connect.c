#include "connect.h"

#include "clock.h"
#include "conninfo.h"
#include "session.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ASYNCHRONOUS_MS = 1000,
    UNLIMITED_MS = 10000 /* for an answer when there is no connect_timeout: a conmgr answers from memory */
};

static _Thread_local struct {
    unsigned depth;
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

static void progress(struct session *session, const PGconn *conn)
{
    ConnStatusType status = session->pq->status(conn);
    session_progress(session, status == CONNECTION_OK    ? PGRES_POLLING_OK
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

/* What libpq gets for the hosts up to the first conmgr that knows an instance. */
struct plan {
    struct text hosts, addrs, ports;
    size_t count;
    bool changed; /* whether it differs from the program's list */
    int64_t begun;
    struct session *session;
};

static void add(struct plan *plan, const char *host, const char *addr, const char *port)
{
    const char *comma = plan->count++ > 0 ? "," : "";
    text_addf(&plan->hosts, "%s%s", comma, host);
    text_addf(&plan->addrs, "%s%s", comma, addr);
    text_addf(&plan->ports, "%s%s", comma, port);
}

static void add_listed(struct plan *plan, const struct listed *host)
{
    add(plan, host->host, host->addr, host->port);
}

static void note(struct plan *plan, const char *what, const struct listed *host, const char *text)
{
    const char *name = host->host[0] != '\0' ? host->host : host->addr;
    text_addf(&plan->session->notes, "connection to %s at \"%s\", port %s failed: %s\n", what, name, host->port, text);
}

/* Asks one host. Whether it is a conmgr that knows an instance. */
static bool visit(struct plan *plan, const struct conninfo *c, const struct listed *host, int64_t deadline,
                  bool asynchronous)
{
    struct ask ask = {c->target, c->application[0] != '\0' ? c->application : program_invocation_short_name, "",
                      getpid()};
    struct conversation conversation;
    bool routed = false;
    const char *port = host->port[0] != '\0' ? host->port : "5432";
    enum asked asked = ask_host(host->host, host->addr, port, &ask, deadline, &conversation);
    switch (asked) {
    case ASKED_ROUTED:
        if (plan->session->count > 0) {
            /* Asynchronously the list cannot be continued later, and one conmgr's instances are enough. */
            close(conversation.fd);
            break;
        }
        for (size_t i = 0; i < conversation.answer.count; i++) {
            const struct endpoint *one = &conversation.answer.instances[i];
            add(plan, one->host, one->addr, one->port);
        }
        session_route(plan->session, &conversation, host->host[0] != '\0' ? host->host : host->addr, port);
        plan->changed = routed = true;
        break;
    case ASKED_REFUSED:
        note(plan, "conmgr", host, conversation.answer.refusal);
        plan->changed = true;
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
    answer_free(&conversation.answer);
    return routed;
}

static bool plan_make(struct plan *plan, const struct conninfo *c, size_t *next, bool asynchronous)
{
    *plan = (struct plan) {.session = session_new(c->pq, c->target, c->application), .begun = clock_ms()};
    if (plan->session == NULL)
        return false;
    int64_t whole = plan->begun + ASYNCHRONOUS_MS; /* no connect_timeout is shorter */
    bool routed = false;
    while (*next < c->count && (asynchronous || !routed)) {
        const struct listed *host = &c->hosts[(*next)++];
        int64_t deadline = clock_ms() + (c->connect_timeout > 0 ? c->connect_timeout * (int64_t) 1000 : UNLIMITED_MS);
        if (listed_tcp(host))
            routed |= visit(plan, c, host, asynchronous ? whole : deadline, asynchronous);
        else
            add_listed(plan, host);
    }
    return !plan->hosts.failed && !plan->addrs.failed && !plan->ports.failed;
}

static void plan_free(struct plan *plan)
{
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
    bool addrs = strspn(plan->addrs.s, ",") != plan->addrs.length;
    if (!addrs && c->has_addr && plan->count == 1) {
        /* An empty hostaddr would leave the program's in force; one with a comma does not. */
        char *host = strdup(plan->hosts.s), *port = strdup(plan->ports.s);
        if (host != NULL && port != NULL)
            add(plan, host, "", port);
        free(host);
        free(port);
        if (plan->count != 2)
            return false;
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
    int64_t spent = (clock_ms() - plan->begun) / 1000;
    if (c->connect_timeout > 0 && spent > 0 && plan->session->count > 0) {
        /* connect_timeout is for the host as a whole. */
        int64_t left = c->connect_timeout - spent;
        struct text text = {0};
        text_addf(&text, "%d", left < 2 ? 2 : (int) left);
        if (!text.failed && text.length < 16) {
            memcpy(timeout, text.s, text.length + 1);
            more[n][0] = "connect_timeout";
            more[n++][1] = timeout;
        }
        text_free(&text);
    }
    return !plan->hosts.failed && !plan->addrs.failed && !plan->ports.failed
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
    text_add(notes, pq->errorMessage(*conn));
    session_close(session);
    pq->finish(*conn);
    *conn = NULL;
}

static bool authentication_failed(const struct libpq *pq, const PGconn *conn)
{
    return pq->connectionNeedsPassword(conn) || pq->connectionUsedPassword(conn);
}

/* The connection that has failed without libpq's doing, with what the hosts said. */
static PGconn *failed(struct conninfo *c, struct session *session)
{
    PGconn *conn = c->failed;
    c->failed = NULL;
    session->refused = true;
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
    struct text notes = {0}; /* of the attempts before */
    size_t next = 0;
    bool done = false, routed = true;
    while (!done) {
        struct plan plan;
        struct params params = {0};
        bool first = next == 0;
        bool whole = plan_make(&plan, &c, &next, asynchronous);
        bool last = next == c.count;
        char timeout[16];
        if (whole && plan.session != NULL && notes.s != NULL) {
            /* In the order of the list. */
            if (plan.session->notes.s != NULL)
                text_add(&notes, plan.session->notes.s);
            text_free(&plan.session->notes);
            plan.session->notes = notes;
            notes = (struct text) {0};
        }
        if (!whole || (first && last && !plan.changed)) {
            /* In doubt, or with servers only, it is libpq's alone. */
            routed = !first;
            done = true;
        } else if (plan.count == 0) {
            /* Nobody is left to connect to. */
            conn = failed(&c, plan.session);
            plan.session = NULL;
            done = true;
        } else if (plan_params(&plan, &c, keywords, values, &params, timeout)) {
            struct session *session = plan.session;
            plan.session = NULL;
            conn = attempt(pq, session, &params, expand_dbname, asynchronous);
            if (conn == NULL)
                session_free(session);
            done = last || conn == NULL || asynchronous || pq->status(conn) != CONNECTION_BAD
                   || authentication_failed(pq, conn);
            if (!done)
                withdraw(pq, &conn, &notes);
        } else {
            done = true;
            routed = !first;
        }
        params_free(&params);
        plan_free(&plan);
    }
    text_free(&notes);
    conninfo_free(&c);
    *result = conn;
    return routed;
}

bool ping_routed(const struct libpq *pq, const char *const *keywords, const char *const *values, int expand_dbname,
                 PGPing *ping)
{
    struct conninfo c;
    if (turned_off() || !conninfo_resolve(&c, pq, keywords, values, expand_dbname))
        return false;
    struct plan plan;
    struct params params = {0};
    char timeout[16];
    size_t next = 0;
    bool routed = false;
    do {
        bool whole = plan_make(&plan, &c, &next, false);
        if (whole && plan.count == 0) {
            /* The conmgr is there, but sends nobody anywhere. */
            *ping = PQPING_REJECT;
            routed = true;
        } else if (whole && plan.changed && plan_params(&plan, &c, keywords, values, &params, timeout)) {
            connect_enter();
            *ping = pq->pingParams(params.keywords, params.values, expand_dbname);
            connect_leave();
            routed = true;
        }
        params_free(&params);
        plan_free(&plan);
    } while (routed && *ping != PQPING_OK && next < c.count);
    conninfo_free(&c);
    return routed;
}
