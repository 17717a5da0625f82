/* report/gnuplot: pictures drawn by the program gnuplot.
 *
 * A picture NAME is five files side by side in one folder: its data as CSV (NAME.csv, NAME_points.csv, ...),
 * the script NAME.gp, and what it draws, NAME.svg and NAME.png. Anybody can change the script and run
 * `gnuplot NAME.gp` in that folder again. gnuplot is started with an argument vector, never through a shell.
 *
 * A newcomer's mistake: putting a name from outside straight into a script; use gnuplot_quote, and
 * gnuplot_file_name for names of files. */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include "base/text.h"

typedef struct gnuplot_data {
    const char *suffix; /* "" or "_points": the file is NAME<suffix>.csv */
    const text *content;
} gnuplot_data;

typedef struct gnuplot_picture {
    const char *folder;     /* made when absent */
    const char *name;       /* letters, digits, '_', '-', '.' */
    unsigned width, height; /* of the SVG in pixels; the PNG has twice as many */
    const text *script;     /* settings and one plot command; the data by their files' names */
    const gnuplot_data *data;
    size_t data_count;
} gnuplot_picture;

mixup_status gnuplot_draw(const gnuplot_picture *picture, const mixup_allocator *allocator);

/* Appends `string` as a single-quoted gnuplot string; control characters become spaces, quotes ’. */
void gnuplot_quote(text *out, const char *string);

/* Appends `string` with all but letters, digits, '-' and '.' turned into '_'. */
void gnuplot_file_name(text *out, const char *string);

/* Appends a number, "NaN" for one that is not finite. */
void gnuplot_number(text *out, double value);

#endif
