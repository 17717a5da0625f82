/* init: an experiment to begin with, made for the user's own data. */
#include "command.h"
#include "inspect.h"

#include "experiment/yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- choices */

static size_t within(size_t value, size_t least, size_t most) {
    return value < least ? least : value > most ? most : value;
}

/* About 200,000 samples seen in all. */
static size_t epochs_for(size_t count) {
    return within(200000 / (count + 1), 10, 200);
}

static size_t batch_for(size_t count) {
    return count < 400 ? 16 : count < 5000 ? 32 : 100;
}

static size_t units_for(size_t inputs) {
    return inputs < 20 ? 64 : inputs < 200 ? 128 : 512;
}

/* Too few samples to hold two parts back. */
static bool tiny(size_t count) {
    return count < 30;
}

/* ---------------------------------------------------------------- the file */

/* "data/my iris.csv.gz" gives "my_iris". */
static void add_name(text *out, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const size_t length = strcspn(base, ".");
    text_add(out, "name: ");
    for (size_t i = 0; i < length && i < 60; i++)
        text_format(out, "%c",
                    isalnum((unsigned char)base[i]) || strchr("_-", base[i]) != NULL ? base[i] : '_');
    text_add(out, length == 0 ? "mine\n" : "\n");
}

static void add_data(text *out, const inspection *found) {
    const char *stratified = found->classes > 0 ? ", stratified: true" : "";
    text_format(out, "\ndata:\n  train:\n%s", found->source.data);
    text_format(out, "  test: {fraction: 0.2%s}    # held back, to measure on at the end\n", stratified);
    if (!tiny(found->count))
        text_format(out, "  validation: {fraction: 0.1%s}    # of the rest, watched during training\n",
                    stratified);
    if (found->standardize)
        text_add(out, "  standardize: true         # mean 0 and deviation 1 for each input, learned on the "
                      "training part\n");
}

static void add_network(text *out, const inspection *found) {
    text_add(out, "\nnetwork:                    # each layer reads the one before it\n");
    if (found->rank > 1)
        text_add(out, "  - {op: flatten}\n");
    text_format(out, "  - {op: dense, units: %zu, activation: relu, repeat: 2}    # dense1 and dense2\n",
                units_for(found->inputs));
    if (found->classes > 0)
        text_format(
            out,
            "  - {op: dense, units: %zu, activation: softmax}    # dense3: a probability for each class\n",
            found->outputs);
    else
        text_format(out, "  - {op: dense, units: %zu}    # dense3: a number for each target\n",
                    found->outputs);
}

static void add_training(text *out, const inspection *found) {
    text_format(
        out,
        "\ntraining:\n"
        "  epochs: %zu\n"
        "  batch_size: %zu\n"
        "  optimizer: {kind: adam, learning_rate: 1e-3}    # or sgd, nesterov, adamw, rmsprop\n"
        "  schedule: {kind: cosine}    # the rate falls to 0; or constant, step, multi_step, plateau\n",
        epochs_for(found->count), batch_for(found->count));
    if (!tiny(found->count))
        text_add(out, "  restore_best: true        # end with the weights of the best validation loss\n"
                      "  # early_stopping: 20      # epochs without a better one\n");
}

static const char mixing[] =
    "\n"
    "# Manifold Mixup: each batch, states at one of these sites are interpolated with those of other "
    "samples,\n"
    "# and the targets likewise; the share is drawn from Beta(alpha, alpha). A site is the input of a "
    "layer.\n"
    "mix: {alpha: 1.0, at: [input, dense2, dense3]}\n"
    "\n"
    "variants:                   # all are trained; `mixup train FILE --variant manifold` trains one\n"
    "  none: {mix: {at: []}}     # no mixing, to compare\n"
    "  manifold: {}\n";

static mixup_status print_experiment(const char *path, const inspection *found) {
    text out;
    text_init(&out, command_allocator());
    text_format(&out,
                "# An experiment for `mixup train`. `mixup help KEY` explains a key, `mixup help` the "
                "commands.\n%s\n",
                found->remarks.data);
    add_name(&out, path);
    text_add(&out, "seed: 1\n");
    add_data(&out, found);
    add_network(&out, found);
    add_training(&out, found);
    text_add(&out, mixing);
    const mixup_status status = text_status(&out);
    if (status == MIXUP_OK)
        fputs(out.data, stdout);
    text_clear(&out);
    return status;
}

