/* A string that grows. Running out of memory is remembered and asked for once, at the end. */
#ifndef CONMGR_TEXT_H
#define CONMGR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *s; /* null until something is added */
    size_t length;
    size_t size;
    bool failed;
};

void text_add(struct text *text, const char *s);
void text_add_n(struct text *text, const char *s, size_t n);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees it and leaves an empty text. */
void text_free(struct text *text);

#endif
