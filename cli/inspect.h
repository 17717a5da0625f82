/* inspect: looks at somebody's data before there is an experiment. */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "base/text.h"
#include "mixup.h"

/* What an experiment needs to know about data. The texts are YAML. */
typedef struct inspection {
    size_t count;
    size_t rank;    /* dimensions of a sample */
    size_t inputs;  /* its number of values */
    size_t classes; /* 0: regression */
    size_t outputs; /* classes, or columns of targets */
    text source;    /* the keys of data.train, each line indented by 4 */
    text remarks;   /* lines of comment about what was found */
    bool standardize;
} inspection;

/* Empty; the other functions fill what was begun. */
void inspection_begin(inspection *out);
void inspection_clear(inspection *out);
/* Takes sizes and names from the data set, and destroys it. */
mixup_status inspection_describe(inspection *out, mixup_dataset *set);

/* Path, separator (0: found out), label or targets, and columns to ignore are given. Columns of text are
 * ignored too, and missing values filled in, each with a remark. */
mixup_status inspect_csv(const mixup_csv_desc *given, inspection *out);
mixup_status inspect_idx(const char *images, const char *labels, inspection *out);
mixup_status inspect_npy(const char *inputs, const char *labels, inspection *out);

#endif
