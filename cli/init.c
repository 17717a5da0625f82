/* init: an experiment to begin with, made for the user's own data. */
#include "command.h"
#include "inspect.h"

#include "base/file.h"
#include "base/path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* "data/my iris.csv.gz" gives "my_iris", "fruit/" gives "fruit". */
static void add_name(text *out, const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t first = end;
    while (first > 0 && path[first - 1] != '/')
        first--;
    const char *base = path + first;
    const size_t dot = strcspn(base, "./");
    const size_t length = dot < end - first ? dot : end - first;
    text_add(out, "name: ");
    for (size_t i = 0; i < length && i < 60; i++)
        text_format(out, "%c",
                    isalnum((unsigned char)base[i]) || strchr("_-", base[i]) != NULL ? base[i] : '_');
    text_add(out, length == 0 ? "mine\n" : "\n");
}

static void add_data(text *out, const inspection *found) {
    const char *stratified = found->classes > 0 ? ", stratified: true" : "";
    text_format(out, "\ndata:\n  train:\n%s", found->source.data);
    if (found->test.length > 0)
        text_add(out, found->test.data);
    else
        text_format(out, "  test: {fraction: 0.2%s}    # held back, to measure on at the end\n", stratified);
    if (found->validation.length > 0)
        text_add(out, found->validation.data);
    else if (!tiny(found->count))
        text_format(out, "  validation: {fraction: 0.1%s}    # of the rest, watched during training\n",
                    stratified);
    if (found->standardize)
        text_add(out, "  standardize: true         # mean 0 and deviation 1 for each input, learned on the "
                      "training part\n");
    if (found->classes == 0 && !found->truths)
        text_add(out, "  standardize_targets: true    # likewise the targets; predictions come back in their "
                      "own units\n");
    if (!found->images)
        return;
    text_format(out,
                "  normalize: {by: channel}    # mean 0 and deviation 1, learned on the training part\n"
                "  augment:                  # training images only, others every epoch\n"
                "    horizontal_flip: true   # not where left and right matter, as in letters and digits\n"
                "    crop_padding: %zu         # shifted by up to so many pixels, black coming in\n",
                within((found->height < found->width ? found->height : found->width) / 8, 1, 8));
}

/* A network that two cores train; width 64 is the one of the papers. */
static void add_ready_made(text *out, const inspection *found) {
    text_format(
        out,
        "\n"
        "# A ready-made network, narrow for an ordinary CPU; `mixup info --network FILE` says what it "
        "costs.\n"
        "# Others: wide_resnet, vgg, lenet, all_convolutional, mlp, or a list of layers.\n"
        "network: {kind: preact_resnet, depth: 18, width: 16%s}\n",
        found->height > 48 && found->width > 48 ? ", stem_stride: 2" : "");
}

