/* inspect: a CSV: what separates its fields, which columns are numbers, and where values are missing. */
#include "inspect.h"

#include "command.h"

#include "base/number.h"
#include "experiment/schema.h"
#include "format/csv.h"

#include <stdio.h>
#include <string.h>

typedef struct column {
    char *name;
    bool target;  /* the label or a target: not an input */
    bool ignored; /* as the user asked */
    char *word;   /* the first value that is text, else that is true or false; or NULL */
    size_t line;  /* where it stands */
    bool text;    /* the word is neither true nor false */
    bool numbers; /* some value is one */
    bool binary;  /* all numbers are 1 or 0 */
    bool missing; /* some value is missing */
    bool counts;  /* each value is one more than the one above: the number of the row */
    double last;  /* its value in the row above */
} column;

typedef struct table {
    column *columns;
    size_t count;
    size_t rows;
} table;

static void table_clear(table *out) {
    for (size_t i = 0; i < out->count; i++) {
        memory_release(command_allocator(), out->columns[i].name);
        memory_release(command_allocator(), out->columns[i].word);
    }
    memory_release(command_allocator(), out->columns);
}

static mixup_status read_header(const csv_row *row, table *out) {
    MIXUP_TRY(MEMORY_NEW(command_allocator(), out->columns, row->count));
    for (size_t i = 0; i < row->count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1); /* what a column without a name is called */
        out->columns[i].counts = true;
        out->columns[i].binary = true;
        out->columns[i].name =
            memory_copy_text(command_allocator(), row->fields[i][0] != '\0' ? row->fields[i] : number);
        if (out->columns[i].name == NULL)
            return MIXUP_ERROR_MEMORY;
        out->count = i + 1;
    }
    return MIXUP_OK;
}

