/* report/spectrum_table: singular values as numbers: of each class the largest, the sum of all others and,
 * where asked for, the number of directions; a column a variant, mean ± deviation over the seeds. */
#ifndef REPORT_SPECTRUM_TABLE_H
#define REPORT_SPECTRUM_TABLE_H

#include "report/kind.h"

/* Adds two tables, of the uncentred and of the centred values. */
void spectrum_tables(item_page *of);

/* As Markdown, a row a variant: the mean over the classes, and all classes in one matrix where asked for. */
void spectrum_tabulate(const item_page *of, text *out);

#endif
