#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool room(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    if (text->failed || needed <= text->size)
        return !text->failed;
    size_t size = needed < 128 ? 128 : 2 * needed;
    char *s = realloc(text->s, size);
    if (s == NULL) {
        text->failed = true;
        return false;
    }
    text->s = s;
    text->size = size;
    return true;
}

void text_add_n(struct text *text, const char *s, size_t n)
{
    if (!room(text, n))
        return;
    memcpy(text->s + text->length, s, n);
    text->length += n;
    text->s[text->length] = '\0';
}

void text_add(struct text *text, const char *s)
{
    text_add_n(text, s, strlen(s));
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !room(text, (size_t) n)) {
        text->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(text->s + text->length, (size_t) n + 1, format, args);
    va_end(args);
    text->length += (size_t) n;
}

void text_free(struct text *text)
{
    free(text->s);
    *text = (struct text) {0};
}
