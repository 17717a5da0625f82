/* figure_path: where `--figure PATH` puts a picture: PATH with or without .svg or .png names the pair. */
#ifndef CLI_FIGURE_PATH_H
#define CLI_FIGURE_PATH_H

#include "command.h"

typedef struct figure_path {
    char *folder;
    char *name; /* letters, digits, '_', '-', '.' */
} figure_path;

mixup_status figure_path_split(const char *path, figure_path *out);
void figure_path_clear(figure_path *out);

/* How a picture's legend calls a model: "none/seed-1" for a run's folder, else the file's name; the part in
 * front of the '/' is the variant. A new block; NULL with the error stored. */
char *figure_path_label(const char *model);

/* `label` up to its '/', which chooses the colour, in a new block. */
char *figure_path_variant(const char *label);

#endif
