/* report/spectrum_table: singular values as numbers: of each class the largest, the sum of all others and,
 * where asked for, the number of directions; a column a variant, mean ± deviation over the seeds. */
#ifndef REPORT_SPECTRUM_TABLE_H
#define REPORT_SPECTRUM_TABLE_H

#include "report/kind.h"

/* Adds two tables, of the uncentred and of the centred values. */
void spectrum_tables(item_page *of);

#endif
