/* Points in time, in milliseconds of a clock that nobody sets. */
#ifndef CONMGR_CLOCK_H
#define CONMGR_CLOCK_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

static inline int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is left until a point in time, for poll(). */
static inline int clock_left(int64_t deadline)
{
    int64_t left = deadline - clock_ms();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int) left;
}

/* When the next of so many must be done who share the time until a deadline: one that never ends leaves the others theirs. */
static inline int64_t clock_share(int64_t deadline, size_t many)
{
    return many <= 1 ? deadline : clock_ms() + clock_left(deadline) / (int64_t) many;
}

#endif
