/* data/csv_columns: what each column of a CSV file is for. */
#ifndef DATA_CSV_COLUMNS_H
#define DATA_CSV_COLUMNS_H

#include "data/preprocess.h"

typedef enum csv_role { CSV_UNDECIDED, CSV_IGNORED, CSV_INPUT, CSV_LABEL, CSV_TARGET } csv_role;

/* What the cells of an input or a target are, as found in the file or known from the one to be like. */
typedef enum csv_kind {
    CSV_ANY,    /* all missing so far */
    CSV_NUMBER, /* numbers alone */
    CSV_TRUTH,  /* true and false alone */
    CSV_EITHER, /* true and false, or 1 and 0 for them: the file to be like had true and false */
} csv_kind;

typedef struct csv_column {
    const char *name; /* owned by csv_columns.names */
    csv_role role;
    csv_kind kind;
    size_t index; /* of the input or of the target */
} csv_column;

typedef struct csv_columns {
    mixup_allocator allocator;
    csv_column *columns; /* [count] in the file's order */
    size_t count;
    preprocess_names names; /* of all columns */
    size_t inputs;
    size_t targets; /* columns of targets that the file has */
    bool label;     /* the file has the label column */
} csv_columns;

/* Names the columns by the header's fields, or by number where `header` is NULL or a field of it empty. */
mixup_status csv_columns_name(csv_columns *out, const mixup_allocator *allocator, const char *path,
                              const char *const *header, size_t count);
void csv_columns_clear(csv_columns *out);

/* Gives every column its role as `desc` says, and stores names in the fresh `preprocess`. */
mixup_status csv_columns_choose(csv_columns *columns, const mixup_csv_desc *desc,
                                mixup_preprocess *preprocess);

/* Stores the names of the columns that turned out to be true and false. */
mixup_status csv_columns_store_truths(const csv_columns *columns, mixup_preprocess *preprocess);

/* Gives every column the role and the kind that it had for `like`: inputs by name in like's order, target
 * columns where present (with `inputs_only` none), all else ignored. */
mixup_status csv_columns_follow(csv_columns *columns, const char *path, const mixup_preprocess *like,
                                bool inputs_only);

#endif
