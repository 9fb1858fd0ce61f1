/*
 * forks COUNT: forks so many times while other threads use the companion, and tells how many children were held up when
 * they used it too.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, SECONDS = 5 };

static PGconn *conn;
static atomic_bool done;

static void *use(void *none)
{
    while (!done)
        PQerrorMessage(conn);
    return none;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0, held = 0;
    conn = PQconnectdb("host=127.0.0.1 port=1"); /* nobody is there, so that conmgr has no part in it */
    if (conn == NULL || PQstatus(conn) != CONNECTION_BAD)
        return 2;
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, use, NULL);
    for (int i = 0; i < count && held == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(SECONDS);
            PQerrorMessage(conn);
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        held += status != 0;
    }
    done = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    PQfinish(conn);
    printf("held up: %d\n", held);
    return 0;
}
