/*
 * Does with one connection what its standard input says, a command a line, and tells of each on one line:
 *
 *   connect CONNINFO   PQconnectdb: "OK HOST:PORT" or "BAD MESSAGE"
 *   start CONNINFO     PQconnectStart and PQconnectPoll: "OK HOST:PORT MILLISECONDS-IN-START" or "BAD ..."
 *   login HOST PORT    PQsetdbLogin
 *   ping CONNINFO      PQping: its number
 *   option KEYWORD     the value that PQconninfo has
 *   password           what PQpass has
 *   setenv NAME VALUE  setenv(): the value
 *   query SQL          PQexec: the first value, or "BAD MESSAGE"
 *   quiet MS           whether PQcmSocket stays silent so long: "silent", "readable" or "none"
 *   await              waits until PQcmSocket is readable: "readable"
 *   reset              PQreset: as connect
 *   resetstart         PQresetStart and PQresetPoll: as connect
 *   fork               in a child: PQcmSocket, and a connection of its own with the last CONNINFO
 *   keepalive PORT     of the socket that is connected to this port: SO_KEEPALIVE, TCP_KEEPIDLE, -INTVL and -CNT
 *   finish             PQfinish: the number of open descriptors
 */
#include <dirent.h>
#include <libpq-conmgr.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static PGconn *conn;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static void say_bad(const char *message)
{
    fputs("BAD ", stdout);
    for (; *message != '\0'; message++)
        putchar(*message == '\n' || *message == '\t' ? '|' : *message);
    putchar('\n');
}

static void say_state(double ms)
{
    if (PQstatus(conn) == CONNECTION_OK)
        printf("OK %s:%s %.3f\n", PQhost(conn), PQport(conn), ms);
    else
        say_bad(PQerrorMessage(conn));
}

static void poll_through(PostgresPollingStatusType (*step)(PGconn *))
{
    PostgresPollingStatusType status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        struct pollfd fd = {PQsocket(conn), status == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
        if (poll(&fd, 1, 20000) == 0) {
            printf("HUNG\n");
            exit(1);
        }
        status = step(conn);
    }
}

static void option(const char *keyword)
{
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *one = options; one != NULL && one->keyword != NULL; one++)
        if (strcmp(one->keyword, keyword) == 0)
            puts(one->val == NULL ? "" : one->val);
    PQconninfoFree(options);
}

static void query(const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        printf("%s\n", PQgetvalue(result, 0, 0));
    else
        say_bad(PQerrorMessage(conn));
    PQclear(result);
}

static const char *quiet(int ms)
{
    struct pollfd fd = {PQcmSocket(conn), POLLIN, 0};
    if (fd.fd < 0)
        return "none";
    return poll(&fd, 1, ms) == 0 ? "silent" : "readable";
}

static int socket_option(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    getsockopt(fd, level, name, &value, &length);
    return value;
}

static void keepalive(int port)
{
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer = {0};
        socklen_t length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *) &peer, &length) == 0 && peer.sin_family == AF_INET
            && ntohs(peer.sin_port) == port)
            printf("%d %d %d %d\n", socket_option(fd, SOL_SOCKET, SO_KEEPALIVE),
                   socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL),
                   socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT));
    }
}

static int descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count - 3; /* ".", ".." and the directory itself */
}

static void in_child(const char *conninfo)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        printf("child %s ", quiet(0));
        conn = PQconnectdb(conninfo);
        say_state(0);
        PQfinish(conn);
        fflush(stdout);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child ended %d\n", status);
}

int main(void)
{
    static char line[4096], last[4096];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *argument = strchr(line, ' ');
        argument = argument == NULL ? line + strlen(line) : argument + 1;
        double begun = now_ms();
        if (strncmp(line, "connect ", 8) == 0 || strncmp(line, "start ", 6) == 0)
            strcpy(last, argument);
        if (strncmp(line, "connect ", 8) == 0) {
            conn = PQconnectdb(argument);
            say_state(now_ms() - begun);
        } else if (strncmp(line, "start ", 6) == 0) {
            conn = PQconnectStart(argument);
            double took = now_ms() - begun;
            poll_through(PQconnectPoll);
            say_state(took);
        } else if (strncmp(line, "login ", 6) == 0) {
            char *port = strchr(argument, ' ');
            *port++ = '\0';
            conn = PQsetdbLogin(argument, port, NULL, NULL, "postgres", "postgres", NULL);
            say_state(now_ms() - begun);
        } else if (strncmp(line, "ping ", 5) == 0) {
            printf("%d\n", (int) PQping(argument));
        } else if (strncmp(line, "option ", 7) == 0) {
            option(argument);
        } else if (strcmp(line, "password") == 0) {
            puts(PQpass(conn));
        } else if (strncmp(line, "setenv ", 7) == 0) {
            char *value = strchr(argument, ' ');
            *value++ = '\0';
            setenv(argument, value, 1);
            puts(getenv(argument));
        } else if (strncmp(line, "query ", 6) == 0) {
            query(argument);
        } else if (strncmp(line, "quiet ", 6) == 0) {
            puts(quiet(atoi(argument)));
        } else if (strcmp(line, "await") == 0) {
            puts(quiet(20000));
        } else if (strcmp(line, "reset") == 0) {
            PQreset(conn);
            say_state(now_ms() - begun);
        } else if (strcmp(line, "resetstart") == 0) {
            if (PQresetStart(conn))
                poll_through(PQresetPoll);
            say_state(now_ms() - begun);
        } else if (strcmp(line, "fork") == 0) {
            in_child(last);
        } else if (strncmp(line, "keepalive ", 10) == 0) {
            keepalive(atoi(argument));
        } else if (strcmp(line, "finish") == 0) {
            PQfinish(conn);
            conn = NULL;
            printf("%d\n", descriptors());
        } else {
            printf("unknown command %s\n", line);
        }
    }
    PQfinish(conn);
    return 0;
}