static void add_network(text *out, const inspection *found) {
    if (found->images) {
        add_ready_made(out, found);
        return;
    }
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
        text_format(out, "  - {op: dense, units: %zu%s}    # dense3: a %s for each target\n", found->outputs,
                    found->truths ? ", activation: sigmoid" : "", found->truths ? "probability" : "number");
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

static const char mixing_images[] =
    "\n"
    "# Manifold Mixup: each batch, states at one of these sites are interpolated with those of other "
    "samples,\n"
    "# and the targets likewise; the share is drawn from Beta(alpha, alpha). A site is the state that a "
    "stage "
    "leaves.\n"
    "mix: {alpha: 2.0, at: [input, after_stage1, after_stage2]}\n"
    "\n"
    "variants:                   # all are trained; `mixup train FILE --variant manifold` trains one\n"
    "  none: {mix: {at: []}}     # no mixing, to compare\n"
    "  manifold: {}\n"
    "  cutmix: {mix: {kind: cutmix, alpha: 1.0, at: [input]}}    # rectangles of other images instead\n";

static mixup_status write_experiment(const char *path, const inspection *found, text *out) {
    text_format(out,
                "# An experiment for `mixup train`. `mixup help KEY` explains a key, `mixup help` the "
                "commands.\n%s\n",
                found->remarks.data);
    add_name(out, path);
    text_add(out, "seed: 1\n");
    add_data(out, found);
    add_network(out, found);
    add_training(out, found);
    text_add(out, found->images ? mixing_images : mixing);
    return text_status(out);
}

/* ---------------------------------------------------------------- the command */

static mixup_status inspect_given(const arguments *given, inspection *found) {
    const char *labels = arguments_positional(given, 0);
    if (arguments_given(given, "idx"))
        return inspect_idx(arguments_text(given, "idx", NULL), labels, found);
    if (arguments_given(given, "images"))
        return inspect_images(arguments_text(given, "images", NULL), found);
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
    if (found->count < INSPECT_LEAST)
        return error(MIXUP_ERROR_DATA, "%s: has %zu sample%s; %d are the least to train and to measure on",
                     path, found->count, found->count == 1 ? "" : "s", INSPECT_LEAST);
    if (found->classes == 1)
        return error(MIXUP_ERROR_DATA,
                     "%s: all samples are of one class; classes are told apart from two on (numbers are "
                     "predicted with --target)",
                     path);
    return MIXUP_OK;
}

/* The standard output is a file of another folder, where the paths would not hold. */
static void warn_of_elsewhere(const arguments *given, const char *data) {
    char path[4096];
    struct stat output;
    struct stat beside;
    if (data[0] == '/' || fstat(STDOUT_FILENO, &output) != 0 || !S_ISREG(output.st_mode))
        return;
    const ssize_t length = readlink("/proc/self/fd/1", path, sizeof path - 1);
    if (length <= 0)
        return;
    path[length] = '\0';
    char *folder = path_folder(command_allocator(), path);
    struct stat here;
    const bool elsewhere = folder != NULL && stat(path, &beside) == 0 && stat(folder, &beside) == 0 &&
                           stat(".", &here) == 0 &&
                           (beside.st_ino != here.st_ino || beside.st_dev != here.st_dev);
    if (elsewhere)
        command_note(given,
                     "the paths in %s hold for a file in this folder; with --out FILE.yaml in place of "
                     "> FILE.yaml they are right wherever it lies",
                     path);
    memory_release(command_allocator(), folder);
}

/* Into --out, or on standard output. */
static mixup_status put_experiment(const arguments *given, const char *out, const char *folder,
                                   const char *data, const text *page) {
    if (out == NULL) {
        warn_of_elsewhere(given, data);
        fputs(page->data, stdout);
        return MIXUP_OK;
    }
    MIXUP_TRY(file_make_folder(folder));
    MIXUP_TRY(file_write_all(out, page->data, page->length, command_allocator()));
    text word;
    text_init(&word, command_allocator());
    text_add_word(&word, out);
    const mixup_status status = text_status(&word);
    if (status == MIXUP_OK)
        command_note(given, "wrote %s; next: mixup train %s", out, word.data);
    text_clear(&word);
    return status;
}

/* A file that may hold somebody's work is not replaced. */
static mixup_status check_out(const arguments *given, const char *out) {
    struct stat information;
    if (out == NULL)
        return MIXUP_OK;
    if (out[0] == '\0' || out[strlen(out) - 1] == '/' || file_is_folder(out))
        return error(MIXUP_ERROR_ARGUMENT,
                     "--out '%s': names a folder; give a file in it, my.yaml for example", out);
    if (stat(out, &information) == 0 && S_ISREG(information.st_mode) && !arguments_flag(given, "overwrite"))
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: is there already and is left as it is; give another name, or --overwrite", out);
    return MIXUP_OK;
}

static mixup_status init(const arguments *given, const char *data) {
    const char *out = arguments_text(given, "out", NULL);
    MIXUP_TRY(check_out(given, out));
    char *folder = path_folder(command_allocator(), out != NULL ? out : "");
    if (folder == NULL)
        return MIXUP_ERROR_MEMORY;
    inspection found;
    text page;
    inspection_begin(&found, folder);
    text_init(&page, command_allocator());
    mixup_status status = inspect_given(given, &found);
    if (status == MIXUP_OK)
        status = check_found(data, &found);
    if (status == MIXUP_OK)
        status = write_experiment(data, &found, &page);
    if (status == MIXUP_OK && found.left_out.length > 0)
        command_note(given, "left out of the inputs: %s", found.left_out.data);
    if (status == MIXUP_OK)
        status = put_experiment(given, out, folder, data, &page);
    text_clear(&page);
    inspection_clear(&found);
    memory_release(command_allocator(), folder);
    return status;
}

static int run(const arguments *given) {
    static const char *const kinds[] = {"csv", "images", "idx", "npy"};
    const char *path = NULL;
    size_t count = 0;
    for (size_t i = 0; i < MIXUP_COUNT(kinds); i++) {
        count += arguments_given(given, kinds[i]);
        path = arguments_text(given, kinds[i], path);
    }
    const bool csv = arguments_given(given, "csv");
    if (count != 1)
        return command_misused(given,
                               "give one of --csv FILE, --images FOLDER, --idx IMAGES LABELS and --npy "
                               "INPUTS LABELS");
    if (csv && arguments_given(given, "label") == arguments_given(given, "target"))
        return command_misused(given,
                               "say what to predict: --label COLUMN (classes) or --target COLUMN (numbers)");
    const bool labelled = csv || arguments_given(given, "images");
    if (labelled == (arguments_positional_count(given) > 0))
        return command_misused(given, csv ? "a CSV needs no file of labels"
                                      : labelled
                                          ? "images need no file of labels: their folders are the classes"
                                          : "the file of labels is missing");
    if (strlen(arguments_text(given, "separator", "")) > 1)
        return command_misused(given, "--separator takes one character");
    if (arguments_flag(given, "overwrite") && !arguments_given(given, "out"))
        return command_misused(given, "--overwrite goes with --out FILE.yaml");
    return init(given, path) == MIXUP_OK ? command_finish_output(given) : command_failed(given);
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
    {.name = "images",
     .kind = OPTION_TEXT,
     .value = "FOLDER",
     .help = "JPEG and PNG images in folders named by class; or a tar archive of such folders"},
    {.name = "idx",
     .kind = OPTION_TEXT,
     .value = "IMAGES",
     .help = "an IDX file of images, as MNIST's; then LABELS"},
    {.name = "npy", .kind = OPTION_TEXT, .value = "INPUTS", .help = "an NPY file of inputs; then LABELS"},
    {.name = "out",
     .kind = OPTION_TEXT,
     .value = "FILE.yaml",
     .help = "write it there, its folder too, instead of on standard output"},
    {.name = "overwrite", .kind = OPTION_FLAG, .help = "replace a FILE.yaml that is there"},
    {0},
};

const command command_init = {
    .name = "init",
    .summary = "write an experiment for a CSV, an image set or an array",
    .synopsis = "[LABELS]",
    .most = 1,
    .options = options,
    .details = "  mixup init --csv data.csv --label species --out my.yaml\n"
               "  mixup init --images photos --out my.yaml\n"
               "  mixup init --idx images.idx labels.idx --out my.yaml\n"
               "  mixup init --npy inputs.npy labels.npy --out my.yaml\n"
               "\nThen: mixup train my.yaml. Paths in an experiment are relative to its file: --out makes "
               "them so; on\n"
               "standard output they are right for a file in the current folder.\n",
    .run = run,
};
