/*
 * Runs one query on an instance that conmgr chooses, blocking. Nothing in it is conmgr's:
 *
 *   cc synchronous.c $(pkg-config --cflags --libs libpqconmgr) -o synchronous
 *   ./synchronous "host=localhost port=27546 dbname=postgres target_session_attrs=standby" "select pg_sleep(60)"
 *
 * or linked with libpq alone and run by conmgr-run.
 */
#include <libpq-fe.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CONNINFO QUERY\n", argv[0]);
        return 2;
    }
    PGconn *conn = PQconnectdb(argv[1]);
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(conn));
        PQfinish(conn);
        return 1;
    }
    /* The instance's, not conmgr's. */
    printf("connected to %s:%s\n", PQhost(conn), PQport(conn));
    fflush(stdout);

    PGresult *result = PQexec(conn, argv[2]);
    int failed = PQresultStatus(result) == PGRES_FATAL_ERROR;
    if (failed) {
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        /* Without an SQLSTATE nobody but libpq has said it: the connection is lost, and the message says why. */
        fprintf(stderr, "SQLSTATE %s, connection %s\n%s", sqlstate == NULL ? "none" : sqlstate,
                PQstatus(conn) == CONNECTION_OK ? "OK" : "BAD",
                PQstatus(conn) == CONNECTION_OK ? PQresultErrorMessage(result) : PQerrorMessage(conn));
    } else if (PQntuples(result) > 0) {
        printf("%s\n", PQgetvalue(result, 0, 0));
    }
    PQclear(result);
    PQfinish(conn);
    return failed;
}
