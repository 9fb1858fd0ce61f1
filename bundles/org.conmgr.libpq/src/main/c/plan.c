#include "plan.h"

#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ASYNCHRONOUS_MS = 1000,
    BEHIND_MS = 50, /* asynchronously, for a host behind a conmgr that has answered: it is needed only if that fails */
    UNLIMITED_MS = 10000 /* for an answer when there is no connect_timeout: a conmgr answers from memory */
};

/* How libpq calls it. */
static const char *name_of(const struct place *place)
{
    return place->host[0] != '\0' ? place->host : place->addr;
}

static void add(struct plan *plan, struct place place)
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
    plan->places[plan->count++] = place;
}

static void add_listed(struct plan *plan, const struct listed *host)
{
    bool silent = host->visited && host->asked == ASKED_TIMEOUT;
    add(plan, (struct place) {host->host, host->addr, host->port, silent});
}

static void add_named(struct plan *plan, const struct listed *host)
{
    for (size_t i = 0; i < host->named_count; i++)
        add(plan, (struct place) {host->named[i].host, host->named[i].addr, host->named[i].port, false});
}

static void note(struct plan *plan, const char *what, const struct listed *host, const char *text)
{
    text_addf(&plan->session->notes, "connection to %s at \"%s\", port %s failed: %s\n", what, listed_name(host),
              host->port, text);
}

/* Asks one host, the n-th of the list. */
static void visit(struct plan *plan, struct conninfo *c, size_t n, int64_t deadline, bool asynchronous)
{
    struct listed *host = &c->list.hosts[n];
    struct ask ask = {c->target, c->application[0] != '\0' ? c->application : program_invocation_short_name, "",
                      getpid()};
    struct conversation conversation;
    int64_t begun = clock_ms();
    host->asked = ask_host(host->host, host->addr, host->port, &ask, deadline, &conversation);
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

/* Until when the n-th of the list is asked, when all must be within a time. */
static int64_t share(const struct plan *plan, const struct list *list, size_t n, int64_t whole)
{
    size_t left = 0;
    for (size_t i = n; i < list->count; i++)
        left += listed_tcp(&list->hosts[i]);
    int64_t until = clock_share(whole, left), most = clock_ms() + BEHIND_MS;
    return plan->routed && most < until ? most : until;
}

/* libpq would wait for those that keep silent, and asynchronously without end. */
static void silent_last(struct plan *plan)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->places[i].silent) {
            struct place place = plan->places[i];
            memmove(&plan->places[kept + 1], &plan->places[kept], (i - kept) * sizeof place);
            plan->places[kept++] = place;
        }
}

bool plan_make(struct plan *plan, struct conninfo *c, size_t *next, bool asynchronous)
{
    *plan = (struct plan) {.session = session_new(c->pq, c->target, c->application)};
    if (plan->session == NULL)
        return false;
    int64_t whole = clock_ms() + ASYNCHRONOUS_MS; /* no connect_timeout is shorter */
    while (*next < c->list.count && (asynchronous || !plan->routed)) {
        size_t n = (*next)++;
        int64_t deadline = clock_ms() + (c->connect_timeout > 0 ? c->connect_timeout * (int64_t) 1000 : UNLIMITED_MS);
        if (listed_tcp(&c->list.hosts[n]))
            visit(plan, c, n, asynchronous ? share(plan, &c->list, n, whole) : deadline, asynchronous);
        else
            add_listed(plan, &c->list.hosts[n]);
    }
    if (plan->routed)
        silent_last(plan);
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

void plan_rest(struct plan *plan, const struct list *list)
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
            session_stop_at(plan->session, name_of(place), place->port);
    }
}

void plan_free(struct plan *plan)
{
    free(plan->places);
    text_free(&plan->hosts);
    text_free(&plan->addrs);
    text_free(&plan->ports);
    session_free(plan->session);
    plan->session = NULL;
}

bool plan_params(struct plan *plan, const struct conninfo *c, const char *const *keywords, const char *const *values,
                 struct params *params, char timeout[TIMEOUT_MAX])
{
    bool addrs = false;
    for (size_t i = 0; i < plan->count; i++)
        addrs |= plan->places[i].addr[0] != '\0';
    if (!addrs && c->has_addr && plan->count == 1)
        /* An empty hostaddr would leave the program's in force; one with a comma does not. */
        add(plan, (struct place) {plan->places[0].host, "", plan->places[0].port, false});
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
        snprintf(timeout, TIMEOUT_MAX, "%d", left < 2 ? 2 : (int) left);
        more[n][0] = "connect_timeout";
        more[n++][1] = timeout;
    }
    return !plan->failed && !plan->hosts.failed && !plan->addrs.failed && !plan->ports.failed
           && params_extend(params, keywords, values, (const char *const(*)[2]) more);
}
