/* inspect: looks at somebody's data before there is an experiment. */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "base/text.h"
#include "mixup.h"

enum { INSPECT_LEAST = 10 }; /* samples to train and to measure on */

/* What an experiment needs to know about data. The texts are YAML. */
typedef struct inspection {
    const char *folder; /* of the experiment: its paths are relative to it */
    size_t count;
    size_t rank;    /* dimensions of a sample */
    size_t inputs;  /* its number of values */
    size_t classes; /* 0: regression */
    size_t outputs; /* classes, or columns of targets */
    text source;    /* the keys of data.train, each line indented by 4 */
    text remarks;   /* lines of comment about what was found */
    text left_out;  /* columns that are no inputs though nobody asked for it, with the reason; else empty */
    text test;      /* the line of data.test, where the data bring one; else empty */
    text validation;
    bool standardize;
    bool truths; /* all targets are true or false, or 1 or 0 */
    bool images; /* in folders, fitted to: */
    size_t height, width;
} inspection;

/* Empty; the other functions fill what was begun. The text of `folder` stays the caller's. */
void inspection_begin(inspection *out, const char *folder);
void inspection_clear(inspection *out);
/* Takes sizes and names from the data set, and destroys it. */
mixup_status inspection_describe(inspection *out, mixup_dataset *set);
/* A line of the source; `comment` may be NULL. */
void inspection_add_line(inspection *out, const char *key, const char *value, const char *comment);
/* The same for a path, as the experiment must name it; and the path alone. */
mixup_status inspection_add_path(inspection *out, const char *key, const char *path, const char *comment);
mixup_status inspection_write_path(const inspection *in, const char *path, text *to);
/* Makes spaces of what would end a line of comment or of the terminal, from place `from` of the text on. */
void inspection_keep_on_line(text *out, size_t from);
/* The first remark: count, inputs and classes of `out`, with up to ten names ([classes], or NULL). */
void inspection_remark_classes(inspection *out, const char *const *names, const char *what);

/* Path, separator (0: found out), label or targets, and columns to ignore are given. Columns of text are
 * ignored too, and missing values filled in, each with a remark. */
mixup_status inspect_csv(const mixup_csv_desc *given, inspection *out);
/* What separates the fields of the first row: *separator where it makes more than one of it, else what makes
 * most. *separator 0: no preference. */
mixup_status inspect_separator(const char *path, char *separator);
mixup_status inspect_idx(const char *images, const char *labels, inspection *out);
mixup_status inspect_npy(const char *inputs, const char *labels, inspection *out);
/* A folder or archive; a train, test or validation folder in it is what it says. */
mixup_status inspect_images(const char *path, inspection *out);

#endif
