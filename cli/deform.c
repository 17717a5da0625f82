/* deform: `mixup deform` measures models on images that are turned, sheared and zoomed. */
#include "runs.h"

#include <stdio.h>

/* Deformations down, models across. */
static void print_table(const runs *of, const request *item) {
    const deform_desc *desc = &item->deform;
    printf("deformation,amount");
    for (size_t i = 0; i < of->count; i++) {
        putchar(',');
        runs_print_field(of->items[i].path);
    }
    putchar('\n');
    for (size_t row = 0; row < 1 + deform_count(desc); row++) {
        const rating *first = &of->items[0].numbers.ratings[row];
        printf("%s,", first->group);
        if (row > 0)
            printf("%.7g", first->x);
        for (size_t i = 0; i < of->count; i++)
            printf(",%.6g", of->items[i].numbers.ratings[row].accuracy);
        putchar('\n');
    }
}

static int run_deform(const arguments *given) {
    float amounts[DEFORM_KINDS][ARGUMENTS_MOST_NUMBERS];
    deform_desc desc = {.bilinear = arguments_flag(given, "bilinear"),
                        .seed = arguments_count(given, "seed", 0),
                        .samples = arguments_count(given, "count", 1000)};
    if (!runs_data_is_clear(given))
        return EXIT_USAGE;
    for (size_t k = 0; k < DEFORM_KINDS; k++) {
        desc.counts[k] = arguments_numbers(given, deform_kind_name((deform_kind)k), amounts[k]);
        desc.amounts[k] = amounts[k];
    }
    if (deform_resolve(&desc, &desc) != MIXUP_OK)
        return command_misused(given, "%s", mixup_last_error());
    const runs_wish wish = {
        .item = {.kind = SETTINGS_DEFORMATION, .title = "", .data = SETTINGS_FIGURE_TEST, .deform = desc}};
    return runs_rate(given, &wish, print_table);
}

static const option options[] = {
    {.name = "rotation",
     .kind = OPTION_NUMBERS,
     .value = "LIST",
     .least = 0,
     .most = 1e6,
     .help = "largest angles, degrees (default 20,40,60,80 where no list is given)"},
    {.name = "shear",
     .kind = OPTION_NUMBERS,
     .value = "LIST",
     .least = 0,
     .most = 1e6,
     .help = "largest angles, degrees (default 28.6,57.3,114.6,143.2,171.9 likewise)"},
    {.name = "zoom",
     .kind = OPTION_NUMBERS,
     .value = "LIST",
     .least = 0.001,
     .most = 1e6,
     .help = "per cent of a side that is seen (default 20 to 180 by 20 without 100, likewise)"},
    {.name = "bilinear", .kind = OPTION_FLAG, .help = "between pixels, not the nearest one"},
    {.name = "seed", .kind = OPTION_COUNT, .value = "N", .help = "of the angles (default 0)"},
    OPTION_RUNS_COUNT,
    {.name = "figure",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .help = "also draw PATH_rotation, PATH_shear and PATH_zoom.svg and .png, a curve a model"},
    OPTION_RUNS_DATA,
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    OPTION_RUNS_PART,
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_deform = {
    .name = "deform",
    .summary = "accuracy on images that are rotated, sheared and zoomed",
    .synopsis = "RUN_OR_MODEL...",
    .least = 1,
    .most = 1000,
    .options = options,
    .details =
        "Prints a row a deformation and a column a model, all on the same images. Each image is turned or\n"
        "sheared by an angle drawn uniformly from plus or minus the amount; zoom 20 shows the middle fifth "
        "of\n"
        "each side enlarged, 180 the whole image smaller within a border of 0 as the network sees it.\n"
        "  mixup deform results/cifar100/*/seed-1 --count 0 --figure deformed\n",
    .run = run_deform,
};
