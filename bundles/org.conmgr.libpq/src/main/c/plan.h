/*
 * What libpq gets for a part of the program's list: who stands there is found out by asking, and conmgrs give way to the
 * instances that they name.
 */
#ifndef CONMGR_PLAN_H
#define CONMGR_PLAN_H

#include "conninfo.h"
#include "session.h"
#include "text.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIMEOUT_MAX = 16 };

struct place {
    const char *host, *addr, *port;
    bool silent; /* it was asked, and has not answered */
};

/*
 * What libpq gets: the hosts up to the first conmgr that knows an instance, and behind them all others. Once there is such
 * a conmgr, those that keep silent come behind its instances.
 */
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

/*
 * Asks the hosts from the next one on, up to the first conmgr that knows an instance; asynchronously all, within a second
 * that they share. False without memory. To be freed in any case.
 */
bool plan_make(struct plan *plan, struct conninfo *conninfo, size_t *next, bool asynchronous);

/*
 * Adds what else the program's list comes to: libpq keeps the list that it is given, and PQreset() walks that. libpq is
 * stopped there for now.
 */
void plan_rest(struct plan *plan, const struct list *list);

/* The program's parameters with this part of the list instead of its own. They point into the plan and the timeout. */
bool plan_params(struct plan *plan, const struct conninfo *conninfo, const char *const *keywords,
                 const char *const *values, struct params *params, char timeout[TIMEOUT_MAX]);

/* Frees it, and its session unless that was taken. */
void plan_free(struct plan *plan);

#endif
