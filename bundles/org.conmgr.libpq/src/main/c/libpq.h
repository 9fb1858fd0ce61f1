/*
 * The real libpq behind a caller. A process may have several: one linked, others brought by dlopened modules in scopes
 * that only these modules see. Which one a call is for is found out from where the call came from.
 */
#ifndef CONMGR_LIBPQ_H
#define CONMGR_LIBPQ_H

#include <libpq-fe.h>

/* The functions of one libpq; null where a version does not have them, which only the last ones may be. */
struct libpq {
    PGconn *(*connectdbParams)(const char *const *, const char *const *, int);
    PGconn *(*connectStartParams)(const char *const *, const char *const *, int);
    PGconn *(*connectdb)(const char *);
    PGconn *(*connectStart)(const char *);
    PGconn *(*setdbLogin)(const char *, const char *, const char *, const char *, const char *, const char *,
                          const char *);
    PostgresPollingStatusType (*connectPoll)(PGconn *);
    void (*reset)(PGconn *);
    int (*resetStart)(PGconn *);
    PostgresPollingStatusType (*resetPoll)(PGconn *);
    PGPing (*ping)(const char *);
    PGPing (*pingParams)(const char *const *, const char *const *, int);
    void (*finish)(PGconn *);
    char *(*errorMessage)(const PGconn *);
    ConnStatusType (*status)(const PGconn *);
    int (*socket)(const PGconn *);
    char *(*host)(const PGconn *);
    char *(*port)(const PGconn *);
    int (*connectionNeedsPassword)(const PGconn *);
    int (*connectionUsedPassword)(const PGconn *);
    PQconninfoOption *(*conninfo)(PGconn *);
    void (*conninfoFree)(PQconninfoOption *);
};

/*
 * The libpq that a call at this address is for, null when there is none that has all the functions. It stays loaded
 * from then on.
 */
const struct libpq *libpq_of_caller(const void *return_address);

/* For fork() alone: guards what is known of them. */
void libpq_lock(void);
void libpq_unlock(void);

#endif
