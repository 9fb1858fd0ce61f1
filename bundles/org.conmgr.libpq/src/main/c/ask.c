#include "ask.h"

#include "clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEEP_IDLE_S = 5, KEEP_INTERVAL_S = 1, KEEP_PROBES = 5 };

static void set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

int ask_connect(const struct address *address)
{
    int fd = socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    /* A conmgr whose machine has lost its power says nothing any more, nor is anything said to it. */
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (connect(fd, (const struct sockaddr *) &address->sockaddr, address->length) == 0 || errno == EINPROGRESS
        || errno == EINTR)
        return fd;
    close(fd);
    return -1;
}

/* Whether the socket is ready, or broken, before the deadline. */
static bool await(int fd, short events, int64_t deadline)
{
    struct pollfd one = {.fd = fd, .events = events};
    int ready;
    do
        ready = poll(&one, 1, clock_left(deadline));
    while ((ready < 0 && errno == EINTR) || (ready == 0 && clock_left(deadline) > 0));
    return ready > 0;
}

/* 1: so many bytes are there, 0: the connection has ended, -1: not in time. */
static int receive(int fd, unsigned char *to, size_t *have, size_t wanted, int64_t deadline)
{
    while (*have < wanted) {
        ssize_t n = recv(fd, to + *have, wanted - *have, 0);
        if (n > 0)
            *have += (size_t) n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return 0;
        else if (!await(fd, POLLIN, deadline))
            return -1;
    }
    return 1;
}

static enum asked unknown(struct conversation *conversation, const char *why)
{
    snprintf(conversation->why, sizeof conversation->why, "%s", why);
    return ASKED_UNKNOWN;
}

static enum asked converse(int fd, const struct ask *ask, int64_t deadline, struct conversation *conversation)
{
    unsigned char bytes[FRAME_MAX];
    size_t length = packet_ask(bytes, ask);
    if (length == 0)
        return unknown(conversation, "target_session_attrs is too long");
    /* A fresh connection takes the whole of it. */
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t) length)
        return unknown(conversation, "the connection was closed");
    size_t have = 0;
    bytes[0] = '\0';
    int got = receive(fd, bytes, &have, 1, deadline);
    bool over = bytes[0] == 'D' && ask->instance[0] != '\0';
    if (got > 0 && bytes[0] != 'C' && !over)
        /* 'E' is a server too old for GSS encryption, or a pooler that says so. */
        return strchr("NGE", bytes[0]) != NULL && bytes[0] != '\0'
                   ? ASKED_SERVER
                   : unknown(conversation, "it is neither a conmgr nor a PostgreSQL server");
    if (got > 0)
        got = receive(fd, bytes, &have, FRAME_HEADER, deadline);
    enum frame frame = FRAME_INCOMPLETE;
    if (got > 0) {
        frame = packet_frame(bytes, have, &length);
        if (frame == FRAME_MALFORMED)
            return unknown(conversation, "conmgr's answer cannot be read");
        got = receive(fd, bytes, &have, length, deadline);
    }
    if (got < 0)
        return ASKED_TIMEOUT;
    if (got == 0)
        return unknown(conversation, "it closed the connection without an answer (a conmgr does so when it has"
                                     " max_connections applications)");
    if (over) {
        conversation->answer.refusal = packet_down(bytes, length);
        return conversation->answer.refusal != NULL ? ASKED_OVER : unknown(conversation, "conmgr's answer cannot be read");
    }
    if (!packet_answer(bytes, length, &conversation->answer))
        return unknown(conversation, "conmgr's answer cannot be read");
    return conversation->answer.refusal == NULL ? ASKED_ROUTED : ASKED_REFUSED;
}

enum asked ask_address(const struct address *address, const struct ask *ask, int64_t deadline,
                       struct conversation *conversation)
{
    *conversation = (struct conversation) {.fd = -1, .conmgr = *address};
    int fd = ask_connect(address);
    if (fd < 0)
        return ASKED_UNREACHABLE;
    enum asked asked = ASKED_TIMEOUT;
    if (await(fd, POLLOUT, deadline)) {
        int error = 0;
        socklen_t length = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
            asked = ASKED_UNREACHABLE;
        else
            asked = converse(fd, ask, deadline, conversation);
    }
    if (asked == ASKED_ROUTED)
        conversation->fd = fd;
    else
        close(fd);
    return asked;
}

enum asked ask_host(const char *host, const char *addr, const char *port, const struct ask *ask, int64_t deadline,
                    struct conversation *conversation)
{
    *conversation = (struct conversation) {.fd = -1};
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (addr[0] != '\0')
        hints.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(addr[0] != '\0' ? addr : host, port, &hints, &list) != 0)
        return ASKED_UNREACHABLE;
    size_t left = 0;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        left++;
    enum asked asked = ASKED_UNREACHABLE;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next, left--) {
        if (a->ai_addrlen > sizeof(struct sockaddr_storage))
            continue;
        struct address address = {.length = a->ai_addrlen};
        memcpy(&address.sockaddr, a->ai_addr, a->ai_addrlen);
        asked = ask_address(&address, ask, clock_share(deadline, left), conversation);
        if (asked != ASKED_UNREACHABLE && asked != ASKED_TIMEOUT)
            break;
    }
    freeaddrinfo(list);
    return asked;
}
