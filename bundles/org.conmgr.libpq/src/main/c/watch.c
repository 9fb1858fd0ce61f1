#include "watch.h"

#include "clock.h"
#include "table.h"
#include "told.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LINGER_MS = 1000, EVENTS = 64 };

/* Guarded by the table's lock. */
static bool running;
static int epoll_fd = -1;
static int wake_fd = -1;
static size_t watched;
static int64_t next_due;

static void close_all(void)
{
    if (epoll_fd >= 0)
        close(epoll_fd);
    if (wake_fd >= 0)
        close(wake_fd);
    epoll_fd = wake_fd = -1;
    running = false;
    watched = 0;
}

static void find_due(struct session *session)
{
    if (session->due != 0 && (next_due == 0 || session->due < next_due))
        next_due = session->due;
}

static void serve_due(struct session *session)
{
    if (session->due != 0 && session->due <= clock_ms())
        told_due(session);
}

static void lose(struct session *session)
{
    if (session->phase != UNWATCHED)
        told_lost(session, "its watcher failed");
}

/* How long to wait; 'idle_since' is when there was last something to watch. False: end. */
static bool timeout(int64_t *idle_since, int *ms)
{
    next_due = 0;
    table_each(find_due);
    if (watched > 0 || next_due != 0)
        *idle_since = clock_ms();
    int64_t until = next_due != 0 ? next_due : watched == 0 ? *idle_since + LINGER_MS : 0;
    *ms = until == 0 ? -1 : clock_left(until);
    return watched > 0 || next_due != 0 || *ms > 0;
}

static void serve(const struct epoll_event *event)
{
    if (event->data.u64 == 0) {
        uint64_t count;
        if (read(wake_fd, &count, sizeof count) < 0)
            return; /* somebody was faster */
    } else {
        struct session *session = table_find_id(event->data.u64);
        if (session != NULL && session->phase != UNWATCHED)
            told_ready(session);
    }
}

static void *run(void *none)
{
    struct epoll_event events[EVENTS];
    int64_t idle_since = clock_ms();
    int n = 0;
    table_lock();
    for (;;) {
        int ms;
        if (!timeout(&idle_since, &ms))
            break;
        int fd = epoll_fd;
        table_unlock();
        n = epoll_wait(fd, events, EVENTS, ms);
        int error = errno;
        table_lock();
        if (n < 0 && error != EINTR) {
            table_each(lose);
            break;
        }
        for (int i = 0; i < n; i++)
            serve(&events[i]);
        if (next_due != 0)
            table_each(serve_due);
    }
    close_all();
    table_unlock();
    return none;
}

static bool start(void)
{
    if (running)
        return true;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_fd >= 0 && wake_fd >= 0 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) == 0) {
        /* The program's signals are for the program's threads. */
        sigset_t every, before;
        sigfillset(&every);
        pthread_sigmask(SIG_SETMASK, &every, &before);
        pthread_attr_t attributes;
        pthread_t thread;
        if (pthread_attr_init(&attributes) == 0) {
            pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
            running = pthread_create(&thread, &attributes, run, NULL) == 0;
            pthread_attr_destroy(&attributes);
            if (running)
                pthread_setname_np(thread, "conmgr-watcher");
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (!running)
        close_all();
    return running;
}

bool watch_add(const struct session *session, bool connecting)
{
    struct epoll_event event = {.events = connecting ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.u64 = session->id};
    if (!start() || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, session->ask_fd, &event) != 0)
        return false;
    watched++;
    return true;
}

void watch_connected(const struct session *session)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = session->id};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, session->ask_fd, &event);
}

void watch_remove(const struct session *session)
{
    /* A child that was forked meanwhile may hold the descriptor open, so that closing it is not enough. */
    struct epoll_event event = {0};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_DEL, session->ask_fd, &event) == 0 && --watched == 0)
        watch_wake();
}

bool watch_wake(void)
{
    uint64_t one = 1;
    return start() && (write(wake_fd, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

void watch_forget(void)
{
    close_all();
}
