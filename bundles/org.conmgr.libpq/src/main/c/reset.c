#include "session.h"

#include "clock.h"
#include "table.h"
#include "told.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 1000 };

static void note(struct session *session, size_t n, const char *what)
{
    const struct listed *host = &session->list.hosts[n];
    text_addf(&session->notes, "connection to conmgr at \"%s\", port %s failed: %s\n", listed_name(host),
              host->port, what);
}

/* What the n-th of the list answers to a reset. Whether it knows who is alive. */
static bool heard(struct session *session, enum asked asked, struct conversation *conversation, size_t n)
{
    struct listed *host = &session->list.hosts[n];
    table_lock();
    if (asked == ASKED_SERVER || asked == ASKED_REFUSED || asked == ASKED_ROUTED) {
        host->asked = asked;
        host->visited = true;
    }
    if (asked == ASKED_REFUSED) {
        note(session, n, conversation->answer.refusal);
        session_refused(session, conversation, host, n);
    } else if (asked == ASKED_ROUTED) {
        session_route(session, conversation, host, n);
        session->alive = conversation->answer.instances;
        session->alive_count = conversation->answer.count;
        conversation->answer.instances = NULL;
        told_begin(session);
    }
    table_unlock();
    answer_free(&conversation->answer);
    return asked == ASKED_ROUTED;
}

/* Whether the n-th of the list is asked, besides the last that has answered. */
static bool is_asked(const struct list *list, size_t n, size_t last)
{
    const struct listed *host = &list->hosts[n];
    return n != last && !(host->visited && host->asked == ASKED_SERVER) && listed_tcp(host);
}

/* Asks until somebody knows who is alive; whether one does. */
static bool ask_again(struct session *session)
{
    const struct list *list = &session->list;
    struct ask ask = {session->target, session->application, "", getpid()};
    struct conversation conversation;
    size_t last = session->conmgr.address.length > 0 ? session->conmgr.at : list->count;
    bool routed = false;
    if (last < list->count)
        routed = heard(session, ask_address(&session->conmgr.address, &ask, clock_ms() + ASK_MS, &conversation),
                       &conversation, last);
    int64_t deadline = clock_ms() + ASK_MS;
    size_t left = 0;
    for (size_t i = 0; i < list->count; i++)
        left += is_asked(list, i, last);
    for (size_t i = 0; !routed && i < list->count; i++) {
        const struct listed *host = &list->hosts[i];
        if (is_asked(list, i, last))
            routed = heard(session, ask_host(host->host, host->addr, host->port, &ask, clock_share(deadline, left--),
                                             &conversation), &conversation, i);
    }
    return routed;
}

/* Nobody says who is alive, which a conmgr with route_wait does not as long as nobody fits: what it said last holds. */
static void spare(struct session *session)
{
    const struct endpoint *over = &session->over;
    if (over->host[0] == '\0' || clock_ms() - session->over_at >= TOLD_NEW_MS)
        return;
    struct endpoint *others = calloc(session->count + 1, sizeof *others);
    size_t count = 0;
    for (size_t i = 0; others != NULL && i < session->count; i++)
        if (!endpoint_is(over, session->instances[i].host, session->instances[i].port))
            others[count++] = session->instances[i];
    if (count == 0) {
        free(others);
        return;
    }
    session->alive = others;
    session->alive_count = count;
}

/* Whether libpq's list has one that may be alive; what is wrong if not is noted. */
static bool reachable(struct session *session, bool routed)
{
    bool refused = session->notes.s != NULL;
    bool others = false; /* that are no conmgr's */
    for (size_t i = 0; i < session->list.count; i++)
        others |= !listed_conmgr(&session->list.hosts[i]);
    if (!routed && refused)
        session->alive = calloc(1, sizeof *session->alive); /* nobody */
    if (!routed && !refused)
        spare(session);
    if (others || (!routed && !refused))
        return true;
    for (size_t i = 0; i < session->alive_count; i++)
        if (endpoint_find(session->instances, session->count, session->alive[i].host, session->alive[i].port) != NULL)
            return true;
    if (routed)
        note(session, session->conmgr.at,
             "the instances that it names now are not in the list of this connection, which must be made anew");
    return false;
}

bool session_reset(struct session *session)
{
    session_begin_anew(session);
    if (reachable(session, ask_again(session)))
        return true;
    table_lock();
    told_stop(session);
    session->said = strdup("");
    table_unlock();
    return false;
}
