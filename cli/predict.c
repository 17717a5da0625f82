/* predict: a network's answers as CSV. Classes: row, the most probable class, a probability for each; else a
 * column for each target. Rows are numbered from 1, in the order of the data; images have their file too.
 *
 * A network trained with a softmax or sigmoid loss may end in a linear layer; probabilities are what the loss
 * makes of it, so the missing function is applied here. */
#include "source.h"

#include "train/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 1024 }; /* samples at a time */

/* What the outputs mean, and what is still to be done to them. */
typedef struct meaning {
    bool classes; /* probabilities of exclusive classes */
    bool apply_softmax;
    bool apply_sigmoid;
    size_t width;
    const char *const *names; /* [width], or NULL */
    const image_list *images; /* of each row; empty where the data are none */
} meaning;

static mixup_status find_meaning(const mixup_model *model, meaning *out) {
    const mixup_activation final = model->network->final_activation;
    mixup_loss loss = MIXUP_LOSS_DEFAULT;
    MIXUP_TRY(loss_resolve(model->loss, final, &loss));
    size_t names = 0;
    *out = (meaning){.width = model_output_width(model), .names = mixup_model_class_names(model, &names)};
    if (names != out->width)
        out->names = NULL;
    out->classes = loss == MIXUP_SOFTMAX_CROSS_ENTROPY || loss == MIXUP_SOFTMAX_BINARY;
    out->apply_softmax = out->classes && final != MIXUP_SOFTMAX;
    out->apply_sigmoid = loss == MIXUP_SIGMOID_BINARY && final != MIXUP_SIGMOID;
    return MIXUP_OK;
}

static void complete_row(const meaning *what, float *row) {
    if (what->apply_sigmoid)
        for (size_t i = 0; i < what->width; i++)
            row[i] = 1.0f / (1.0f + expf(-row[i]));
    if (!what->apply_softmax)
        return;
    const float largest = row[loss_largest(row, what->width)];
    float sum = 0.0f;
    for (size_t i = 0; i < what->width; i++)
        sum += row[i] = expf(row[i] - largest);
    for (size_t i = 0; i < what->width; i++)
        row[i] /= sum;
}

/* A CSV field, quoted where RFC 4180 asks for it. */
static void print_field(const char *value) {
    if (strpbrk(value, ",\"\r\n") == NULL) {
        fputs(value, stdout);
        return;
    }
    putchar('"');
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"')
            putchar('"');
        putchar(*at);
    }
    putchar('"');
}

static void print_name(const meaning *what, size_t index, bool column) {
    if (what->names != NULL)
        print_field(what->names[index]);
    else
        printf("%s%zu", column ? what->classes ? "class" : "output" : "",
               column && !what->classes ? index + 1 : index);
}

static void print_header(const meaning *what) {
    printf("row%s%s", what->images->count > 0 ? ",file" : "", what->classes ? ",class" : "");
    for (size_t i = 0; i < what->width; i++) {
        putchar(',');
        print_name(what, i, true);
    }
    putchar('\n');
}

/* `sample`: from 0. */
static void print_row(const meaning *what, size_t sample, float *row) {
    complete_row(what, row);
    if (what->images->count > 0) {
        printf("%zu,", what->images->items[sample].number);
        print_field(what->images->items[sample].name);
    } else {
        printf("%zu", sample + 1);
    }
    if (what->classes) {
        putchar(',');
        print_name(what, loss_largest(row, what->width), false);
    }
    for (size_t i = 0; i < what->width; i++)
        printf(",%.7g", (double)row[i]);
    putchar('\n');
}

static mixup_status predict_piece(mixup_model *model, const meaning *what, const mixup_dataset *data,
                                  size_t first, size_t count, float *outputs) {
    float *inputs = NULL;
    MIXUP_TRY(source_read(data, first, count, &inputs, NULL));
    const mixup_status status = mixup_predict(model, count, inputs, outputs);
    memory_release(command_allocator(), inputs);
    MIXUP_TRY(status);
    mixup_preprocess_restore_targets(mixup_model_preprocess(model), count, outputs);
    for (size_t i = 0; i < count; i++)
        print_row(what, first + i, outputs + i * what->width);
    return MIXUP_OK;
}

static mixup_status predict_all(mixup_model *model, const mixup_dataset *data, const image_list *images) {
    meaning what;
    MIXUP_TRY(find_meaning(model, &what));
    mixup_dataset_info info;
    mixup_dataset_describe(data, &info);
    what.images = images;
    float *outputs = NULL;
    MIXUP_TRY(MEMORY_NEW(command_allocator(), outputs, PIECE * what.width));
    print_header(&what);
    mixup_status status = MIXUP_OK;
    for (size_t first = 0; status == MIXUP_OK && first < info.count && !ferror(stdout); first += PIECE) {
        const size_t left = info.count - first;
        status = predict_piece(model, &what, data, first, left < PIECE ? left : PIECE, outputs);
    }
    memory_release(command_allocator(), outputs);
    return status;
}

/* All rows are there; but a script that looks at nothing else must not take them for all that was asked. */
static int finish(const arguments *given, const image_list *images) {
    const int status = command_finish_output(given);
    if (status != EXIT_DONE || images->left_out == 0)
        return status;
    error(MIXUP_ERROR_DATA, "%s: %zu of its %zu images cannot be read and have no row", images->path,
          images->left_out, images->left_out + images->count);
    command_failed(given);
    return EXIT_PARTLY;
}

static int run(const arguments *given) {
    const char *path = arguments_positional(given, 1);
    if (!source_is_given(given, path))
        return EXIT_USAGE;
    mixup_model *model = NULL;
    mixup_dataset *data = NULL;
    image_list images = {.given = given, .path = path};
    mixup_status status = source_model(given, arguments_positional(given, 0), &model);
    if (status == MIXUP_OK)
        status = source_inputs(given, path, model, &images, &data);
    image_list_tell_rest(&images);
    if (status == MIXUP_OK)
        status = predict_all(model, data, &images);
    const int outcome = status == MIXUP_OK ? finish(given, &images) : command_failed(given);
    image_list_clear(&images);
    mixup_dataset_destroy(data);
    mixup_model_destroy(model);
    return outcome;
}

static const option options[] = {OPTION_EXPERIMENT, OPTION_PART, OPTION_ENGINE, OPTION_THREADS, {0}};

const command command_predict = {
    .name = "predict",
    .summary = "what a trained network says about data, as CSV",
    .synopsis = "MODEL [DATA]",
    .least = 1,
    .most = 2,
    .options = options,
    .details =
        "MODEL is a model.safetensors or a run's folder; DATA a .csv, .npy or IDX file, a JPEG or PNG "
        "image,\n"
        "a folder or .tar of them, or --experiment FILE.yaml. Without either, a run's folder brings its own\n"
        "test data. What a file says of targets is not read: columns may be absent or empty, folders of\n"
        "images have any name. Rows are numbered from 1; those of images name their file.\n"
        "Images of a folder or archive that cannot be read are named on standard error and have no row;\n"
        "the others keep their numbers, and the exit status is 3.\n",
    .run = run,
};