/* Keeps the first word; but rather text than true and false, which columns of numbers and text have, too. */
static mixup_status keep_word(const csv_row *row, size_t index, column *out) {
    double value = 0.0;
    const bool is_text = !number_truth(row->fields[index], &value);
    if (out->word != NULL && (out->text || !is_text))
        return MIXUP_OK;
    out->text = is_text;
    memory_release(command_allocator(), out->word);
    out->word = memory_copy_text(command_allocator(), row->fields[index]);
    out->line = row->line;
    return out->word != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status read_row(const csv_row *row, void *user) {
    table *out = user;
    if (out->columns == NULL)
        return read_header(row, out);
    out->rows++;
    double value = 0.0;
    for (size_t i = 0; i < row->count && i < out->count; i++) {
        column *at = &out->columns[i];
        const bool number = !number_is_missing(row->fields[i]) && number_parse(row->fields[i], &value);
        at->counts = at->counts && number && (out->rows == 1 || value == at->last + 1.0);
        at->last = value;
        at->binary = at->binary && (!number || value == 0.0 || value == 1.0);
        if (number)
            at->numbers = true;
        else if (number_is_missing(row->fields[i]))
            at->missing = true;
        else
            MIXUP_TRY(keep_word(row, i, at));
    }
    return MIXUP_OK;
}

static mixup_status read_table(const char *path, char separator, table *out) {
    number_scope scope;
    MIXUP_TRY(number_begin(&scope));
    const mixup_status status = csv_read(path, separator, command_allocator(), read_row, out);
    number_end(&scope);
    return status;
}

/* ---------------------------------------------------------------- separator */

typedef struct first_row {
    size_t fields;
    bool seen;
} first_row;

static mixup_status count_fields(const csv_row *row, void *user) {
    *(first_row *)user = (first_row){row->count, true};
    return MIXUP_ERROR_CALLBACK; /* no more rows */
}

/* 0 where the separator makes no row of it. */
static mixup_status fields_by(const char *path, char separator, size_t *fields) {
    first_row first = {0};
    const mixup_status status = csv_read(path, separator, command_allocator(), count_fields, &first);
    *fields = first.fields;
    return !first.seen && (status == MIXUP_ERROR_IO || status == MIXUP_ERROR_MEMORY) ? status : MIXUP_OK;
}

mixup_status inspect_separator(const char *path, char *separator) {
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t most = 0;
    if (*separator != '\0')
        MIXUP_TRY(fields_by(path, *separator, &most));
    if (most > 1)
        return MIXUP_OK;
    for (size_t i = 0; i < sizeof candidates; i++) {
        size_t fields = 0;
        MIXUP_TRY(fields_by(path, candidates[i], &fields));
        if (fields > most) {
            most = fields;
            *separator = candidates[i];
        }
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- columns */

/* Names such as 0.25: most likely the file has no header. (Whole numbers do serve as names.) */
static bool looks_like_a_sample(const table *in) {
    double value = 0.0;
    bool found = false;
    number_scope scope;
    if (number_begin(&scope) != MIXUP_OK)
        return false;
    for (size_t i = 0; i < in->count; i++)
        found =
            found || (strchr(in->columns[i].name, '.') != NULL && number_parse(in->columns[i].name, &value));
    number_end(&scope);
    return found;
}

static mixup_status find_column(table *in, const char *path, const char *name, column **out) {
    for (size_t i = 0; i < in->count; i++) {
        if (strcmp(in->columns[i].name, name) != 0)
            continue;
        *out = &in->columns[i];
        return MIXUP_OK;
    }
    const char *names[64];
    size_t count = 0;
    text list;
    text_init(&list, command_allocator());
    for (size_t i = 0; i < in->count && count < MIXUP_COUNT(names); i++) {
        names[count++] = in->columns[i].name;
        text_format(&list, "%s'%.40s'", i > 0 ? ", " : "", in->columns[i].name);
    }
    const char *nearest = schema_nearest(name, names, count);
    const mixup_status status =
        error(MIXUP_ERROR_NOT_FOUND, "%s: there is no column '%s'%s%s%s; the columns are %.600s%s", path,
              name, nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "'?)" : "", list.data != NULL ? list.data : "",
              looks_like_a_sample(in)
                  ? "; this looks like a sample: put a line with the columns' names above it"
                  : "");
    text_clear(&list);
    return status;
}

static mixup_status mark(table *in, const mixup_csv_desc *desc) {
    column *found = NULL;
    for (size_t i = 0; i < desc->ignore_count; i++) {
        MIXUP_TRY(find_column(in, desc->path, desc->ignore[i], &found));
        found->ignored = true;
    }
    if (desc->label != NULL) {
        MIXUP_TRY(find_column(in, desc->path, desc->label, &found));
        found->target = true;
    }
    for (size_t i = 0; i < desc->target_count; i++) {
        MIXUP_TRY(find_column(in, desc->path, desc->targets[i], &found));
        found->target = true;
    }
    return MIXUP_OK;
}

/* A column of numbers with a word (or true and false) in it is more likely a mistake than a column to leave
 * out. */
static mixup_status check_words(const table *in, const char *path) {
    for (size_t i = 0; i < in->count; i++) {
        const column *at = &in->columns[i];
        if (!at->target && !at->ignored && at->numbers && at->word != NULL)
            return error(MIXUP_ERROR_DATA,
                         "%s:%zu: column '%s' holds numbers, but here '%.60s'; correct it, empty it (a "
                         "missing value), or leave the column out with --ignore",
                         path, at->line, at->name, at->word);
    }
    return MIXUP_OK;
}

static bool left_out(const column *in) {
    return !in->target && (in->ignored || in->text || (!in->numbers && in->word == NULL));
}

/* The numbers of the rows say nothing of the samples, or, in a sorted file, what they should not; but where
 * they are all that there is, they are what the user wants. */
static void leave_out_counts(table *in) {
    size_t left = 0;
    for (size_t i = 0; i < in->count; i++)
        left += !in->columns[i].target && !left_out(&in->columns[i]) && !in->columns[i].counts;
    for (size_t i = 0; i < in->count && left > 0; i++)
        in->columns[i].ignored = in->columns[i].ignored || in->columns[i].counts;
}

/* A number as many countries write it: "1,5". */
static bool has_decimal_comma(const char *word) {
    const char *comma = strchr(word, ',');
    return comma != NULL && comma > word && strspn(word, "+-0123456789,") == strlen(word) &&
           strchr(comma + 1, ',') == NULL && comma[1] != '\0';
}

/* Such columns would be taken for text and left out. */
static mixup_status check_commas(const table *in, const char *path) {
    for (size_t i = 0; i < in->count; i++) {
        const column *at = &in->columns[i];
        if (!at->target && !at->ignored && at->word != NULL && has_decimal_comma(at->word))
            return error(
                MIXUP_ERROR_DATA,
                "%s:%zu: column '%s' holds '%.60s', which is no number (numbers have a decimal point); "
                "convert the file, or leave the column out with --ignore",
                path, at->line, at->name, at->word);
    }
    return MIXUP_OK;
}

/* Else the data set would say that no column is left, but not why. */
static mixup_status check_inputs(const table *in, const char *path) {
    const column *text_column = NULL;
    for (size_t i = 0; i < in->count; i++) {
        const column *at = &in->columns[i];
        if (!at->target && !left_out(at))
            return MIXUP_OK;
        if (!at->target && !at->ignored && at->text && text_column == NULL)
            text_column = at;
    }
    if (text_column == NULL)
        return MIXUP_OK;
    return error(
        MIXUP_ERROR_DATA,
        "%s:%zu: no column of numbers is left for the inputs: '%s' holds '%.60s'; write text as numbers, "
        "such as 0 and 1 for no and yes",
        path, text_column->line, text_column->name, text_column->word);
}

/* For the terminal, where a column of text is missed that was to be an input. */
static mixup_status list_left_out(const table *in, text *out) {
    enum { NAMED = 8 };
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++) {
        const column *at = &in->columns[i];
        if (!left_out(at) || (at->ignored && !at->counts) || ++count > NAMED)
            continue;
        text_format(out, "%s%.40s (", count > 1 ? ", " : "", at->name);
        if (at->word != NULL)
            text_format(out, "'%.20s')", at->word);
        else
            text_add(out, at->numbers ? "the number of the row)" : "empty)");
    }
    if (count > NAMED)
        text_format(out, " and %zu more", count - NAMED);
    inspection_keep_on_line(out, 0);
    return text_status(out);
}

static void add_ignored(const table *in, inspection *out) {
    size_t ignored = 0;
    bool counts = false;
    for (size_t i = 0; i < in->count; i++) {
        if (!left_out(&in->columns[i]))
            continue;
        text_add(&out->source, ignored++ == 0 ? "    ignore: [" : ", ");
        yaml_write_text(&out->source, in->columns[i].name);
        counts = counts || (in->columns[i].counts && in->columns[i].numbers);
    }
    if (ignored > 0)
        text_format(&out->source, "]    # no numbers%s, so they are no inputs\n",
                    counts ? ", or the number of the row" : "");
    else
        text_add(&out->source, "    # ignore: [id]          # columns to leave out; all others are inputs\n");
}

/* Targets that are true or false: labels of which a sample may have several. */
static bool are_truths(const table *in) {
    bool all = true;
    for (size_t i = 0; i < in->count; i++)
        all = all && (!in->columns[i].target || (in->columns[i].binary && !in->columns[i].text));
    return all;
}

static bool any_missing(const table *in) {
    for (size_t i = 0; i < in->count; i++)
        if (in->columns[i].missing && !in->columns[i].target && !left_out(&in->columns[i]))
            return true;
    return false;
}

static mixup_status write_source(const table *in, const mixup_csv_desc *desc, inspection *out) {
    text *to = &out->source;
    text_add(to, "    format: csv\n    path: ");
    MIXUP_TRY(inspection_write_path(out, desc->path, to));
    text_add(to, "    # relative to this file\n");
    if (desc->separator != ',')
        text_format(to, "    separator: \"%s\"\n",
                    desc->separator == '\t'  ? "\\t"
                    : desc->separator == ';' ? ";"
                                             : "|");
    if (desc->label != NULL) {
        text_add(to, "    label: ");
        yaml_write_text(to, desc->label);
        text_add(to, "    # the column of classes\n");
    }
    for (size_t i = 0; i < desc->target_count; i++) {
        text_add(to, i == 0 ? "    targets: [" : ", ");
        yaml_write_text(to, desc->targets[i]);
    }
    if (desc->target_count > 0)
        text_format(to, "]    # columns of %s to predict\n",
                    out->truths ? "true and false (or 1 and 0)" : "numbers");
    add_ignored(in, out);
    if (any_missing(in))
        text_add(to, "    missing: median         # some inputs are empty; or mean, zero, refuse\n");
    return MIXUP_OK;
}

/* The names of the columns that are left out; the caller releases the list, not the names. */
static mixup_status list_ignored(const table *in, const char ***names, size_t *count) {
    MIXUP_TRY(MEMORY_NEW(command_allocator(), *names, in->count));
    for (size_t i = 0; i < in->count; i++)
        if (left_out(&in->columns[i]))
            (*names)[(*count)++] = in->columns[i].name;
    return MIXUP_OK;
}

static mixup_status open_set(const table *in, const mixup_csv_desc *given, mixup_dataset **set) {
    mixup_csv_desc desc = *given;
    const char **ignored = NULL;
    desc.ignore_count = 0; /* those asked for are marked in the table */
    MIXUP_TRY(list_ignored(in, &ignored, &desc.ignore_count));
    desc.ignore = ignored;
    desc.missing = any_missing(in) ? MIXUP_MISSING_MEDIAN : MIXUP_MISSING_REFUSE;
    const mixup_status status = mixup_dataset_from_csv(set, &desc);
    memory_release(command_allocator(), ignored);
    return status;
}

static mixup_status inspect(table *found, const mixup_csv_desc *desc, mixup_dataset **set) {
    MIXUP_TRY(read_table(desc->path, desc->separator, found));
    if (found->columns == NULL)
        return error(MIXUP_ERROR_DATA, "%s: the file is empty; a CSV begins with the names of its columns",
                     desc->path);
    if (found->rows == 0)
        return error(MIXUP_ERROR_DATA, "%s: there are no samples behind the names of the columns",
                     desc->path);
    MIXUP_TRY(mark(found, desc));
    leave_out_counts(found);
    MIXUP_TRY(check_commas(found, desc->path));
    MIXUP_TRY(check_words(found, desc->path));
    MIXUP_TRY(check_inputs(found, desc->path));
    return open_set(found, desc, set);
}

/* A column whose values hardly repeat holds numbers to predict, or names. */
static mixup_status check_classes(const mixup_csv_desc *desc, const inspection *found) {
    if (2 * found->classes <= found->count || found->count < INSPECT_LEAST)
        return MIXUP_OK;
    return error(
        MIXUP_ERROR_DATA,
        "%s: column '%s' has %zu different values in %zu samples, so they are no classes; numbers are "
        "predicted with --target '%s'",
        desc->path, desc->label, found->classes, found->count, desc->label);
}

mixup_status inspect_csv(const mixup_csv_desc *given, inspection *out) {
    mixup_csv_desc desc = *given;
    desc.allocator = command_allocator();
    if (desc.separator == '\0')
        MIXUP_TRY(inspect_separator(desc.path, &desc.separator));
    table found = {0};
    mixup_dataset *set = NULL;
    mixup_status status = inspect(&found, &desc, &set);
    if (status == MIXUP_OK) {
        out->standardize = true;
        out->truths = desc.target_count > 0 && are_truths(&found);
        status = write_source(&found, &desc, out);
    }
    if (status == MIXUP_OK)
        status = list_left_out(&found, &out->left_out);
    if (status == MIXUP_OK)
        status = inspection_describe(out, set);
    else
        mixup_dataset_destroy(set);
    if (status == MIXUP_OK && desc.label != NULL)
        status = check_classes(&desc, out);
    table_clear(&found);
    return status;
}
