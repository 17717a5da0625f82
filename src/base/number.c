/* base/number: see number.h. */
#include "base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

mixup_status number_begin(number_scope *scope) {
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return error(MIXUP_ERROR_MEMORY, "out of memory: cannot make the C locale: %s", strerror(errno));
    scope->c_locale = c_locale;
    scope->before = uselocale(c_locale);
    return MIXUP_OK;
}

void number_end(number_scope *scope) {
    uselocale(scope->before);
    freelocale(scope->c_locale);
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t");
}

static const char *skip_digits(const char *at) {
    return at + strspn(at, "0123456789");
}

/* Behind the longest number at `at`, NULL where there is none. */
static const char *skip_number(const char *at) {
    at += *at == '+' || *at == '-';
    const char *digits = at;
    at = skip_digits(at);
    size_t count = (size_t)(at - digits);
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        count += (size_t)(at - fraction);
    }
    if (count == 0)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1;
        exponent += *exponent == '+' || *exponent == '-';
        const char *end = skip_digits(exponent);
        if (end == exponent)
            return NULL;
        at = end;
    }
    return at;
}

bool number_parse(const char *text, double *value) {
    const char *start = skip_blanks(text);
    const char *end = skip_number(start);
    if (end == NULL || *skip_blanks(end) != '\0')
        return false;
    *value = strtod(start, NULL);
    return true;
}

bool number_truth(const char *text, double *value) {
    const bool yes = strcasecmp(text, "true") == 0;
    if (!yes && strcasecmp(text, "false") != 0)
        return false;
    *value = yes ? 1.0 : 0.0;
    return true;
}

bool number_is_missing(const char *text) {
    static const char *const words[] = {"NA", "NaN", "null", "?"};
    if (*skip_blanks(text) == '\0')
        return true;
    for (size_t i = 0; i < MIXUP_COUNT(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}
