/* data/csv_columns: columns by name or by number, each with one role. See csv_columns.h. */
#include "data/csv_columns.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_LENGTH = 600 }; /* bytes of a list of columns in a message */

void csv_columns_clear(csv_columns *out) {
    for (size_t i = 0; i < out->names.count; i++)
        memory_release(&out->allocator, out->names.items[i]);
    memory_release(&out->allocator, out->names.items);
    memory_release(&out->allocator, out->columns);
    *out = (csv_columns){.allocator = out->allocator};
}

static mixup_status name_column(csv_columns *out, const char *const *header, size_t index) {
    char number[24];
    snprintf(number, sizeof number, "%zu", index + 1);
    const bool named = header != NULL && header[index][0] != '\0';
    out->names.items[index] = memory_copy_text(&out->allocator, named ? header[index] : number);
    if (out->names.items[index] == NULL)
        return MIXUP_ERROR_MEMORY;
    out->names.count = index + 1;
    out->columns[index].name = out->names.items[index];
    return MIXUP_OK;
}

static int compare_names(const void *a, const void *b) {
    const csv_column *left = a;
    const csv_column *right = b;
    return strcmp(left->name, right->name);
}

static mixup_status check_unique(const csv_columns *columns, const char *path) {
    csv_column *sorted = NULL;
    MIXUP_TRY(MEMORY_NEW(&columns->allocator, sorted, columns->count));
    memcpy(sorted, columns->columns, columns->count * sizeof *sorted);
    qsort(sorted, columns->count, sizeof *sorted, compare_names);
    mixup_status status = MIXUP_OK;
    for (size_t i = 1; i < columns->count && status == MIXUP_OK; i++)
        if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
            status = error(MIXUP_ERROR_DATA, "%s: two columns are called '%.100s'; names must differ", path,
                           sorted[i].name);
    memory_release(&columns->allocator, sorted);
    return status;
}

mixup_status csv_columns_name(csv_columns *out, const mixup_allocator *allocator, const char *path,
                              const char *const *header, size_t count) {
    csv_columns named = {.allocator = *allocator, .count = count};
    mixup_status status = MEMORY_NEW(allocator, named.columns, count);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, named.names.items, count);
    for (size_t i = 0; i < count && status == MIXUP_OK; i++)
        status = name_column(&named, header, i);
    if (status == MIXUP_OK)
        status = check_unique(&named, path);
    if (status != MIXUP_OK) {
        csv_columns_clear(&named);
        return status;
    }
    *out = named;
    return MIXUP_OK;
}

/* By name. NULL: there is none. */
static csv_column *find_name(const csv_columns *columns, const char *name) {
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(columns->columns[i].name, name) == 0)
            return &columns->columns[i];
    return NULL;
}

/* By name, else by number from 1. */
static csv_column *find_column(const csv_columns *columns, const char *name) {
    csv_column *found = find_name(columns, name);
    if (found != NULL || name[0] == '\0' || name[0] == '0' || strspn(name, "0123456789") != strlen(name) ||
        strlen(name) > 9)
        return found;
    const size_t number = (size_t)strtoul(name, NULL, 10);
    return number <= columns->count ? &columns->columns[number - 1] : NULL;
}

typedef struct column_list {
    char text[LIST_LENGTH + 8];
} column_list;

/* "'a', 'b', 'c'", cut with "..." where it is long. */
static column_list list_columns(const csv_columns *columns) {
    column_list list = {""};
    size_t used = 0;
    assert(columns->columns != NULL || columns->count == 0);
    for (size_t i = 0; i < columns->count; i++) {
        const char *separator = i == 0 ? "" : ", ";
        const size_t length = strlen(separator) + strlen(columns->columns[i].name) + 2;
        if (used + length > LIST_LENGTH) {
            snprintf(list.text + used, sizeof list.text - used, ", ...");
            break;
        }
        snprintf(list.text + used, sizeof list.text - used, "%s'%s'", separator, columns->columns[i].name);
        used += length;
    }
    return list;
}

/* Finds `name`, which plays `what` ("the label"), and gives it `role`. */
static mixup_status assign(const csv_columns *columns, const char *path, const char *name, const char *what,
                           csv_role role, size_t index) {
    if (name == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "%s: the name of %s is NULL", path, what);
    csv_column *column = find_column(columns, name);
    if (column == NULL)
        return error(MIXUP_ERROR_NOT_FOUND, "%s: has no column '%.100s' for %s; its columns are %s", path,
                     name, what, list_columns(columns).text);
    if (column->role != CSV_UNDECIDED)
        return error(MIXUP_ERROR_ARGUMENT, "%s: column '%.100s' has two uses (label, targets, ignore)", path,
                     column->name);
    column->role = role;
    column->index = index;
    return MIXUP_OK;
}

/* The names of the columns with `role`, by index, into `list` of the preprocess. */
static mixup_status store_names(const csv_columns *columns, csv_role role, size_t count,
                                mixup_preprocess *preprocess, preprocess_names *list) {
    const char **names = NULL;
    MIXUP_TRY(MEMORY_NEW(&columns->allocator, names, count));
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i].role == role)
            names[columns->columns[i].index] = columns->columns[i].name;
    const mixup_status status = preprocess_set_names(preprocess, list, names, count, "column name");
    memory_release(&columns->allocator, names);
    return status;
}

