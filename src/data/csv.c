/* data/csv: data sets from CSV files.
 *
 * The file is read once, record by record. The first one names the columns (csv_columns.c gives them roles);
 * each later one adds a row of doubles, with NaN for a missing cell, and a label's number in the order of
 * appearance, which is translated at the end when all classes are known. A newcomer's mistake: filling
 * missing cells here; they stay NaN in storage, so that the training part's mean can fill them later. */
#include "format/csv.h"
#include "base/number.h"
#include "data/class_table.h"
#include "data/csv_columns.h"
#include "data/draft.h"
#include "data/standardize.h"

#include <float.h>
#include <math.h>

typedef struct csv_loader {
    const mixup_csv_desc *desc;
    dataset_draft *draft;
    mixup_allocator allocator;
    csv_columns columns;
    class_table classes;
    double *inputs;  /* [capacity][columns.inputs] */
    float *targets;  /* [capacity][columns.targets] or NULL */
    int32_t *labels; /* [capacity] numbers in `classes`, or NULL */
    size_t rows;
    size_t capacity;
} csv_loader;

static void loader_clear(csv_loader *loader) {
    csv_columns_clear(&loader->columns);
    class_table_clear(&loader->classes);
    memory_release(&loader->allocator, loader->inputs);
    memory_release(&loader->allocator, loader->targets);
    memory_release(&loader->allocator, loader->labels);
}

/* Moves the rows to blocks of exactly `capacity` rows. */
static mixup_status resize(csv_loader *loader, size_t capacity) {
    const mixup_allocator *allocator = &loader->allocator;
    const size_t width = loader->columns.inputs;
    const size_t columns = loader->columns.targets;
    size_t inputs = 0;
    size_t targets = 0;
    MIXUP_TRY(memory_product(capacity, width, &inputs));
    MIXUP_TRY(memory_product(capacity, columns, &targets));
    MIXUP_TRY(MEMORY_GROW(allocator, loader->inputs, loader->rows * width, inputs));
    if (columns > 0)
        MIXUP_TRY(MEMORY_GROW(allocator, loader->targets, loader->rows * columns, targets));
    if (loader->columns.label)
        MIXUP_TRY(MEMORY_GROW(allocator, loader->labels, loader->rows, capacity));
    loader->capacity = capacity;
    return MIXUP_OK;
}

/* A cell of the wrong kind for its column. */
static mixup_status refuse_cell(const csv_row *row, const csv_column *column, const char *field) {
    const char *problem = column->kind == CSV_TRUTH
                              ? "stands among true and false; a column holds them or numbers, not both"
                          : column->kind == CSV_EITHER
                              ? "is neither true nor false (nor 1 or 0 for them), as in the training data"
                              : "stands among numbers; a column holds them or true and false, not both";
    return error(MIXUP_ERROR_DATA, "%s:%zu: column '%.100s': '%.60s' %s", row->path, row->line, column->name,
                 field, problem);
}

/* The number in a cell (1 for true, 0 for false), or NaN where it is missing. */
static mixup_status read_number(const csv_row *row, csv_column *column, const char *field, double *value) {
    if (number_is_missing(field)) {
        *value = NAN;
        return MIXUP_OK;
    }
    double number = 0.0;
    const bool digits = number_parse(field, &number);
    const bool truth = !digits && number_truth(field, &number);
    if (!digits && !truth)
        return error(
            MIXUP_ERROR_DATA,
            "%s:%zu: column '%.100s': '%.60s' is not a number; %s must be numbers, or true and false (ignore "
            "the column, or make it the label)",
            row->path, row->line, column->name, field, column->role == CSV_TARGET ? "targets" : "inputs");
    if (column->kind == CSV_ANY)
        column->kind = truth ? CSV_TRUTH : CSV_NUMBER;
    const bool known = column->kind == CSV_EITHER ? truth || number == 0.0 || number == 1.0
                                                  : truth == (column->kind == CSV_TRUTH);
    if (!known)
        return refuse_cell(row, column, field);
    if (!(fabs(number) <= FLT_MAX))
        return error(MIXUP_ERROR_DATA, "%s:%zu: column '%.100s': '%.60s' is too large for single precision",
                     row->path, row->line, column->name, field);
    *value = number;
    return MIXUP_OK;
}

static mixup_status read_input(csv_loader *loader, const csv_row *row, csv_column *column,
                               const char *field) {
    double value = 0.0;
    MIXUP_TRY(read_number(row, column, field, &value));
    if (isnan(value) && loader->draft->preprocess->missing == MIXUP_MISSING_REFUSE)
        return error(
            MIXUP_ERROR_DATA,
            "%s:%zu: column '%.100s': the value is missing ('%.20s'); fill it in, or set `missing` to "
            "mean, median or zero",
            row->path, row->line, column->name, field);
    loader->inputs[loader->rows * loader->columns.inputs + column->index] = value;
    return MIXUP_OK;
}

