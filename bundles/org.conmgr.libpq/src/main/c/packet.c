#include "packet.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GSSENC_REQUEST = 80877104,
    MAGIC = 0x434D4752, /* CMGR */
    VERSION = 1,
    ASK_HEADER = 13,
    OTHERS_MAX = 63
};

static void put_int(unsigned char *to, uint32_t value)
{
    uint32_t big_endian = htonl(value);
    memcpy(to, &big_endian, 4);
}

static uint32_t get_int(const unsigned char *from)
{
    uint32_t big_endian;
    memcpy(&big_endian, from, 4);
    return ntohl(big_endian);
}

/* ---- writing ---- */

struct writer {
    unsigned char *to;
    size_t at;
    size_t size;
    bool full;
};

static void put_bytes(struct writer *out, const char *bytes, size_t n)
{
    if (out->full || n > out->size - out->at) {
        out->full = true;
        return;
    }
    memcpy(out->to + out->at, bytes, n);
    out->at += n;
}

static void put_field(struct writer *out, const char *key, const char *value)
{
    put_bytes(out, key, strlen(key) + 1);
    put_bytes(out, value, strlen(value) + 1);
}

/* As many of the first n bytes as are whole, valid UTF-8, which is what conmgr reads. */
static size_t utf8_prefix(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *) text;
    size_t at = 0;
    while (at < n) {
        unsigned char c = s[at];
        size_t length = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
        if (length == 0 || length > n - at)
            break;
        for (size_t i = 1; i < length; i++)
            if ((s[at + i] & 0xc0) != 0x80)
                return at;
        if ((c == 0xe0 && s[at + 1] < 0xa0) || (c == 0xed && s[at + 1] > 0x9f) || (c == 0xf0 && s[at + 1] < 0x90)
            || (c == 0xf4 && s[at + 1] > 0x8f))
            break;
        at += length;
    }
    return at;
}

size_t packet_ask(unsigned char packet[ASK_MAX], const struct ask *ask)
{
    struct writer out = {packet, ASK_HEADER, ASK_MAX, false};
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", ask->pid);
    put_field(&out, "target", ask->target);
    put_field(&out, "pid", pid);
    if (ask->instance[0] != '\0')
        put_field(&out, "instance", ask->instance);
    put_bytes(&out, "application", sizeof "application");
    size_t reserved = 2; /* the ends of the name and of the list */
    if (out.full || out.size - out.at < reserved)
        return 0;
    size_t room = out.size - out.at - reserved;
    size_t length = strlen(ask->application);
    put_bytes(&out, ask->application, utf8_prefix(ask->application, length < room ? length : room));
    put_bytes(&out, "\0\0", 2);
    put_int(packet, (uint32_t) out.at);
    put_int(packet + 4, GSSENC_REQUEST);
    put_int(packet + 8, MAGIC);
    packet[12] = VERSION;
    return out.at;
}

size_t packet_bound(unsigned char frame[128], const char *address, unsigned port)
{
    struct writer out = {frame, FRAME_HEADER, 128, false};
    char number[16];
    snprintf(number, sizeof number, "%u", port);
    put_field(&out, "address", address);
    put_field(&out, "port", number);
    put_bytes(&out, "", 1);
    if (out.full)
        return 0;
    frame[0] = 'B';
    put_int(frame + 1, (uint32_t) (out.at - 1));
    return out.at;
}

/* ---- reading ---- */

enum frame packet_frame(const unsigned char *in, size_t n, size_t *length)
{
    if (n < FRAME_HEADER)
        return FRAME_INCOMPLETE;
    uint32_t said = get_int(in + 1);
    if (said < 4 || said > FRAME_MAX - 1)
        return FRAME_MALFORMED;
    *length = 1 + (size_t) said;
    if (n < *length)
        return FRAME_INCOMPLETE;
    return in[0] == 'C' ? FRAME_ANSWER : in[0] == 'D' ? FRAME_DOWN : FRAME_UNKNOWN;
}

