/*
 * Connects and queries without ever blocking in libpq, and listens to conmgr meanwhile:
 *
 *   cc asynchronous.c $(pkg-config --cflags --libs libpqconmgr) -o asynchronous
 *   ./asynchronous "host=localhost port=27546 dbname=postgres target_session_attrs=primary" "select pg_sleep(60)"
 */
#include <errno.h>
#include <libpq-conmgr.h>
#include <poll.h>
#include <stdio.h>

/* Waits for libpq's socket or for conmgr's word. False when the system fails. */
static int await(PGconn *conn, short events)
{
    /* Asked for anew each time: while connecting, the socket may change with every call of PQconnectPoll(). */
    struct pollfd fds[] = {{.fd = PQsocket(conn), .events = events}, {.fd = PQcmSocket(conn), .events = POLLIN}};
    int ready;
    do
        ready = poll(fds, 2, -1); /* an fd of -1 is left out */
    while (ready < 0 && errno == EINTR);
    if (fds[1].revents & POLLIN)
        printf("conmgr has told\n");
    return ready > 0;
}

static int fail(PGconn *conn)
{
    fprintf(stderr, "connection %s\n%s", PQstatus(conn) == CONNECTION_OK ? "OK" : "BAD", PQerrorMessage(conn));
    PQfinish(conn);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CONNINFO QUERY\n", argv[0]);
        return 2;
    }
    PGconn *conn = PQconnectStart(argv[1]);
    if (conn == NULL)
        return 1;
    PostgresPollingStatusType step = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (step == PGRES_POLLING_READING || step == PGRES_POLLING_WRITING) {
        if (!await(conn, step == PGRES_POLLING_READING ? POLLIN : POLLOUT))
            return fail(conn);
        step = PQconnectPoll(conn);
    }
    if (step != PGRES_POLLING_OK || PQsetnonblocking(conn, 1) != 0)
        return fail(conn);
    printf("connected to %s:%s\n", PQhost(conn), PQport(conn));
    fflush(stdout);

    if (!PQsendQuery(conn, argv[2]))
        return fail(conn);
    int flushing;
    while ((flushing = PQflush(conn)) > 0) {
        if (!await(conn, POLLIN | POLLOUT) || !PQconsumeInput(conn))
            return fail(conn);
    }
    if (flushing < 0)
        return fail(conn);
    for (;;) {
        while (PQisBusy(conn)) {
            /* After conmgr's word libpq finds the connection closed; nothing else is to be done. */
            if (!await(conn, POLLIN) || !PQconsumeInput(conn))
                return fail(conn);
        }
        PGresult *result = PQgetResult(conn);
        if (result == NULL)
            break;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
            fprintf(stderr, "%s", PQresultErrorMessage(result));
            PQclear(result);
            return fail(conn);
        }
        if (PQntuples(result) > 0)
            printf("%s\n", PQgetvalue(result, 0, 0));
        PQclear(result);
    }
    PQfinish(conn);
    return 0;
}
