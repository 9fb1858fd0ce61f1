#include "conninfo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The name of the virtual database that shows what conmgr knows. */
static const char CONSOLE[] = "conmgr";

bool params_extend(struct params *params, const char *const *keywords, const char *const *values,
                   const char *const more[][2])
{
    size_t n = 0, m = 0;
    while (keywords[n] != NULL)
        n++;
    while (more[m][0] != NULL)
        m++;
    params->keywords = calloc(n + m + 1, sizeof *params->keywords);
    params->values = calloc(n + m + 1, sizeof *params->values);
    if (params->keywords == NULL || params->values == NULL) {
        params_free(params);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        params->keywords[i] = keywords[i];
        params->values[i] = values[i];
    }
    for (size_t i = 0; i < m; i++) {
        params->keywords[n + i] = more[i][0];
        params->values[n + i] = more[i][1];
    }
    return true;
}

void params_free(struct params *params)
{
    free(params->keywords);
    free(params->values);
    *params = (struct params) {0};
}

static const char *value(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, keyword) == 0)
            return option->val == NULL ? "" : option->val;
    return "";
}

static size_t count(const char *list)
{
    size_t n = 1;
    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

/* Cuts the next element off a list, which stays at its end. */
static char *next(char **list)
{
    char *element = *list;
    char *comma = strchr(element, ',');
    *list = comma == NULL ? element + strlen(element) : comma + 1;
    if (comma != NULL)
        *comma = '\0';
    return element;
}

/* What libpq takes for an empty one in a list, whatever PGPORT says. */
static const char *default_port(const PQconninfoOption *options)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, "port") == 0 && option->compiled != NULL)
            return option->compiled;
    return "5432";
}

/* As libpq does it: as many hosts as addresses, and one port or as many. The default is said, so that ports compare. */
static bool split(struct conninfo *c, const char *host, const char *addr, const char *port)
{
    size_t n = count(addr[0] != '\0' ? addr : host);
    size_t ports = count(port);
    if ((host[0] != '\0' && count(host) != n) || (ports != 1 && ports != n))
        return false;
    struct list *list = &c->list;
    list->hosts = calloc(n, sizeof *list->hosts);
    char *at[3] = {list->strings[0] = strdup(host), list->strings[1] = strdup(addr), list->strings[2] = strdup(port)};
    list->strings[3] = strdup(default_port(c->options));
    if (list->hosts == NULL || at[0] == NULL || at[1] == NULL || at[2] == NULL || list->strings[3] == NULL)
        return false;
    for (; list->count < n; list->count++) {
        struct listed *one = &list->hosts[list->count];
        one->host = next(&at[0]);
        one->addr = next(&at[1]);
        one->port = list->count == 0 || ports > 1 ? next(&at[2]) : list->hosts[0].port;
        if (one->port[0] == '\0')
            one->port = list->strings[3];
    }
    return true;
}

/* load_balance_hosts: the program's list is shuffled here, among the instances conmgr balances. */
static void shuffle(struct list *list)
{
    for (size_t i = list->count; i > 1; i--) {
        uint32_t dice;
        if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) != sizeof dice)
            return;
        struct listed other = list->hosts[dice % i];
        list->hosts[dice % i] = list->hosts[i - 1];
        list->hosts[i - 1] = other;
    }
}

bool listed_tcp(const struct listed *host)
{
    if (host->addr[0] != '\0')
        return true;
    return host->host[0] != '\0' && host->host[0] != '/' && host->host[0] != '@';
}

bool listed_conmgr(const struct listed *host)
{
    return host->visited && (host->asked == ASKED_ROUTED || host->asked == ASKED_REFUSED);
}

const char *listed_name(const struct listed *host)
{
    return host->host[0] != '\0' ? host->host : host->addr;
}

void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->hosts[i].named);
    free(list->hosts);
    for (size_t i = 0; i < sizeof list->strings / sizeof *list->strings; i++)
        free(list->strings[i]);
    *list = (struct list) {0};
}

static int seconds(const char *timeout)
{
    long value = strtol(timeout, NULL, 10);
    /* libpq's own least. */
    return value <= 0 ? 0 : value == 1 ? 2 : value > 1000000 ? 1000000 : (int) value;
}

bool conninfo_resolve(struct conninfo *c, const struct libpq *pq, const char *const *keywords,
                      const char *const *values, int expand_dbname)
{
    *c = (struct conninfo) {.pq = pq};
    /*
     * libpq resolves everything and then stumbles over a value that it cannot have, before it has opened anything. With
     * a password it does not look into a password file.
     */
    struct params params;
    if (!params_extend(&params, keywords, values,
                       (const char *const[][2]) {{"password", "-"}, {"sslmode", "conmgr"}, {NULL, NULL}}))
        return false;
    c->failed = pq->connectStartParams(params.keywords, params.values, expand_dbname);
    params_free(&params);
    if (c->failed == NULL || pq->status(c->failed) != CONNECTION_BAD
        || (c->options = pq->conninfo(c->failed)) == NULL
        || strcmp(value(c->options, "dbname"), CONSOLE) == 0
        || !split(c, value(c->options, "host"), value(c->options, "hostaddr"), value(c->options, "port"))) {
        conninfo_free(c);
        return false;
    }
    bool tcp = false;
    for (size_t i = 0; i < c->list.count; i++)
        tcp |= listed_tcp(&c->list.hosts[i]);
    c->target = value(c->options, "target_session_attrs");
    if (c->target[0] == '\0')
        c->target = "any";
    c->application = value(c->options, "application_name");
    if (c->application[0] == '\0')
        c->application = value(c->options, "fallback_application_name");
    c->connect_timeout = seconds(value(c->options, "connect_timeout"));
    c->has_addr = value(c->options, "hostaddr")[0] != '\0';
    c->balanced = strcmp(value(c->options, "load_balance_hosts"), "random") == 0;
    if (!tcp) {
        conninfo_free(c);
        return false;
    }
    if (c->balanced)
        shuffle(&c->list);
    return true;
}

void conninfo_free(struct conninfo *c)
{
    if (c->options != NULL)
        c->pq->conninfoFree(c->options);
    if (c->failed != NULL)
        c->pq->finish(c->failed);
    list_free(&c->list);
    *c = (struct conninfo) {0};
}
