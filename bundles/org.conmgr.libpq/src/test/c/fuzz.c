/*
 * fuzz ROUNDS SEED: gives the reader of conmgr's frames what no conmgr would send: noise, and good frames with bytes
 * changed, cut and put in. Each input lies at the very end of memory of its own, so that a sanitizer sees every byte
 * that is read too many. What is accepted must be what libpq can be given.
 */
#include "../../main/c/packet.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long state;

static unsigned dice(unsigned sides)
{
    state = state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned) (state >> 33) % sides;
}

static const char ROUTED[] = "instance\0000\0host\0db1.example.com\0hostaddr\0fe80::1%eth0\0port\00065432\0role\0primary\0"
                             "monitored\0on\0others\0db2:5432,[::1]:5433,db3:1\0others_hostaddr\000192.0.2.2,,fe80::1\0";
static const char REFUSED[] = "sqlstate\00008001\0message\0no instance\0others\0db2:5432,[::1]:1\0others_hostaddr\0,::1\0";
static const char DOWN[] = "instance\0007\0cause\0dead\0message\0conmgr declared instance 7 dead\0";

static size_t frame(unsigned char *to, char type, const char *fields, size_t length)
{
    to[0] = (unsigned char) type;
    to[1] = to[2] = 0;
    to[3] = (unsigned char) ((4 + length) >> 8);
    to[4] = (unsigned char) (4 + length);
    memcpy(to + 5, fields, length);
    return 5 + length;
}

static void check(const struct endpoint *endpoint)
{
    assert(endpoint->host[0] != '\0' && endpoint->host[0] != '/' && endpoint->host[0] != '@');
    assert(strpbrk(endpoint->host, ", \t\n") == NULL && strpbrk(endpoint->addr, ", /") == NULL);
    int port = atoi(endpoint->port);
    assert(port > 0 && port < 65536);
}

static unsigned long accepted;

static void read_one(const unsigned char *bytes, size_t n)
{
    unsigned char *in = malloc(n > 0 ? n : 1);
    memcpy(in, bytes, n);
    size_t length = 0;
    enum frame kind = packet_frame(in, n, &length);
    assert(kind == FRAME_INCOMPLETE || kind == FRAME_MALFORMED || length <= n);
    if (kind == FRAME_ANSWER) {
        struct answer answer;
        if (packet_answer(in, length, &answer)) {
            accepted++;
            assert(answer.count > 0 || answer.refusal != NULL);
            for (size_t i = 0; i < answer.count; i++)
                check(&answer.instances[i]);
        }
        answer_free(&answer);
    } else if (kind == FRAME_DOWN) {
        char *message = packet_down(in, length);
        accepted += message != NULL;
        for (const char *c = message; c != NULL && *c != '\0'; c++)
            assert((unsigned char) *c >= ' ' && *c != 0x7f);
        free(message);
    }
    free(in);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    state = strtoul(argv[2], NULL, 10);
    long rounds = strtol(argv[1], NULL, 10);
    static unsigned char bytes[20000];
    for (long i = 0; i < rounds; i++) {
        size_t n;
        switch (dice(4)) {
        case 0: n = frame(bytes, 'C', ROUTED, sizeof ROUTED); break;
        case 1: n = frame(bytes, 'C', REFUSED, sizeof REFUSED); break;
        case 2: n = frame(bytes, 'D', DOWN, sizeof DOWN); break;
        default:
            n = dice(i % 100 == 0 ? 9000 : 64);
            for (size_t k = 0; k < n; k++)
                bytes[k] = (unsigned char) dice(256);
            if (n > 5 && dice(2) == 0) {
                bytes[0] = dice(2) == 0 ? 'C' : 'D';
                bytes[1] = bytes[2] = 0;
                bytes[3] = (unsigned char) ((n - 1) >> 8);
                bytes[4] = (unsigned char) (n - 1);
            }
        }
        for (unsigned changes = dice(4); changes > 0 && n > 0; changes--) {
            size_t at = dice((unsigned) n);
            switch (dice(4)) {
            case 0: bytes[at] = (unsigned char) dice(256); break;
            case 1: bytes[at] = (unsigned char) ",:/@[]%\0"[dice(8)]; break;
            case 2: n = at; break;
            default:
                memmove(bytes + at + 1, bytes + at, n - at);
                bytes[at] = '0';
                n++;
            }
        }
        read_one(bytes, n);
    }
    /* What we write. */
    for (int i = 0; i < 3000; i++) {
        unsigned char packet[ASK_MAX];
        char application[3000];
        size_t n = dice(2999);
        for (size_t k = 0; k < n; k++)
            application[k] = (char) (dice(2) == 0 ? 'a' : 0x80 + dice(128));
        application[n] = '\0';
        struct ask ask = {"standby", application, dice(2) == 0 ? "" : "db1:5432", (long) dice(100000)};
        size_t length = packet_ask(packet, &ask);
        assert(length > 0 && length <= ASK_MAX && packet[length - 1] == '\0');
    }
    printf("%ld rounds, %lu accepted\n", rounds, accepted);
    return 0;
}
