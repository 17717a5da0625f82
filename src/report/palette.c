/* report/palette: see palette.h. Okabe & Ito 2008 for variants, Petroff 2021 (ten colours, chosen for readers
 * with any colour vision) for classes. */
#include "report/palette.h"

#include <string.h>

static const struct {
    const char *name;
    palette_style style;
} known[] = {
    {"none", {"#6b7f9c", 7}},
    {"input", {"#e08a00", 9}},
    {"manifold", {"#009e73", 5}},
};

static const palette_style others[] = {{"#3f7fd0", 13}, {"#cc5a9a", 11}, {"#a65628", 7}, {"#56a8d8", 9},
                                       {"#7a52b3", 5},  {"#9a9a00", 13}, {"#d0482f", 11}};

/* Petroff, "Accessible Color Sequences for Data Visualization", arXiv 2107.02270, ten colours. */
static const char *const classes[PALETTE_CLASSES] = {"#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
                                                     "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"};

bool palette_rank(const char *name, size_t *rank) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            *rank = i;
            return true;
        }
    return false;
}

palette_style palette_variant(const char *name, size_t index) {
    size_t rank = 0;
    if (palette_rank(name, &rank))
        return known[rank].style;
    return others[index % (sizeof others / sizeof others[0])];
}

const char *palette_class(size_t class_number) {
    return classes[class_number % PALETTE_CLASSES];
}

const char palette_viridis[] =
    "set palette defined (0 '#440154', 1 '#481668', 2 '#482878', 3 '#433d84', 4 '#3b518b', 5 '#31688e', "
    "6 '#2a788e', 7 '#23898e', 8 '#1f998a', 9 '#22a884', 10 '#35b779', 11 '#54c568', 12 '#7ad151', "
    "13 '#a5db36', 14 '#d2e21b', 15 '#fde725')\n";