static mixup_status store_all_names(const csv_columns *columns, size_t ignored,
                                    mixup_preprocess *preprocess) {
    MIXUP_TRY(store_names(columns, CSV_INPUT, columns->inputs, preprocess, &preprocess->feature_names));
    MIXUP_TRY(store_names(columns, CSV_TARGET, columns->targets, preprocess, &preprocess->target_names));
    MIXUP_TRY(store_names(columns, CSV_IGNORED, ignored, preprocess, &preprocess->ignored));
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i].role == CSV_LABEL) {
            preprocess->label = memory_copy_text(&preprocess->allocator, columns->columns[i].name);
            if (preprocess->label == NULL)
                return MIXUP_ERROR_MEMORY;
        }
    return preprocess_set_shape(preprocess, &(shape){.rank = 1, .sizes = {columns->inputs}});
}

mixup_status csv_columns_choose(csv_columns *columns, const mixup_csv_desc *desc,
                                mixup_preprocess *preprocess) {
    if (desc->label != NULL)
        MIXUP_TRY(assign(columns, desc->path, desc->label, "the label", CSV_LABEL, 0));
    for (size_t i = 0; i < desc->target_count; i++)
        MIXUP_TRY(assign(columns, desc->path, desc->targets[i], "a target", CSV_TARGET, i));
    for (size_t i = 0; i < desc->ignore_count; i++)
        MIXUP_TRY(assign(columns, desc->path, desc->ignore[i], "ignore", CSV_IGNORED, i));
    for (size_t i = 0; i < columns->count; i++)
        if (columns->columns[i].role == CSV_UNDECIDED) {
            columns->columns[i].role = CSV_INPUT;
            columns->columns[i].index = columns->inputs++;
        }
    if (columns->inputs == 0)
        return error(MIXUP_ERROR_DATA, "%s: no column is left for the inputs; its columns are %s", desc->path,
                     list_columns(columns).text);
    columns->label = desc->label != NULL;
    columns->targets = desc->target_count;
    const mixup_status status = store_all_names(columns, desc->ignore_count, preprocess);
    return status == MIXUP_ERROR_DATA ? error_context(status, "%s", desc->path) : status;
}

mixup_status csv_columns_store_truths(const csv_columns *columns, mixup_preprocess *preprocess) {
    const char **names = NULL;
    size_t count = 0;
    const size_t all = columns->inputs + columns->targets;
    MIXUP_TRY(MEMORY_NEW(&columns->allocator, names, all));
    for (size_t i = 0; i < columns->count; i++) {
        const csv_column *column = &columns->columns[i];
        if (column->kind == CSV_TRUTH)
            names[column->index + (column->role == CSV_TARGET ? columns->inputs : 0)] = column->name;
    }
    for (size_t i = 0; i < all; i++)
        if (names[i] != NULL)
            names[count++] = names[i];
    const mixup_status status =
        preprocess_set_names(preprocess, &preprocess->truths, names, count, "column name");
    memory_release(&columns->allocator, names);
    return status;
}

/* Of the next feature, then target, of `like`; *at is the place in its truths, which are in this order. */
static csv_kind next_kind(const mixup_preprocess *like, const char *name, size_t *at) {
    if (*at == like->truths.count || strcmp(like->truths.items[*at], name) != 0)
        return CSV_NUMBER;
    ++*at;
    return CSV_EITHER;
}

mixup_status csv_columns_follow(csv_columns *columns, const char *path, const mixup_preprocess *like,
                                bool inputs_only) {
    size_t truth = 0;
    for (size_t i = 0; i < columns->count; i++)
        columns->columns[i].role = CSV_IGNORED;
    for (size_t i = 0; i < like->feature_names.count; i++) {
        csv_column *column = find_name(columns, like->feature_names.items[i]);
        if (column == NULL)
            return error(
                MIXUP_ERROR_NOT_FOUND,
                "%s: lacks the input column '%.100s' of the data that it should be like; its columns "
                "are %s",
                path, like->feature_names.items[i], list_columns(columns).text);
        column->role = CSV_INPUT;
        column->index = columns->inputs++;
        column->kind = next_kind(like, column->name, &truth);
    }
    if (inputs_only)
        return MIXUP_OK;
    csv_column *label = like->label != NULL ? find_name(columns, like->label) : NULL;
    if (label != NULL)
        label->role = CSV_LABEL;
    columns->label = label != NULL;
    size_t present = 0;
    for (size_t i = 0; i < like->target_names.count; i++)
        present += find_name(columns, like->target_names.items[i]) != NULL;
    if (present < like->target_names.count) /* no targets unless all are there */
        return MIXUP_OK;
    for (size_t i = 0; i < present; i++) {
        csv_column *column = find_name(columns, like->target_names.items[i]);
        column->role = CSV_TARGET;
        column->index = i;
        column->kind = next_kind(like, column->name, &truth);
    }
    columns->targets = present;
    return MIXUP_OK;
}