static mixup_status read_target(csv_loader *loader, const csv_row *row, csv_column *column,
                                const char *field) {
    double value = 0.0;
    MIXUP_TRY(read_number(row, column, field, &value));
    if (isnan(value))
        return error(MIXUP_ERROR_DATA, "%s:%zu: column '%.100s': the target is missing ('%.20s')", row->path,
                     row->line, column->name, field);
    loader->targets[loader->rows * loader->columns.targets + column->index] = (float)value;
    return MIXUP_OK;
}

/* The class of a text met for the first time in a file that must be like an earlier one. */
static mixup_status follow_class(csv_loader *loader, const csv_row *row, const csv_column *column,
                                 const char *field, size_t number) {
    const preprocess_names *names = &loader->draft->preprocess->class_names;
    const int32_t match = class_table_match(field, (const char *const *)names->items, names->count);
    if (match < 0)
        return error(MIXUP_ERROR_DATA,
                     "%s:%zu: column '%.100s': '%.60s' is none of the %zu known classes ('%.60s' to '%.60s')",
                     row->path, row->line, column->name, field, names->count, names->items[0],
                     names->items[names->count - 1]);
    loader->classes.classes[number] = match;
    return MIXUP_OK;
}

static mixup_status read_label(csv_loader *loader, const csv_row *row, const csv_column *column,
                               const char *field) {
    if (number_is_missing(field))
        return error(
            MIXUP_ERROR_DATA,
            "%s:%zu: column '%.100s': the label is missing ('%.20s'); fill it in, or take the row out",
            row->path, row->line, column->name, field);
    size_t number = 0;
    bool fresh = false;
    MIXUP_TRY(class_table_add(&loader->classes, field, &number, &fresh));
    if (number >= PREPROCESS_MAX_CLASSES)
        return error(MIXUP_ERROR_DATA,
                     "%s:%zu: column '%.100s': more than %d different labels; is it a label?", row->path,
                     row->line, column->name, PREPROCESS_MAX_CLASSES);
    if (fresh && loader->desc->like != NULL)
        MIXUP_TRY(follow_class(loader, row, column, field, number));
    loader->labels[loader->rows] = (int32_t)number;
    return MIXUP_OK;
}

static mixup_status read_row(csv_loader *loader, const csv_row *row) {
    if (row->count != loader->columns.count)
        return error(MIXUP_ERROR_FORMAT, "%s:%zu: %zu fields, but %s has %zu", row->path, row->line,
                     row->count, loader->draft->preprocess->no_header ? "the first row" : "the header",
                     loader->columns.count);
    if (loader->rows == loader->capacity)
        MIXUP_TRY(resize(loader, loader->capacity == 0 ? 64 : loader->capacity * 2));
    for (size_t i = 0; i < row->count; i++) {
        csv_column *column = &loader->columns.columns[i];
        if (column->role == CSV_INPUT)
            MIXUP_TRY(read_input(loader, row, column, row->fields[i]));
        else if (column->role == CSV_TARGET)
            MIXUP_TRY(read_target(loader, row, column, row->fields[i]));
        else if (column->role == CSV_LABEL)
            MIXUP_TRY(read_label(loader, row, column, row->fields[i]));
    }
    loader->rows++;
    return MIXUP_OK;
}

static mixup_status on_row(const csv_row *row, void *user) {
    csv_loader *loader = user;
    mixup_preprocess *preprocess = loader->draft->preprocess;
    if (loader->columns.count > 0)
        return read_row(loader, row);
    MIXUP_TRY(csv_columns_name(&loader->columns, &loader->allocator, row->path,
                               preprocess->no_header ? NULL : row->fields, row->count));
    if (loader->desc->like != NULL)
        MIXUP_TRY(
            csv_columns_follow(&loader->columns, row->path, loader->desc->like, loader->desc->inputs_only));
    else
        MIXUP_TRY(csv_columns_choose(&loader->columns, loader->desc, preprocess));
    return preprocess->no_header ? read_row(loader, row) : MIXUP_OK;
}

/* Labels from numbers in the order of appearance to classes. */
static mixup_status finish_labels(csv_loader *loader) {
    if (!loader->columns.label)
        return MIXUP_OK;
    if (loader->desc->like == NULL) {
        const char **names = NULL;
        size_t count = 0;
        MIXUP_TRY(MEMORY_NEW(&loader->allocator, names, loader->classes.count));
        mixup_status status = class_table_sort(&loader->classes, names, &count);
        if (status == MIXUP_OK)
            status = preprocess_set_classes(loader->draft->preprocess, names, count);
        memory_release(&loader->allocator, names);
        if (status != MIXUP_OK)
            return status == MIXUP_ERROR_DATA ? error_context(status, "%s", loader->desc->path) : status;
    }
    for (size_t i = 0; i < loader->rows; i++)
        loader->labels[i] = loader->classes.classes[loader->labels[i]];
    return MIXUP_OK;
}

