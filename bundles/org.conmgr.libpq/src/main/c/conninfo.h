/*
 * What a program's connection parameters come to. libpq itself resolves them, from conninfo strings, URIs, service
 * files and the environment; here they are only read, and the list of hosts is replaced.
 */
#ifndef CONMGR_CONNINFO_H
#define CONMGR_CONNINFO_H

#include "ask.h"
#include "libpq.h"

#include <stdbool.h>
#include <stddef.h>

/* A host of libpq's list. */
struct listed {
    const char *host;
    const char *addr;
    const char *port;       /* libpq's default when the program gives none */
    bool visited;           /* whether it has been asked */
    enum asked asked;       /* what has come of it then */
    struct endpoint *named; /* the instances that it has named, as a conmgr */
    size_t named_count;
};

/* The program's list of hosts. */
struct list {
    struct listed *hosts;
    size_t count;
    char *strings[4]; /* what hosts point into */
};

struct conninfo {
    struct list list;
    const char *target;      /* target_session_attrs */
    const char *application; /* may be empty */
    int connect_timeout;     /* seconds, 0 for none */
    bool has_addr;           /* whether hostaddr is set by somebody */
    bool balanced;           /* whether load_balance_hosts must be switched off */
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

/* Frees what it has and leaves an empty list. */
void list_free(struct list *list);

/* Whether libpq would connect to it by TCP. */
bool listed_tcp(const struct listed *host);

/* Whether it has turned out to be a conmgr. */
bool listed_conmgr(const struct listed *host);

/* How libpq calls it, and messages do: by its name if it has one. */
const char *listed_name(const struct listed *host);

/*
 * The program's parameters with others behind them, which therefore win. Ended by a null keyword. False when there is
 * no memory.
 */
bool params_extend(struct params *params, const char *const *keywords, const char *const *values,
                   const char *const more[][2]);

void params_free(struct params *params);

#endif
