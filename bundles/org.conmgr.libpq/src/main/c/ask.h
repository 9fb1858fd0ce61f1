/*
 * Asks a host where to go: one round trip that also tells whether it is a conmgr at all. The question is a
 * GSSENCRequest with a payload, which a PostgreSQL server answers with one byte and does not log.
 */
#ifndef CONMGR_ASK_H
#define CONMGR_ASK_H

#include "packet.h"

#include <stdint.h>
#include <sys/socket.h>

/* The address of a conmgr that has answered: asking it again needs no name resolution. */
struct address {
    struct sockaddr_storage sockaddr;
    socklen_t length;
};

enum asked {
    ASKED_ROUTED,      /* a conmgr that knows an instance */
    ASKED_REFUSED,     /* a conmgr that knows none */
    ASKED_OVER,        /* a conmgr that knows the instance asked for to be dead, or no longer what is wanted */
    ASKED_SERVER,      /* a PostgreSQL server, or a pooler that looks like one */
    ASKED_UNREACHABLE, /* no TCP connection: libpq's own attempt will say why */
    ASKED_TIMEOUT,     /* nothing within the time */
    ASKED_UNKNOWN      /* something else answered, or the connection was closed: 'why' says it */
};

struct conversation {
    int fd;                /* the ask connection when routed, to be closed by the receiver; else -1 */
    struct address conmgr; /* when routed or refused */
    struct answer answer;  /* when routed, refused or over; to be freed by the receiver */
    char why[160];         /* when unknown */
};

/* Asks a host of libpq's list. Blocks until the deadline at most, name resolution apart. */
enum asked ask_host(const char *host, const char *addr, const char *port, const struct ask *ask, int64_t deadline,
                    struct conversation *conversation);

/* Asks a conmgr whose address is known. */
enum asked ask_address(const struct address *address, const struct ask *ask, int64_t deadline,
                       struct conversation *conversation);

/* Begins to connect without waiting. -1 when it cannot. */
int ask_connect(const struct address *address);

#endif
