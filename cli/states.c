/* states: the output of a layer for every sample, as NPY [count][..shape]. */
#include "source.h"

#include "format/npy.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 1024 }; /* samples at a time */

/* The shape of a layer's output, or of the network's input. */
static mixup_status layer_shape(const mixup_model *model, const char *layer, shape *out) {
    size_t sizes[MIXUP_MAX_RANK];
    mixup_model_input_shape(model, sizes);
    bool found = strcmp(layer, "input") == 0;
    for (size_t i = 0; !found && i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        found = strcmp(info.name, layer) == 0;
        memcpy(sizes, info.output_shape, sizeof sizes);
    }
    if (!found)
        return error(MIXUP_ERROR_NOT_FOUND,
                     "--layer %s: there is no such layer; `mixup info MODEL` lists them", layer);
    return shape_from_sizes(sizes, MIXUP_MAX_RANK, layer, out);
}

static mixup_status fill(mixup_model *model, const mixup_dataset *data, const char *layer, size_t count,
                         size_t width, float *states) {
    for (size_t first = 0; first < count; first += PIECE) {
        const size_t piece = count - first < PIECE ? count - first : PIECE;
        float *inputs = NULL;
        MIXUP_TRY(source_read(data, first, piece, &inputs, NULL));
        const mixup_status status = mixup_states(model, layer, piece, inputs, states + first * width);
        memory_release(command_allocator(), inputs);
        MIXUP_TRY(status);
    }
    return MIXUP_OK;
}

static mixup_status write_states(const arguments *given, mixup_model *model, const mixup_dataset *data) {
    const char *layer = arguments_text(given, "layer", NULL);
    mixup_dataset_info info;
    mixup_dataset_describe(data, &info);
    const size_t asked = arguments_count(given, "count", info.count);
    const size_t count = asked < info.count ? asked : info.count;
    shape sample;
    MIXUP_TRY(layer_shape(model, layer, &sample));
    array states = {.type = MIXUP_FLOAT32, .shape = {.rank = sample.rank + 1, .sizes = {count}}};
    memcpy(states.shape.sizes + 1, sample.sizes, sample.rank * sizeof sample.sizes[0]);
    MIXUP_TRY(array_allocate(&states, command_allocator()));
    mixup_status status = fill(model, data, layer, count, shape_count(&sample), states.data);
    if (status == MIXUP_OK)
        status = npy_write(arguments_text(given, "out", NULL), &states, command_allocator());
    array_clear(&states, command_allocator());
    return status;
}

static int run(const arguments *given) {
    if (!arguments_given(given, "layer"))
        return command_misused(given, "--layer NAME is missing; `mixup info MODEL` lists the layers");
    if (!arguments_given(given, "out"))
        return command_misused(given, "--out FILE.npy is missing");
    if (!source_is_given(given, arguments_positional(given, 1)))
        return EXIT_USAGE;
    mixup_model *model = NULL;
    mixup_dataset *data = NULL;
    mixup_status status = source_model(given, arguments_positional(given, 0), &model);
    if (status == MIXUP_OK)
        status = source_inputs(given, arguments_positional(given, 1), model, NULL, &data);
    if (status == MIXUP_OK)
        status = write_states(given, model, data);
    mixup_dataset_destroy(data);
    mixup_model_destroy(model);
    return status == MIXUP_OK ? EXIT_DONE : command_failed(given);
}

static const option options[] = {
    {.name = "layer",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "whose output; `input` is the network's input"},
    {.name = "out", .kind = OPTION_TEXT, .value = "FILE.npy", .help = "the file to write"},
    {.name = "count",
     .kind = OPTION_COUNT,
     .value = "N",
     .least = 1,
     .most = 1e12,
     .help = "only the first N samples (default: all)"},
    OPTION_EXPERIMENT,
    OPTION_PART,
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_states = {
    .name = "states",
    .summary = "the output of a layer for every sample, as NPY",
    .synopsis = "MODEL [DATA] --layer NAME --out FILE.npy",
    .least = 1,
    .most = 2,
    .options = options,
    .details =
        "MODEL is a model.safetensors or a run's folder; DATA a .csv, .npy or IDX file, a folder or .tar of\n"
        "JPEG and PNG images, or --experiment FILE.yaml. Without either, a run's folder brings its own test\n"
        "data.\n",
    .run = run,
};
