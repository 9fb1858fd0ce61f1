/*
 * libpqconmgr-dlsym.so: for programs that look up libpq's functions with dlsym(), as Python's ctypes does; they never
 * see a preloaded function. Preloaded beside libpqconmgr.so, it answers such a look-up with the companion's function.
 * Everything else is the system's.
 */
#include "libpq-conmgr.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef void *dlsym_function(void *handle, const char *name);

/* Weak: without the companion there is nothing to answer with. */
#pragma weak PQcmSocket

static const struct {
    const char *name;
    void *function;
} ours[] = {
    {"PQconnectdbParams", (void *) PQconnectdbParams},
    {"PQconnectStartParams", (void *) PQconnectStartParams},
    {"PQconnectdb", (void *) PQconnectdb},
    {"PQconnectStart", (void *) PQconnectStart},
    {"PQsetdbLogin", (void *) PQsetdbLogin},
    {"PQconnectPoll", (void *) PQconnectPoll},
    {"PQreset", (void *) PQreset},
    {"PQresetStart", (void *) PQresetStart},
    {"PQresetPoll", (void *) PQresetPoll},
    {"PQping", (void *) PQping},
    {"PQpingParams", (void *) PQpingParams},
    {"PQfinish", (void *) PQfinish},
    {"PQerrorMessage", (void *) PQerrorMessage},
};
#pragma weak PQconnectdbParams
#pragma weak PQconnectStartParams
#pragma weak PQconnectdb
#pragma weak PQconnectStart
#pragma weak PQsetdbLogin
#pragma weak PQconnectPoll
#pragma weak PQreset
#pragma weak PQresetStart
#pragma weak PQresetPoll
#pragma weak PQping
#pragma weak PQpingParams
#pragma weak PQfinish
#pragma weak PQerrorMessage

static dlsym_function *system_dlsym(void)
{
    static _Atomic(dlsym_function *) found;
    dlsym_function *function = atomic_load_explicit(&found, memory_order_acquire);
    const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
    for (size_t i = 0; function == NULL && i < sizeof versions / sizeof *versions; i++) {
        *(void **) (&function) = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
        atomic_store_explicit(&found, function, memory_order_release);
    }
    return function;
}

static const void *base_of(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* The companion's function in place of libpq's; null when this look-up does not concern it. */
__attribute__((noinline)) static void *answer(void *found, const char *name, const void *caller)
{
    if (found == NULL || PQcmSocket == NULL)
        return NULL;
    const void *companion = base_of((const void *) PQcmSocket);
    if (base_of(caller) == companion || base_of(found) == companion)
        return NULL;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i].name) == 0)
            return base_of(ours[i].function) == companion ? ours[i].function : NULL;
    return NULL;
}

EXPORT void *dlsym(void *restrict handle, const char *restrict name)
{
    dlsym_function *real = system_dlsym();
    /*
     * For these handles the system looks at who calls, so it must be called as if by the caller: the compiler turns
     * this into a jump. They see preloaded functions anyway.
     */
    if (handle == RTLD_NEXT || handle == RTLD_DEFAULT || strncmp(name, "PQ", 2) != 0)
        return real(handle, name);
    void *found = real(handle, name);
    void *answered = answer(found, name, __builtin_return_address(0));
    return answered != NULL ? answered : found;
}