/* Hands the rows over to the storage. */
static mixup_status finish_rows(csv_loader *loader) {
    dataset_storage *storage = loader->draft->storage;
    if (loader->columns.count == 0)
        return error(MIXUP_ERROR_DATA, "%s: is empty", loader->desc->path);
    if (loader->rows == 0)
        return error(MIXUP_ERROR_DATA, "%s: has a header but no rows", loader->desc->path);
    MIXUP_TRY(finish_labels(loader));
    if (loader->desc->like == NULL)
        MIXUP_TRY(csv_columns_store_truths(&loader->columns, loader->draft->preprocess));
    MIXUP_TRY(resize(loader, loader->rows));
    storage->count = loader->rows;
    storage->type = MIXUP_FLOAT64;
    storage->inputs = loader->inputs;
    storage->labels = loader->labels;
    storage->targets = loader->targets;
    storage->target_count = loader->columns.targets;
    loader->inputs = NULL;
    loader->labels = NULL;
    loader->targets = NULL;
    return MIXUP_OK;
}

/* The fresh preprocess before the file is opened: what the description says, or all of like's. */
static mixup_status prepare(dataset_draft *draft, const mixup_csv_desc *desc) {
    if (desc->like != NULL) {
        if (desc->like->source != PREPROCESS_CSV)
            return error(MIXUP_ERROR_ARGUMENT, "%s: like: must come from a CSV file, this one is from %s",
                         desc->path, preprocess_source_name(desc->like->source));
        mixup_preprocess *copy = NULL;
        MIXUP_TRY(preprocess_copy(desc->like, &draft->storage->allocator, &copy));
        preprocess_destroy(draft->preprocess);
        draft->preprocess = copy;
    } else {
        draft->preprocess->missing = desc->missing;
    }
    if (desc->separator != '\0')
        draft->preprocess->separator = desc->separator;
    draft->preprocess->no_header = draft->preprocess->no_header || desc->no_header;
    return MIXUP_OK;
}

static mixup_status fill(dataset_draft *draft, const mixup_csv_desc *desc) {
    MIXUP_TRY(prepare(draft, desc));
    const mixup_allocator allocator = draft->storage->allocator;
    csv_loader loader = {.desc = desc, .draft = draft, .allocator = allocator};
    loader.columns.allocator = allocator;
    class_table_init(&loader.classes, &allocator);
    number_scope scope;
    MIXUP_TRY(number_begin(&scope));
    mixup_status status = csv_read(desc->path, draft->preprocess->separator, &allocator, on_row, &loader);
    if (status == MIXUP_OK)
        status = finish_rows(&loader);
    number_end(&scope);
    loader_clear(&loader);
    return status;
}

/* What missing cells become until mixup_dataset_standardize knows better: learned from the whole file. */
static mixup_status learn_filled(mixup_dataset *set) {
    mixup_preprocess *preprocess = set->preprocess;
    if (preprocess->missing == MIXUP_MISSING_REFUSE || preprocess->filled != NULL)
        return MIXUP_OK;
    double *filled = NULL;
    MIXUP_TRY(MEMORY_NEW(&preprocess->allocator, filled, preprocess->features));
    const mixup_status status = standardize_learn_filled(set, preprocess->missing, filled);
    if (status != MIXUP_OK) {
        memory_release(&preprocess->allocator, filled);
        return status;
    }
    preprocess->filled = filled;
    return MIXUP_OK;
}

static mixup_status check_description(const mixup_csv_desc *desc) {
    const char separator = desc->separator;
    if (separator == '"' || separator == '\n' || separator == '\r' || (unsigned char)separator > 127)
        return error(MIXUP_ERROR_ARGUMENT, "separator: byte %d cannot separate fields; use ',', ';' or a tab",
                     (unsigned char)separator);
    if ((unsigned)desc->missing > MIXUP_MISSING_ZERO)
        return error(MIXUP_ERROR_ARGUMENT, "missing: %d is no policy", (int)desc->missing);
    if (desc->inputs_only && desc->like == NULL)
        return error(MIXUP_ERROR_ARGUMENT,
                     "inputs_only goes with like; a data set without label and targets has inputs alone");
    if (desc->label != NULL && desc->target_count > 0 && desc->like == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "label and targets: a data set has one of them, not both");
    if ((desc->target_count > 0 && desc->targets == NULL) || (desc->ignore_count > 0 && desc->ignore == NULL))
        return error(MIXUP_ERROR_ARGUMENT, "targets and ignore: a count is given without names");
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_csv(mixup_dataset **set, const mixup_csv_desc *desc) {
    if (set == NULL || desc == NULL || desc->path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_csv: set, desc and path must not be NULL");
    MIXUP_TRY(check_description(desc));
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_CSV));
    mixup_dataset *made = NULL;
    MIXUP_TRY(draft_finish(&draft, fill(&draft, desc), &made));
    const mixup_status status = learn_filled(made);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(made);
        return status;
    }
    *set = made;
    return MIXUP_OK;
}
