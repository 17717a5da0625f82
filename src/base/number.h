/* base/number: decimal numbers in text, the same under every locale.
 *
 * strtod follows the thread's locale ("1.5" is 1 where the comma is decimal) and takes hexadecimal, "inf" and
 * "nan". Here the grammar is checked first, and the C locale holds between number_begin and number_end. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/status.h"

#include <locale.h>

typedef struct number_scope {
    locale_t c_locale;
    locale_t before;
} number_scope;

/* Puts this thread into the C locale until number_end. */
mixup_status number_begin(number_scope *scope);
void number_end(number_scope *scope);

/* The whole of `text`: blanks, sign, digits with at most one point, exponent, blanks. A number beyond double
 * becomes an infinity. Returns false, and leaves `value`, where it is no such number. */
bool number_parse(const char *text, double *value);

/* "true" or "false" in any case; returns false, and leaves `value`, for anything else. */
bool number_truth(const char *text, double *value);

/* Empty or blank, "NA", "NaN", "null" (in any case) or "?". */
bool number_is_missing(const char *text);

#endif
