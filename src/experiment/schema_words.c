/* experiment/schema: rows in words, and the nearest name to a misspelled one. */
#include "experiment/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void choice_words(const schema_key *key, schema_words *out) {
    int last = -1;
    for (int i = 0; i < key->choices; i++)
        if (key->choice(i) != NULL)
            last = i;
    size_t used = 0;
    for (int i = 0; i <= last && used < sizeof out->text; i++) {
        if (key->choice(i) == NULL)
            continue;
        const char *before = used == 0 ? "" : i == last ? " or " : ", ";
        used += (size_t)snprintf(out->text + used, sizeof out->text - used, "%s%s", before, key->choice(i));
    }
}

schema_words schema_type_words(const schema_key *key) {
    static const char *const words[] = {
        [SCHEMA_SECTION] = "a mapping (key: value)",
        [SCHEMA_SECTIONS] = "a list of mappings",
        [SCHEMA_FREE] = "a mapping (name: ...)",
        [SCHEMA_TEXT] = "text",
        [SCHEMA_WORD] = "a name of letters (A to Z, a to z), digits, '.', '_' and '-'",
        [SCHEMA_PATH] = "a path",
        [SCHEMA_CHARACTER] = "one character",
        [SCHEMA_BOOLEAN] = "true or false",
        [SCHEMA_WITHOUT] = "true or false",
        [SCHEMA_CHOICE] = "",
        [SCHEMA_COUNT] = "a whole number",
        [SCHEMA_SEED] = "a whole number, 0 to 18446744073709551615",
        [SCHEMA_SINGLE] = "a finite number",
        [SCHEMA_DOUBLE] = "a finite number",
        [SCHEMA_TEXTS] = "a name or a list of names",
        [SCHEMA_PATHS] = "a path or a list of paths",
        [SCHEMA_COUNTS] = "a list of whole numbers",
        [SCHEMA_SINGLES] = "a list of finite numbers",
        [SCHEMA_DOUBLES] = "a list of finite numbers",
        [SCHEMA_PAIR] = "a whole number or a list of two",
    };
    schema_words out = {{0}};
    if (key->type == SCHEMA_CHOICE)
        choice_words(key, &out);
    else
        snprintf(out.text, sizeof out.text, "%s", words[key->type]);
    return out;
}

schema_words schema_range_words(const schema_key *key) {
    const schema_range *range = &key->range;
    schema_words out = {{0}};
    if (range->least == 0 && range->most == 0)
        return out;
    const bool several = key->type == SCHEMA_COUNTS || key->type == SCHEMA_SINGLES ||
                         key->type == SCHEMA_DOUBLES || key->type == SCHEMA_PAIR;
    const char *each = several ? "each " : "";
    if (range->most >= 1e300)
        snprintf(out.text, sizeof out.text, "%s%s %g", each, range->above ? "above" : "at least",
                 range->least);
    else
        snprintf(out.text, sizeof out.text, "%s%s %g and %s %g", each, range->above ? "above" : "at least",
                 range->least, range->below ? "below" : "at most", range->most);
    return out;
}

static bool same_letter(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edit distance with insertions, deletions, replacements and swaps of neighbours (Damerau 1964), whatever the
 * case of the letters. */
static size_t distance(const char *a, const char *b) {
    enum { LONGEST = 40 };
    size_t rows[LONGEST + 1][LONGEST + 1];
    const size_t n = strlen(a);
    const size_t m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t least = rows[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
            if (rows[i - 1][j] + 1 < least)
                least = rows[i - 1][j] + 1;
            if (rows[i][j - 1] + 1 < least)
                least = rows[i][j - 1] + 1;
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]) &&
                rows[i - 2][j - 2] + 1 < least)
                least = rows[i - 2][j - 2] + 1;
            rows[i][j] = least;
        }
    }
    return rows[n][m];
}

const char *schema_nearest(const char *word, const char *const *names, size_t count) {
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 2; /* farther than this is another word */
    for (size_t i = 0; i < count; i++) {
        const size_t apart = distance(word, names[i]);
        if (apart < least && apart < strlen(names[i])) {
            least = apart;
            nearest = names[i];
        }
    }
    return nearest;
}
