/*
 * The bytes between an application's driver and conmgr, as org.conmgr.direct.protocol describes them. No I/O. What is
 * read may come from anybody: everything is checked, nothing is trusted.
 */
#ifndef CONMGR_PACKET_H
#define CONMGR_PACKET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    ASK_MAX = 1008,     /* bytes of a whole ask */
    FRAME_HEADER = 5,   /* type and length */
    FRAME_MAX = 1 + 8192 /* bytes of a whole frame */
};

/* A place to connect to, as libpq wants it. */
struct endpoint {
    char host[256];
    char addr[64]; /* numeric, or empty */
    char port[6];
};

struct ask {
    const char *target;
    const char *application;
    const char *instance; /* HOST:PORT of the one that must be answered, or empty */
    long pid;
};

/* conmgr's answer: where to go, or why not. */
struct answer {
    int instance;               /* when routed: the number of instances[0] */
    size_t count;               /* when routed: 1 at least */
    struct endpoint *instances; /* the chosen one, then the others, best first; when refused those that conmgr knows */
    char *refusal;              /* why nowhere; null when routed */
};

enum frame { FRAME_INCOMPLETE, FRAME_MALFORMED, FRAME_ANSWER, FRAME_DOWN, FRAME_UNKNOWN };

/* Writes an ask; a too long application name is cut. 0 when the rest does not fit. */
size_t packet_ask(unsigned char packet[ASK_MAX], const struct ask *ask);

/* Writes a frame that reports the local end of the SQL connection; its length. */
size_t packet_bound(unsigned char frame[128], const char *address, unsigned port);

/* What the first bytes of an ask connection's input are, and, unless incomplete or malformed, how many. */
enum frame packet_frame(const unsigned char *in, size_t n, size_t *length);

/* Reads a whole frame of the kind FRAME_ANSWER. False when it cannot be read, or there is no memory. */
bool packet_answer(const unsigned char *frame, size_t n, struct answer *answer);

/* Reads a whole frame of the kind FRAME_DOWN: its message, for the caller to free. Null as above. */
char *packet_down(const unsigned char *frame, size_t n);

void answer_free(struct answer *answer);

/* HOST:PORT, or [HOST]:PORT for an IPv6 address; false when it does not fit. */
bool endpoint_name(const struct endpoint *endpoint, char *name, size_t size);

/* Whether libpq calls it so. */
bool endpoint_is(const struct endpoint *endpoint, const char *host, const char *port);

/* The first that libpq calls so, null when there is none. */
const struct endpoint *endpoint_find(const struct endpoint *endpoints, size_t count, const char *host,
                                     const char *port);

#endif
