/*
 * connects COUNT CONNINFO [THREADS]: connects and finishes so many times, on so many threads, half of them
 * asynchronously, and tells the open descriptors before and after, and how long one took.
 */
#include <dirent.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *conninfo;
static int count;

static int descriptors(void)
{
    int n = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL)
        n++;
    closedir(directory);
    return n - 3;
}

static PGconn *asynchronously(void)
{
    PGconn *conn = PQconnectStart(conninfo);
    PostgresPollingStatusType status = PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        struct pollfd fd = {PQsocket(conn), status == PGRES_POLLING_READING ? POLLIN : POLLOUT, 0};
        poll(&fd, 1, -1);
        status = PQconnectPoll(conn);
    }
    return conn;
}

static void *run(void *failures)
{
    for (int i = 0; i < count; i++) {
        PGconn *conn = i % 2 == 0 ? PQconnectdb(conninfo) : asynchronously();
        if (PQstatus(conn) != CONNECTION_OK && ++*(int *) failures == 1)
            fprintf(stderr, "%s", PQerrorMessage(conn));
        PQfinish(conn);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    conninfo = argv[2];
    int threads = argc > 3 ? atoi(argv[3]) : 1;
    count = 1;
    int failures = 0;
    run(&failures); /* what is allocated once */
    count = atoi(argv[1]) / threads;
    int before = descriptors();
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    pthread_t *thread = calloc((size_t) threads, sizeof *thread);
    int *failed = calloc((size_t) threads, sizeof *failed);
    for (int i = 0; i < threads; i++)
        pthread_create(&thread[i], NULL, run, &failed[i]);
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        failures += failed[i];
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double ms = (double) (ended.tv_sec - begun.tv_sec) * 1e3 + (double) (ended.tv_nsec - begun.tv_nsec) / 1e6;
    int after = descriptors();
    for (int i = 0; i < 40 && after != before - 2; i++) {
        usleep(100000); /* the watcher ends when there is nothing left to watch */
        after = descriptors();
    }
    printf("failures %d, descriptors left %d, %.3f ms each\n", failures, after - before + 2, ms / (count * threads));
    free(thread);
    free(failed);
    return failures != 0;
}