/* ---------------------------------------------------------------- the command */

static mixup_status inspect_given(const arguments *given, inspection *found) {
    const char *labels = arguments_positional(given, 0);
    if (arguments_given(given, "idx"))
        return inspect_idx(arguments_text(given, "idx", NULL), labels, found);
    if (arguments_given(given, "npy"))
        return inspect_npy(arguments_text(given, "npy", NULL), labels, found);
    mixup_csv_desc csv = {.path = arguments_text(given, "csv", NULL),
                          .separator = arguments_text(given, "separator", "")[0],
                          .label = arguments_text(given, "label", NULL)};
    csv.target_count = arguments_list(given, "target", &csv.targets);
    csv.ignore_count = arguments_list(given, "ignore", &csv.ignore);
    return inspect_csv(&csv, found);
}

/* What is left for training and testing must be enough to begin with. */
static mixup_status check_found(const char *path, const inspection *found) {
    enum { LEAST = 10 };
    if (found->count < LEAST)
        return error(MIXUP_ERROR_DATA, "%s: has %zu sample%s; %d are the least to train and to measure on",
                     path, found->count, found->count == 1 ? "" : "s", LEAST);
    if (found->classes == 1)
        return error(MIXUP_ERROR_DATA,
                     "%s: all samples are of one class; classes are told apart from two on (numbers are "
                     "predicted with --target)",
                     path);
    return MIXUP_OK;
}

static int run(const arguments *given) {
    static const char *const kinds[] = {"csv", "idx", "npy"};
    const char *path = NULL;
    size_t count = 0;
    for (size_t i = 0; i < MIXUP_COUNT(kinds); i++) {
        count += arguments_given(given, kinds[i]);
        path = arguments_text(given, kinds[i], path);
    }
    const bool csv = arguments_given(given, "csv");
    if (count != 1)
        return command_misused(given, "give one of --csv FILE, --idx IMAGES LABELS and --npy INPUTS LABELS");
    if (csv && arguments_given(given, "label") == arguments_given(given, "target"))
        return command_misused(given,
                               "say what to predict: --label COLUMN (classes) or --target COLUMN (numbers)");
    if (csv == (arguments_positional_count(given) > 0))
        return command_misused(given,
                               csv ? "a CSV needs no file of labels" : "the file of labels is missing");
    if (strlen(arguments_text(given, "separator", "")) > 1)
        return command_misused(given, "--separator takes one character");
    inspection found;
    inspection_begin(&found);
    mixup_status status = inspect_given(given, &found);
    if (status == MIXUP_OK)
        status = check_found(path, &found);
    if (status == MIXUP_OK)
        status = print_experiment(path, &found);
    inspection_clear(&found);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "csv", .kind = OPTION_TEXT, .value = "FILE", .help = "a CSV with a header, plain or gzip"},
    {.name = "label", .kind = OPTION_TEXT, .value = "COLUMN", .help = "its column of classes"},
    {.name = "target",
     .kind = OPTION_LIST,
     .value = "COLUMN",
     .help = "or its columns of numbers to predict"},
    {.name = "ignore",
     .kind = OPTION_LIST,
     .value = "COLUMN",
     .help = "a column to leave out (columns of text are left out in any case)"},
    {.name = "separator",
     .kind = OPTION_TEXT,
     .value = "C",
     .help = "between its fields (default: found out)"},
    {.name = "idx",
     .kind = OPTION_TEXT,
     .value = "IMAGES",
     .help = "an IDX file of images, as MNIST's; then LABELS"},
    {.name = "npy", .kind = OPTION_TEXT, .value = "INPUTS", .help = "an NPY file of inputs; then LABELS"},
    {0},
};

const command command_init = {
    .name = "init",
    .summary = "write an experiment for a CSV, an image set or an array",
    .synopsis = "[LABELS]",
    .most = 1,
    .options = options,
    .details =
        "  mixup init --csv data.csv --label species > my.yaml\n"
        "  mixup init --idx images.idx labels.idx > my.yaml\n"
        "  mixup init --npy inputs.npy labels.npy > my.yaml\n"
        "\nThen: mixup train my.yaml. Paths are taken to be relative to where the experiment will lie.\n",
    .run = run,
};
