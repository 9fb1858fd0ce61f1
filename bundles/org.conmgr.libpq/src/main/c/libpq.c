#include "libpq.h"

#include "libpq-conmgr.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct loaded {
    const void *base; /* where it is mapped */
    struct libpq functions;
    struct loaded *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loaded *all;

void libpq_lock(void)
{
    pthread_mutex_lock(&lock);
}

void libpq_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* A function that every libpq has and that we have too. */
static const char WITNESS[] = "PQconnectStartParams";

static const void *base_of(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

static bool ours(const void *address)
{
    return base_of(address) == base_of((const void *) &libpq_of_caller);
}

/* The witness as seen from an object that is loaded already. */
static void *witness_in(const char *file)
{
    void *handle = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return NULL;
    void *found = dlsym(handle, WITNESS);
    dlclose(handle);
    return found != NULL && !ours(found) ? found : NULL;
}

enum { NAMES_MAX = 16 };

/* The files of all loaded objects that are called like libpq. */
struct names {
    char *file[NAMES_MAX];
    size_t count;
};

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
    (void) size;
    struct names *names = data;
    const char *file = strrchr(info->dlpi_name, '/');
    if (strncmp(file == NULL ? info->dlpi_name : file + 1, "libpq", 5) == 0 && names->count < NAMES_MAX) {
        names->file[names->count] = strdup(info->dlpi_name);
        if (names->file[names->count] != NULL)
            names->count++;
    }
    return 0;
}

/* The only libpq there is, null when there are several. */
static void *only_witness(void)
{
    struct names names = {.count = 0};
    dl_iterate_phdr(visit, &names); /* holds a lock of the loader's: nothing may be looked up meanwhile */
    void *only = NULL;
    bool several = false;
    for (size_t i = 0; i < names.count; i++) {
        void *found = witness_in(names.file[i]);
        several |= found != NULL && only != NULL && found != only;
        only = found != NULL ? found : only;
        free(names.file[i]);
    }
    return several ? NULL : only;
}

static void *witness(const void *caller)
{
    /* What is in the global scope, or linked behind us, serves everybody: their other calls go there too. */
    void *found = dlsym(RTLD_NEXT, WITNESS);
    if (found != NULL && !ours(found))
        return found;
    /* Else the caller is a dlopened module, or a libpq in the scope of one. */
    Dl_info info;
    if (dladdr(caller, &info) != 0 && info.dli_fname != NULL) {
        found = witness_in(info.dli_fname);
        if (found != NULL)
            return found;
    }
    /* Or it holds a pointer from dlsym. */
    return only_witness();
}

#define LOAD(handle, functions, member, name) \
    (*(void **) (&(functions)->member) = dlsym(handle, name), (functions)->member != NULL)

static bool load(void *handle, struct libpq *f)
{
    bool whole = LOAD(handle, f, connectdbParams, "PQconnectdbParams");
    whole &= LOAD(handle, f, connectStartParams, "PQconnectStartParams");
    whole &= LOAD(handle, f, connectdb, "PQconnectdb");
    whole &= LOAD(handle, f, connectStart, "PQconnectStart");
    whole &= LOAD(handle, f, setdbLogin, "PQsetdbLogin");
    whole &= LOAD(handle, f, connectPoll, "PQconnectPoll");
    whole &= LOAD(handle, f, reset, "PQreset");
    whole &= LOAD(handle, f, resetStart, "PQresetStart");
    whole &= LOAD(handle, f, resetPoll, "PQresetPoll");
    whole &= LOAD(handle, f, ping, "PQping");
    whole &= LOAD(handle, f, pingParams, "PQpingParams");
    whole &= LOAD(handle, f, finish, "PQfinish");
    whole &= LOAD(handle, f, errorMessage, "PQerrorMessage");
    whole &= LOAD(handle, f, status, "PQstatus");
    whole &= LOAD(handle, f, socket, "PQsocket");
    whole &= LOAD(handle, f, host, "PQhost");
    whole &= LOAD(handle, f, port, "PQport");
    whole &= LOAD(handle, f, connectionNeedsPassword, "PQconnectionNeedsPassword");
    whole &= LOAD(handle, f, connectionUsedPassword, "PQconnectionUsedPassword");
    whole &= LOAD(handle, f, conninfo, "PQconninfo");
    whole &= LOAD(handle, f, conninfoFree, "PQconninfoFree");
    return whole;
}

const struct libpq *libpq_of_caller(const void *return_address)
{
    void *found = witness(return_address);
    Dl_info info;
    if (found == NULL || dladdr(found, &info) == 0)
        return NULL;
    libpq_lock();
    struct loaded *one = all;
    while (one != NULL && one->base != info.dli_fbase)
        one = one->next;
    if (one == NULL && (one = calloc(1, sizeof *one)) != NULL) {
        /* The handle is kept: what we point into must not go. */
        void *handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        one->base = info.dli_fbase;
        if (handle != NULL && load(handle, &one->functions)) {
            one->next = all;
            all = one;
        } else {
            if (handle != NULL)
                dlclose(handle);
            free(one);
            one = NULL;
        }
    }
    libpq_unlock();
    return one == NULL ? NULL : &one->functions;
}