struct fields {
    const char *at;
    const char *end;
};

/* The next string, null when there is no end to it. */
static const char *next_string(struct fields *fields)
{
    const char *s = fields->at;
    const char *end = memchr(s, '\0', (size_t) (fields->end - s));
    if (end == NULL)
        return NULL;
    fields->at = end + 1;
    return s;
}

/* 1: a field, 0: the end of the list, -1: malformed. */
static int next_field(struct fields *fields, const char **key, const char **value)
{
    *key = next_string(fields);
    if (*key == NULL)
        return -1;
    if (**key == '\0')
        return 0;
    *value = next_string(fields);
    return *value == NULL ? -1 : 1;
}

/* A decimal integer between two bounds, -1 otherwise. */
static long number(const char *s, long least, long most)
{
    long value = 0;
    if (*s == '\0' || strlen(s) > 9)
        return -1;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        value = 10 * value + (*s - '0');
    }
    return value < least || value > most ? -1 : value;
}

/* A name or address that libpq takes for one host, not for a list or a directory. */
static bool set_host(struct endpoint *endpoint, const char *host, size_t n)
{
    if (n == 0 || n >= sizeof endpoint->host || host[0] == '/' || host[0] == '@')
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char) host[i];
        if (c <= ' ' || c == ',' || c == 0x7f)
            return false;
    }
    memcpy(endpoint->host, host, n);
    endpoint->host[n] = '\0';
    return true;
}

static bool set_port(struct endpoint *endpoint, const char *port)
{
    long value = number(port, 1, 65535);
    if (value < 0)
        return false;
    snprintf(endpoint->port, sizeof endpoint->port, "%u", (unsigned) value & 0xffff);
    return true;
}

static bool set_addr(struct endpoint *endpoint, const char *addr)
{
    if (addr[0] == '\0') {
        endpoint->addr[0] = '\0';
        return true;
    }
    size_t n = strlen(addr);
    if (n >= sizeof endpoint->addr || strpbrk(addr, ",/") != NULL)
        return false;
    char plain[sizeof endpoint->addr];
    memcpy(plain, addr, n + 1);
    char *scope = strchr(plain, '%');
    if (scope != NULL)
        *scope = '\0';
    struct in6_addr parsed;
    if (inet_pton(AF_INET6, plain, &parsed) != 1 && (scope != NULL || inet_pton(AF_INET, plain, &parsed) != 1))
        return false;
    for (const char *c = addr; *c != '\0'; c++)
        if ((unsigned char) *c <= ' ' || (unsigned char) *c >= 0x7f)
            return false;
    memcpy(endpoint->addr, addr, n + 1);
    return true;
}

