/* network_table: see the header. */
#include "network_table.h"

#include "train/model_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

shape_text sizes_text(const size_t sizes[MIXUP_MAX_RANK]) {
    shape in = {0};
    while (in.rank < MIXUP_MAX_RANK && sizes[in.rank] > 0) {
        in.sizes[in.rank] = sizes[in.rank];
        in.rank++;
    }
    return shape_to_text(&in);
}

/* ---------------------------------------------------------------- layers */

/* Columns that grow with what stands in them. */
typedef struct widths {
    int name, op, output;
} widths;

static void widen(int *width, const char *cell) {
    const size_t length = strlen(cell);
    if (length < 100 && (int)length > *width)
        *width = (int)length;
}

static mixup_status measure_columns(const mixup_model *model, widths *out) {
    *out = (widths){.name = 20, .op = 15, .output = 12};
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        widen(&out->name, info.name);
        widen(&out->op, info.op_name);
        widen(&out->output, sizes_text(info.output_shape).text);
    }
    return MIXUP_OK;
}

mixup_status network_print(const mixup_model *model, bool reasons) {
    size_t input[MIXUP_MAX_RANK];
    widths w;
    mixup_model_input_shape(model, input);
    MIXUP_TRY(measure_columns(model, &w));
    size_t parameters = 0;
    uint64_t multiply_adds = 0;
    printf("%-*s %-*s %-*s %12s %14s  %s\n", w.name, "layer", w.op, "op", w.output, "output", "parameters",
           "multiply-adds", "mix here");
    printf("%-*s %-*s %-*s %12s %14s  %s\n", w.name, "input", w.op, "", w.output, sizes_text(input).text, "",
           "", "yes");
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        printf("%-*s %-*s %-*s %12zu %14" PRIu64 "  %s\n", w.name, info.name, w.op, info.op_name, w.output,
               sizes_text(info.output_shape).text, info.parameters, info.multiply_adds,
               info.site_legal ? "yes"
               : reasons       ? info.site_problem
                               : "no");
        parameters += info.parameters;
        multiply_adds += info.multiply_adds;
    }
    printf("%-*s %-*s %-*s %12zu %14" PRIu64 "\n", w.name, "all", w.op, "", w.output, "", parameters,
           multiply_adds);
    printf("\nengine: %s\n", mixup_model_engine(model));
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- memory */

static void print_size(const char *what, size_t bytes, const char *note) {
    printf("  %-12s %10.1f MiB  %s\n", what, (double)bytes / (1 << 20), note);
}

mixup_status network_print_memory(mixup_model *model, const mixup_fit_desc *fit, size_t batch) {
    model_memory memory;
    char note[100];
    MIXUP_TRY(model_measure_memory(model, fit, batch, &memory));
    printf("\nmemory\n");
    print_size("parameters", memory.parameters, "values and running statistics");
    if (fit != NULL)
        print_size("optimizer", memory.optimizer, "what it keeps beside each value");
    snprintf(note, sizeof note, "arena, batches of %zu", batch);
    if (fit != NULL)
        print_size("training", memory.training, note);
    print_size("prediction", memory.prediction, note);
    return MIXUP_OK;
}
