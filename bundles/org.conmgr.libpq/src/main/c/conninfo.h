/*
 * What a program's connection parameters come to. libpq itself resolves them, from conninfo strings, URIs, service
 * files and the environment; here they are only read, and the list of hosts is replaced.
 */
#ifndef CONMGR_CONNINFO_H
#define CONMGR_CONNINFO_H

#include "libpq.h"
#include "packet.h"

#include <stdbool.h>
#include <stddef.h>

/* A host of libpq's list. */
struct listed {
    const char *host;
    const char *addr;
    const char *port;
};

struct conninfo {
    struct listed *hosts;
    size_t count;
    const char *target;      /* target_session_attrs */
    const char *application; /* may be empty */
    int connect_timeout;     /* seconds, 0 for none */
    bool has_addr;           /* whether hostaddr is set by somebody */
    bool balanced;           /* whether load_balance_hosts must be switched off */
    char *lists[3];          /* what hosts point into */
    PQconninfoOption *options;
    const struct libpq *pq;
    PGconn *failed;          /* a connection that has failed; taken by who returns it to the program */
};

/* Keywords and values, ended by a null keyword. */
struct params {
    const char **keywords;
    const char **values;
};

/*
 * Resolves. False when the companion has no business with this connection: the parameters are wrong, there is no TCP
 * host, or it is for conmgr's console.
 */
bool conninfo_resolve(struct conninfo *conninfo, const struct libpq *pq, const char *const *keywords,
                      const char *const *values, int expand_dbname);

void conninfo_free(struct conninfo *conninfo);

/* Whether libpq would connect to it by TCP. */
bool listed_tcp(const struct listed *host);

/*
 * The program's parameters with others behind them, which therefore win. Up to four more, ended by a null keyword.
 * False when there is no memory.
 */
bool params_extend(struct params *params, const char *const *keywords, const char *const *values,
                   const char *const more[][2]);

void params_free(struct params *params);

#endif