/* HOST:PORT or [HOST]:PORT, and its address, which may be empty. */
static bool set_other(struct endpoint *endpoint, const char *s, size_t n, const char *addr, size_t addr_n)
{
    char text[sizeof endpoint->host + 16];
    if (n >= sizeof text)
        return false;
    memcpy(text, s, n);
    text[n] = '\0';
    char *colon = strrchr(text, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    const char *host = text;
    size_t length = (size_t) (colon - text);
    if (length >= 2 && text[0] == '[' && colon[-1] == ']') {
        host = text + 1;
        length -= 2;
    }
    char numeric[sizeof endpoint->addr] = "";
    if (addr_n < sizeof numeric)
        memcpy(numeric, addr, addr_n);
    /* There is still the name when there is no address, or it cannot be read. */
    if (!set_addr(endpoint, numeric))
        endpoint->addr[0] = '\0';
    return set_host(endpoint, host, length) && set_port(endpoint, colon + 1);
}

/* What the peer says is shown on terminals: it must not do more there than be read. */
static char *printable(const char *s)
{
    char *copy = strdup(s);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            *c = ' ';
    return copy;
}

/* Behind an element of a list. */
static const char *behind(const char *element, size_t n)
{
    return element + n + (element[n] == ',');
}

static void set_others(struct answer *answer, const char *others, const char *addrs)
{
    while (*others != '\0' && answer->count <= OTHERS_MAX) {
        size_t n = strcspn(others, ","), addr_n = strcspn(addrs, ",");
        /* One that cannot be read is left out: there is the chosen one. */
        if (set_other(&answer->instances[answer->count], others, n, addrs, addr_n))
            answer->count++;
        others = behind(others, n);
        addrs = behind(addrs, addr_n);
    }
    struct endpoint *trimmed =
        answer->count > 0 ? realloc(answer->instances, answer->count * sizeof *trimmed) : NULL;
    if (trimmed != NULL)
        answer->instances = trimmed;
}

bool packet_answer(const unsigned char *frame, size_t n, struct answer *answer)
{
    *answer = (struct answer) {0};
    struct fields fields = {(const char *) frame + FRAME_HEADER, (const char *) frame + n};
    const char *instance = NULL, *host = NULL, *addr = "", *port = NULL, *others = "", *addrs = "";
    const char *sqlstate = NULL, *message = "";
    const char *key, *value;
    int more;
    while ((more = next_field(&fields, &key, &value)) > 0) {
        if (strcmp(key, "instance") == 0)
            instance = value;
        else if (strcmp(key, "host") == 0)
            host = value;
        else if (strcmp(key, "hostaddr") == 0)
            addr = value;
        else if (strcmp(key, "port") == 0)
            port = value;
        else if (strcmp(key, "others") == 0)
            others = value;
        else if (strcmp(key, "others_hostaddr") == 0)
            addrs = value;
        else if (strcmp(key, "sqlstate") == 0)
            sqlstate = value;
        else if (strcmp(key, "message") == 0)
            message = value;
    }
    if (more < 0)
        return false;
    if (sqlstate == NULL && (instance == NULL || host == NULL || port == NULL))
        return false;
    answer->instances = calloc(1 + OTHERS_MAX + 1, sizeof *answer->instances);
    if (answer->instances == NULL)
        return false;
    if (sqlstate != NULL) {
        set_others(answer, others, addrs);
        answer->refusal = printable(message);
        if (answer->refusal == NULL)
            answer_free(answer);
        return answer->refusal != NULL;
    }
    long which = number(instance, 0, 999999999);
    if (which < 0 || !set_host(answer->instances, host, strlen(host)) || !set_addr(answer->instances, addr)
        || !set_port(answer->instances, port)) {
        answer_free(answer);
        return false;
    }
    answer->instance = (int) which;
    answer->count = 1;
    set_others(answer, others, addrs);
    return true;
}

char *packet_down(const unsigned char *frame, size_t n)
{
    struct fields fields = {(const char *) frame + FRAME_HEADER, (const char *) frame + n};
    const char *key, *value, *message = NULL;
    int more;
    while ((more = next_field(&fields, &key, &value)) > 0)
        if (strcmp(key, "message") == 0)
            message = value;
    return more < 0 || message == NULL ? NULL : printable(message);
}

void answer_free(struct answer *answer)
{
    free(answer->instances);
    free(answer->refusal);
    *answer = (struct answer) {0};
}

bool endpoint_name(const struct endpoint *endpoint, char *name, size_t size)
{
    const char *format = strchr(endpoint->host, ':') != NULL ? "[%s]:%s" : "%s:%s";
    int n = snprintf(name, size, format, endpoint->host, endpoint->port);
    return n > 0 && (size_t) n < size;
}

bool endpoint_is(const struct endpoint *endpoint, const char *host, const char *port)
{
    return strcmp(endpoint->host, host) == 0 && strcmp(endpoint->port, port) == 0;
}

const struct endpoint *endpoint_find(const struct endpoint *endpoints, size_t count, const char *host, const char *port)
{
    for (size_t i = 0; i < count; i++)
        if (endpoint_is(&endpoints[i], host, port))
            return &endpoints[i];
    return NULL;
}
