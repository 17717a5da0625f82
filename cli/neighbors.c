/* neighbors: `mixup neighbors` classifies samples by the nearest training states of a layer. */
#include "runs.h"

#include <stdio.h>
#include <string.h>

/* Numbers of neighbours down, models across. */
static void print_table(const runs *of, const request *item) {
    (void)item;
    printf("k");
    for (size_t i = 0; i < of->count; i++) {
        putchar(',');
        runs_print_field(of->items[i].path);
    }
    putchar('\n');
    for (size_t row = 0; row < of->items[0].numbers.rating_count; row++) {
        printf("%.0f", of->items[0].numbers.ratings[row].x);
        for (size_t i = 0; i < of->count; i++)
            printf(",%.6g", of->items[i].numbers.ratings[row].accuracy);
        putchar('\n');
    }
}

static int run_neighbors(const arguments *given) {
    size_t counts[ARGUMENTS_MOST_NUMBERS];
    neighbors_desc desc = {.layer = arguments_text(given, "layer", NULL),
                           .counts = counts,
                           .count_count = arguments_counts(given, "k", counts),
                           .per_class = arguments_count(given, "points", 0),
                           .samples = arguments_count(given, "count", 1000)};
    if (desc.layer == NULL)
        return command_misused(given, "--layer NAME is needed; `mixup info` lists the layers of a model");
    if (!runs_data_is_clear(given))
        return EXIT_USAGE;
    if (strcmp(arguments_text(given, "distance", "euclidean"), "cosine") == 0)
        desc.distance = NEIGHBORS_COSINE;
    const runs_wish wish = {
        .item = {.kind = SETTINGS_NEIGHBORS, .title = "", .data = SETTINGS_FIGURE_TEST, .neighbors = desc},
        .training = true};
    return runs_rate(given, &wish, print_table);
}

static const option options[] = {
    {.name = "layer",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "the layer whose states are compared (needed); `input` for the samples themselves"},
    {.name = "k",
     .kind = OPTION_COUNTS,
     .value = "LIST",
     .least = 1,
     .most = 1e6,
     .help = "how many of the nearest vote (default 1,5,20)"},
    {.name = "distance",
     .kind = OPTION_TEXT,
     .value = "DISTANCE",
     .words = "euclidean or cosine",
     .help = "between states (default euclidean)"},
    {.name = "points",
     .kind = OPTION_COUNT,
     .value = "N",
     .help = "the first so many training samples of each class (default 0, all)"},
    OPTION_RUNS_COUNT,
    OPTION_RUNS_FIGURE,
    OPTION_RUNS_DATA,
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    OPTION_RUNS_PART,
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_neighbors = {
    .name = "neighbors",
    .summary = "accuracy of the nearest neighbours in the states of a layer",
    .synopsis = "RUN_OR_MODEL...",
    .least = 1,
    .most = 1000,
    .options = options,
    .details =
        "Prints a row a number of neighbours and a column a model. A sample is given the class of most of "
        "its\n"
        "k nearest training samples; of equally many, that of the nearest. A model file needs --experiment,\n"
        "which has training data; --data replaces the samples that are classified.\n"
        "  mixup neighbors results/cifar10/*/seed-1 --layer pool --k 1,5,20\n",
    .run = run_neighbors,
};
