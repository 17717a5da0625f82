/* experiment/schema: the table itself, and how its rows are found. */
#include "experiment/schema.h"

#include "engine/loss.h"
#include "graph/ops.h"
#include "networks/networks.h"

#include <string.h>

/* ---------------------------------------------------------------- choices */

static const char *listed(const char *const *names, int count, int value) {
    return value >= 0 && value < count ? names[value] : NULL;
}

#define CHOICE_NAMES(function, ...)                                                                          \
    static const char *function(int value) {                                                                 \
        static const char *const names[] = {__VA_ARGS__};                                                    \
        return listed(names, (int)MIXUP_COUNT(names), value);                                                \
    }

/* In the order of the enums in mixup.h; NULL is a value that a file cannot choose. */
CHOICE_NAMES(name_engine, "auto", "dnnl", "reference")
CHOICE_NAMES(name_convolution, "auto", "direct")
CHOICE_NAMES(name_recompute, "auto", "never")
CHOICE_NAMES(name_precision, "f32", "bf16")
CHOICE_NAMES(name_source, NULL, NULL, "idx", "csv", "npy", "spirals", "cifar", "images", "factors", "svhn",
             "identity", "tiny_imagenet")
CHOICE_NAMES(name_part, NULL, "split", "idx", "csv", "npy", "spirals", "cifar", "images", "factors", "svhn",
             "identity", "tiny_imagenet")
CHOICE_NAMES(name_cifar_part, "train", "test")
CHOICE_NAMES(name_factors_task, "a", "b", "c")
CHOICE_NAMES(name_factors_part, "train", "test")
CHOICE_NAMES(name_cifar_labels, "fine", "coarse")
CHOICE_NAMES(name_normalize, NULL, "channel", "feature")
CHOICE_NAMES(name_keep, "auto", "memory", "encoded", "disk")
CHOICE_NAMES(name_keep_array, "auto", "memory", NULL, "disk")
CHOICE_NAMES(name_tiny_part, "train", "val")
CHOICE_NAMES(name_missing, "refuse", "mean", "median", "zero")
CHOICE_NAMES(name_optimizer, NULL, "sgd", "nesterov", "adam", "adamw", "rmsprop")
CHOICE_NAMES(name_epsilon, "pytorch", "keras")
static const char *const figure_names[SETTINGS_FIGURE_KINDS] = {
    [SETTINGS_SURFACE] = "surface",
    [SETTINGS_SCATTER] = "scatter",
    [SETTINGS_SINGULAR_VALUES] = "singular_values",
    [SETTINGS_ATTACK] = "attack",
    [SETTINGS_DEFORMATION] = "deformation",
    [SETTINGS_NEIGHBORS] = "neighbors",
    [SETTINGS_TRAINING_LOSS] = "training_loss",
};

const char *settings_figure_name(settings_figure_kind kind) {
    return (unsigned)kind < SETTINGS_FIGURE_KINDS ? figure_names[kind] : NULL;
}

static const char *name_figure(int value) {
    return settings_figure_name((settings_figure_kind)value);
}

CHOICE_NAMES(name_figure_data, NULL, "train", "validation", "test")
CHOICE_NAMES(name_output, "default", "softmax", "sigmoid", "linear")
CHOICE_NAMES(name_mix_kind, "interpolate", "cutmix")
CHOICE_NAMES(name_schedule, "constant", "step", "multi_step", "cosine", "plateau")

static const char *name_loss(int value) {
    return loss_name((mixup_loss)value);
}

static const char *name_attack(int value) {
    return attack_method_name((attack_method)value);
}

static const char *name_bound(int value) {
    return attack_bound_name((attack_bound)value);
}

static const char *name_distance(int value) {
    return neighbors_distance_name((neighbors_distance)value);
}

static const char *name_op(int value) {
    const op_row *row = value == MIXUP_CUSTOM ? NULL : op_find((mixup_op)value);
    return row != NULL ? row->name : NULL;
}

static const char *name_activation(int value) {
    return activation_name((mixup_activation)value);
}

static const char *name_initial(int value) {
    return value == MIXUP_INITIAL_DEFAULT ? NULL : initial_name((mixup_initial)value);
}

static const char *name_network(int value) {
    return network_kind_name((mixup_network_kind)value);
}

/* Of hidden layers. */
static const char *name_hidden(int value) {
    return value == MIXUP_LINEAR || value == MIXUP_SOFTMAX ? NULL : name_activation(value);
}

static const char *name_network_initial(int value) {
    return value == MIXUP_CONSTANT ? NULL : initial_name((mixup_initial)value);
}

/* ---------------------------------------------------------------- rows */

#define AT(type, field) offsetof(type, field)
#define AT_LEAST(value)                                                                                      \
    { .least = (value), .most = 1e300 }
#define ABOVE(value)                                                                                         \
    { .least = (value), .most = 1e300, .above = true }
#define FROM_TO(low, high)                                                                                   \
    { .least = (low), .most = (high) }
#define FROM_BELOW(low, high)                                                                                \
    { .least = (low), .most = (high), .below = true }
#define ABOVE_TO(low, high)                                                                                  \
    { .least = (low), .most = (high), .above = true }
#define BETWEEN(low, high)                                                                                   \
    { .least = (low), .most = (high), .above = true, .below = true }

#define IN_PARTS         (IN_TEST | IN_VALIDATION)
#define IN_SOURCES       (IN_TRAIN | IN_PARTS)
#define MERGING          "add concat multiply"
#define POOLS            "max_pool average_pool"
#define WINDOWS          "conv2d " POOLS
#define PAIR_FROM(least) .capacity = 2, .range = FROM_TO(least, 1e6)

static const schema_key keys[] = {
    /* the file itself */
    {IN_TOP, "name", SCHEMA_WORD, AT(settings, name), .otherwise = "the file's name",
     .text = "Names the experiment and, in `results/NAME`, its folder."},
    {IN_TOP, "description", SCHEMA_TEXT, AT(settings, description), .text = "A sentence for the report."},
    {IN_TOP, "variant", SCHEMA_WORD, AT(settings, variant), .fallback = "default",
     .text = "Names the run's folder where the file has no variants; `run.yaml` says it."},
    {IN_TOP, "seed", SCHEMA_SEED, AT(settings, seed), .fallback = "1",
     .text = "Of initial weights, order of samples, mixing, dropout and noise. `--seeds` replaces it."},
    {IN_TOP, "engine", SCHEMA_CHOICE, AT(settings, engine), .choice = name_engine, .choices = 3,
     .fallback = "auto",
     .text = "What computes: oneDNN, or the plain reference. auto takes dnnl where it was built in."},
    {IN_TOP, "threads", SCHEMA_COUNT, AT(settings, threads), .range = FROM_TO(0, MIXUP_MAX_THREADS),
     .fallback = "0",
     .text =
         "Number of threads that read the data, compare them with those of an old run, and train; those of "
         "`training.load_threads` work beside them. 0 takes `MIXUP_THREADS` of the environment, else one a "
         "core (one alone trains small networks)."},
    {IN_TOP, "convolution", SCHEMA_CHOICE, AT(settings, convolution), .choice = name_convolution,
     .choices = 2, .fallback = "auto",
     .text = "How dnnl computes convolutions: auto takes direct or Winograd's algorithm, whichever is faster "
             "for the shape; direct rounds a little less and takes up to twice the time."},
    {IN_TOP, "precision", SCHEMA_CHOICE, AT(settings, precision), .choice = name_precision, .choices = 2,
     .fallback = "f32",
     .text =
         "bf16 multiplies in bfloat16, twice as many products in the time, and keeps images' states and "
         "their gradients in it, in half the memory; sums, weights, moments, flat states and loss stay in "
         "f32. For dnnl on a processor with AVX512_BF16 or AMX; an error elsewhere."},
    {IN_TOP, "data", SCHEMA_SECTION, 0, .child = IN_DATA, .required = true,
     .text = "Where samples come from."},
    {IN_TOP, "network", SCHEMA_SECTIONS, AT(settings, layers), AT(settings, layer_count), .child = IN_LAYER,
     .required = true, .text = "The layers, first to last; or a mapping, a ready-made network."},
    {IN_TOP, "network", SCHEMA_SECTION, AT(settings, network), .child = IN_NETWORK, .optional = true,
     .text = "Instead of a list: a ready-made network, such as {kind: preact_resnet, depth: 18}."},
    {IN_TOP, "training", SCHEMA_SECTION, AT(settings, fit), .child = IN_TRAINING, .text = "How to train."},
    {IN_TOP, "mix", SCHEMA_SECTION, AT(settings, fit.mix), .child = IN_MIX,
     .text = "When, where and how to mix."},
    {IN_TOP, "metrics", SCHEMA_SECTION, AT(settings, evaluate), .child = IN_METRICS,
     .text = "How the trained network is measured."},
    {IN_TOP, "report", SCHEMA_SECTIONS, AT(settings, figures), AT(settings, figure_count), .child = IN_FIGURE,
     .text = "Figures that `mixup report` draws beside curves, metrics, confusion and calibration."},
    {IN_TOP, "variants", SCHEMA_FREE, 0,
     .text = "Named sets of changes: each a mapping of the keys above that differ."},
    {IN_TOP, "made_by", SCHEMA_FREE, 0,
     .text = "What wrote a `run.yaml` (version, engine, instruction set, threads, file and `--set`), and "
             "fingerprints of its "
             "samples, which are compared."},
    {IN_TOP, "extends", SCHEMA_PATH, AT(settings, extends),
     .text = "An experiment that this file changes: mappings merge deeply, lists replace, a variant that is "
             "null is left out. All but its name is taken over; its paths stay relative to it."},

    {IN_DATA, "train", SCHEMA_SECTION, AT(settings, train), .child = IN_TRAIN, .required = true,
     .text = "The samples to train on."},
    {IN_DATA, "test", SCHEMA_SECTION, AT(settings, test), .child = IN_TEST, .optional = true,
     .text = "The samples to measure on at the end: a source of their own, or a part cut off `train`."},
    {IN_DATA, "validation", SCHEMA_SECTION, AT(settings, validation), .child = IN_VALIDATION,
     .optional = true,
     .text = "The samples to watch during training: likewise; cut off what `test` has left of `train`."},
    {IN_DATA, "standardize", SCHEMA_BOOLEAN, AT(settings, standardize), .fallback = "false",
     .text = "Subtract every input's mean and divide by its deviation, both learned on the training part."},
    {IN_DATA, "standardize_targets", SCHEMA_BOOLEAN, AT(settings, standardize_targets), .fallback = "false",
     .text = "Likewise the targets, where they are numbers. Losses are then in units of the deviation; "
             "predictions, mean squared and mean absolute error in those of the targets."},
    {IN_DATA, "normalize", SCHEMA_SECTION, AT(settings, normalize), .child = IN_NORMALIZE, .optional = true,
     .text = "Subtract mean and divide by deviation of each channel of images; instead of `standardize`."},
    {IN_DATA, "subset", SCHEMA_SECTION, AT(settings, subset), .child = IN_SUBSET, .optional = true,
     .text = "Train on so many only of the samples that `test` and `validation` have left of `train`."},
    {IN_DATA, "augment", SCHEMA_SECTION, AT(settings, fit.augment), .child = IN_AUGMENT,
     .text =
         "Random changes of training images, in this order: resized crop, pad-and-crop, flip; then scale, "
         "mean and deviation; cutout. Never of what is validated or tested."},

    {IN_NORMALIZE, "by", SCHEMA_CHOICE, AT(settings_normalize, by), .choice = name_normalize, .choices = 3,
     .fallback = "channel",
     .text = "What has a mean and a deviation of its own, learned on the training part: each channel of an "
             "image, or each input (as `standardize`)."},
    {IN_NORMALIZE, "mean", SCHEMA_DOUBLES, AT(settings_normalize, mean), AT(settings_normalize, mean_count),
     .of = "by", .where = "channel", .otherwise = "learned",
     .text = "The mean of each channel, where it is known, after the division by `scale`; with `deviation`."},
    {IN_NORMALIZE, "deviation", SCHEMA_DOUBLES, AT(settings_normalize, deviation),
     AT(settings_normalize, deviation_count), .range = ABOVE(0), .of = "by", .where = "channel",
     .otherwise = "learned", .text = "The deviation of each channel; with `mean`."},

    {IN_SUBSET, "count", SCHEMA_COUNT, AT(settings_subset, count), .range = AT_LEAST(1), .required = true,
     .unit = "samples", .text = "So many, drawn at random, in their old order."},
    {IN_SUBSET, "stratified", SCHEMA_BOOLEAN, AT(settings_subset, stratified), .fallback = "false",
     .text = "The same share of every class."},
    {IN_SUBSET, "seed", SCHEMA_SEED, AT(settings_subset, seed), .fallback = "0",
     .text = "Of the draw. The same for all seeds of the experiment."},

    {IN_AUGMENT, "horizontal_flip", SCHEMA_BOOLEAN, AT(mixup_augment, horizontal_flip), .fallback = "false",
     .text = "Mirror left and right, at random."},
    {IN_AUGMENT, "flip_probability", SCHEMA_SINGLE, AT(mixup_augment, flip_probability),
     .needs = "horizontal_flip", .range = ABOVE_TO(0, 1), .fallback = "0.5",
     .text = "How often, with `horizontal_flip`."},
    {IN_AUGMENT, "crop_padding", SCHEMA_COUNT, AT(mixup_augment, crop_padding), .range = FROM_TO(0, 65535),
     .fallback = "0", .unit = "pixels",
     .text =
         "Add so many of raw value 0 (black) on each side, and take out a window of the old size anywhere; "
         "4 is usual for CIFAR. 0: no cropping."},
    {IN_AUGMENT, "resized_crop", SCHEMA_BOOLEAN, AT(mixup_augment, resized_crop), .fallback = "false",
     .text = "Resize a window of random size and ratio, anywhere, to the whole image (bilinear)."},
    {IN_AUGMENT, "crop_area", SCHEMA_SINGLES, AT(mixup_augment, crop_area), .needs = "resized_crop",
     .capacity = 2, .range = ABOVE_TO(0, 1), .otherwise = "[0.08, 1]",
     .text = "Lowest and highest share of the image's area, with `resized_crop`."},
    {IN_AUGMENT, "crop_ratio", SCHEMA_SINGLES, AT(mixup_augment, crop_ratio), .needs = "resized_crop",
     .capacity = 2, .range = ABOVE_TO(0, 1e6), .otherwise = "[0.75, 1.333]",
     .text = "Lowest and highest ratio of the window's width to its height, with `resized_crop`."},
    {IN_AUGMENT, "cutout", SCHEMA_COUNT, AT(mixup_augment, cutout), .range = FROM_TO(0, 65535),
     .fallback = "0", .unit = "pixels",
     .text =
         "Side of a square, its centre anywhere in the image, that becomes 0 after normalisation. 0: none."},

    /* sources and parts */
    {IN_TRAIN, "format", SCHEMA_CHOICE, AT(settings_part, format), .required = true, .choice = name_source,
     .choices = 12,
     .text =
         "Kind of file: idx (MNIST's), csv, npy (NumPy's), cifar (CIFAR-10 or CIFAR-100), images (folders of "
         "JPEG or PNG by class), svhn (its .mat files), tiny_imagenet, or the generated spirals, factors and "
         "identity."},
    {IN_PARTS, "format", SCHEMA_CHOICE, AT(settings_part, format), .fallback = "split", .choice = name_part,
     .choices = 12, .text = "As for train, or split: samples cut off `train`."},
    {IN_SOURCES, "folder", SCHEMA_PATH, AT(settings_part, cifar.folder), .required = true, .of = "format",
     .where = "cifar",
     .text = "Folder of CIFAR-10 or CIFAR-100: the binary version as published, or images by class in its "
             "folders train and test or in its images.tar (`scripts/fetch_data.sh` makes either)."},
    {IN_TRAIN, "part", SCHEMA_CHOICE, AT(settings_part, cifar.part), .choice = name_cifar_part, .choices = 2,
     .fallback = "train", .of = "format", .where = "cifar", .text = "Which of the published images."},
    {IN_PARTS, "part", SCHEMA_CHOICE, AT(settings_part, cifar.part), .choice = name_cifar_part, .choices = 2,
     .fallback = "test", .of = "format", .where = "cifar", .text = "Which of the published images."},
    {IN_SOURCES, "labels", SCHEMA_CHOICE, AT(settings_part, cifar.labels), .choice = name_cifar_labels,
     .choices = 2, .fallback = "fine", .of = "format", .where = "cifar",
     .text = "CIFAR-100: its 100 fine or its 20 coarse classes."},
    {IN_SOURCES, "scale", SCHEMA_DOUBLE, AT(settings_part, cifar.scale), .range = ABOVE(0), .fallback = "1",
     .of = "format", .where = "cifar", .text = "Inputs are divided by it; 255 for images of bytes."},
    {IN_SOURCES, "path", SCHEMA_PATH, AT(settings_part, images.path), .required = true, .of = "format",
     .where = "images",
     .text =
         "Folder or tar archive (plain, gzip, bzip2, xz, zstd) of JPEG and PNG images, in folders named by "
         "class."},
    {IN_SOURCES, "part", SCHEMA_TEXT, AT(settings_part, images.part), .of = "format", .where = "images",
     .otherwise = "all", .text = "Only the images below this folder of it, such as train."},
    {IN_TRAIN, "size", SCHEMA_COUNTS, AT(settings_part, images.size), .capacity = 2,
     .range = FROM_TO(1, 65535), .of = "format", .where = "images", .otherwise = "that of all images",
     .text = "Height and width: images are resized to cover it and their middle is taken."},
    {IN_TRAIN, "grey", SCHEMA_BOOLEAN, AT(settings_part, images.grey), .fallback = "false", .of = "format",
     .where = "images", .text = "One channel instead of red, green and blue."},
    {IN_SOURCES, "skip_damaged", SCHEMA_BOOLEAN, AT(settings_part, images.skip_damaged), .fallback = "false",
     .of = "format", .where = "images",
     .text = "Leave out images that cannot be decoded, instead of ending with an error."},
    {IN_SOURCES, "keep", SCHEMA_CHOICE, AT(settings_part, images.keep), .choice = name_keep, .choices = 4,
     .fallback = "auto", .of = "format", .where = "images",
     .text = "Decoded in memory, as the bytes of their files in memory, or on disk; the latter two decode "
             "for each "
             "batch. It changes no result. auto: the first of them within memory_limit."},
    {IN_SOURCES, "memory_limit", SCHEMA_COUNT, AT(settings_part, images.memory_limit), .range = AT_LEAST(1),
     .unit = "bytes", .of = "format", .where = "images", .otherwise = "a quarter of the machine's memory",
     .text = "What the images may take with keep: auto."},
    {IN_TRAIN, "scale", SCHEMA_DOUBLE, AT(settings_part, images.scale), .range = ABOVE(0), .fallback = "1",
     .of = "format", .where = "images", .text = "Inputs are divided by it; 255 for bytes."},
    {IN_SOURCES, "folder", SCHEMA_PATH, AT(settings_part, tiny_imagenet.folder), .required = true,
     .of = "format", .where = "tiny_imagenet",
     .text = "Folder with wnids.txt, words.txt, train and val (`scripts/fetch_data.sh` makes it)."},
    {IN_TRAIN, "part", SCHEMA_CHOICE, AT(settings_part, tiny_imagenet.part), .choice = name_tiny_part,
     .choices = 2, .fallback = "train", .of = "format", .where = "tiny_imagenet",
     .text = "Which of the images; those for validation serve as test images."},
    {IN_PARTS, "part", SCHEMA_CHOICE, AT(settings_part, tiny_imagenet.part), .choice = name_tiny_part,
     .choices = 2, .fallback = "val", .of = "format", .where = "tiny_imagenet",
     .text = "Which of the images; those for validation serve as test images."},
    {IN_TRAIN, "size", SCHEMA_COUNTS, AT(settings_part, tiny_imagenet.size), .capacity = 2,
     .range = FROM_TO(1, 65535), .of = "format", .where = "tiny_imagenet", .otherwise = "that of the images",
     .text = "Height and width: images are resized to cover it and their middle is taken."},
    {IN_SOURCES, "skip_damaged", SCHEMA_BOOLEAN, AT(settings_part, tiny_imagenet.skip_damaged),
     .fallback = "false", .of = "format", .where = "tiny_imagenet",
     .text = "Leave out images that cannot be decoded, instead of ending with an error."},
    {IN_SOURCES, "scale", SCHEMA_DOUBLE, AT(settings_part, tiny_imagenet.scale), .range = ABOVE(0),
     .fallback = "1", .of = "format", .where = "tiny_imagenet",
     .text = "Inputs are divided by it; 255 for images of bytes."},
    {IN_SOURCES, "keep", SCHEMA_CHOICE, AT(settings_part, tiny_imagenet.keep), .choice = name_keep,
     .choices = 4, .fallback = "auto", .of = "format", .where = "tiny_imagenet",
     .text = "Decoded in memory, as the bytes of their files in memory, or on disk; the latter two decode "
             "for each "
             "batch. It changes no result. auto: the first of them within memory_limit."},
    {IN_SOURCES, "memory_limit", SCHEMA_COUNT, AT(settings_part, tiny_imagenet.memory_limit),
     .range = AT_LEAST(1), .unit = "bytes", .of = "format", .where = "tiny_imagenet",
     .otherwise = "a quarter of the machine's memory", .text = "What the images may take with keep: auto."},
    {IN_SOURCES, "files", SCHEMA_PATHS, AT(settings_part, svhn.files), AT(settings_part, svhn.file_count),
     .required = true, .of = "format", .where = "svhn",
     .text = "Files such as train_32x32.mat; several are joined in their order (train and extra)."},
    {IN_SOURCES, "scale", SCHEMA_DOUBLE, AT(settings_part, svhn.scale), .range = ABOVE(0), .fallback = "1",
     .of = "format", .where = "svhn", .text = "Inputs are divided by it; 255 for images of bytes."},
    {IN_SOURCES, "images", SCHEMA_PATH, AT(settings_part, idx.images), .required = true, .of = "format",
     .where = "idx", .text = "IDX file of inputs, plain or gzip."},
    {IN_SOURCES, "labels", SCHEMA_PATH, AT(settings_part, idx.labels), .required = true, .of = "format",
     .where = "idx", .text = "IDX file of class numbers."},
    {IN_SOURCES, "keep", SCHEMA_CHOICE, AT(settings_part, idx.keep), .choice = name_keep_array, .choices = 4,
     .fallback = "auto", .of = "format", .where = "idx",
     .text =
         "In memory, or read from disk for each batch. It changes no result. auto: on disk where the file is "
         "larger than memory_limit (and not gzip)."},
    {IN_SOURCES, "memory_limit", SCHEMA_COUNT, AT(settings_part, idx.memory_limit), .range = AT_LEAST(1),
     .unit = "bytes", .of = "format", .where = "idx", .otherwise = "a quarter of the machine's memory",
     .text = "What the samples may take with keep: auto."},
    {IN_SOURCES, "scale", SCHEMA_DOUBLE, AT(settings_part, idx.scale), .range = ABOVE(0), .fallback = "1",
     .of = "format", .where = "idx", .text = "Inputs are divided by it; 255 for images of bytes."},
    {IN_SOURCES, "class_count", SCHEMA_COUNT, AT(settings_part, idx.class_count), .range = AT_LEAST(1),
     .of = "format", .where = "idx", .otherwise = "the largest label + 1 of `train`",
     .text = "Number of classes."},
    {IN_TRAIN, "class_names", SCHEMA_TEXTS, AT(settings_part, idx.class_names),
     AT(settings_part, idx.class_count), .of = "format", .where = "idx", .otherwise = "0, 1, ...",
     .text = "A name for each class, class 0 first."},
    {IN_SOURCES, "inputs", SCHEMA_PATH, AT(settings_part, npy.inputs), .required = true, .of = "format",
     .where = "npy", .text = "NPY file of inputs, [count][..shape]."},
    {IN_SOURCES, "labels", SCHEMA_PATH, AT(settings_part, npy.labels), .of = "format", .where = "npy",
     .text = "NPY file of class numbers, [count]; or `targets`."},
    {IN_SOURCES, "targets", SCHEMA_PATH, AT(settings_part, npy.targets), .of = "format", .where = "npy",
     .text = "NPY file of numbers to predict, [count] or [count][columns]; or `labels`."},
    {IN_SOURCES, "keep", SCHEMA_CHOICE, AT(settings_part, npy.keep), .choice = name_keep_array, .choices = 4,
     .fallback = "auto", .of = "format", .where = "npy",
     .text =
         "In memory, or read from disk for each batch. It changes no result. auto: on disk where the file is "
         "larger than memory_limit (and not gzip)."},
    {IN_SOURCES, "memory_limit", SCHEMA_COUNT, AT(settings_part, npy.memory_limit), .range = AT_LEAST(1),
     .unit = "bytes", .of = "format", .where = "npy", .otherwise = "a quarter of the machine's memory",
     .text = "What the samples may take with keep: auto."},
    {IN_SOURCES, "scale", SCHEMA_DOUBLE, AT(settings_part, npy.scale), .range = ABOVE(0), .fallback = "1",
     .of = "format", .where = "npy", .text = "Inputs are divided by it."},
    {IN_SOURCES, "class_count", SCHEMA_COUNT, AT(settings_part, npy.class_count), .range = AT_LEAST(1),
     .of = "format", .where = "npy", .otherwise = "the largest label + 1 of `train`",
     .text = "Number of classes."},
    {IN_TRAIN, "class_names", SCHEMA_TEXTS, AT(settings_part, npy.class_names),
     AT(settings_part, npy.class_count), .of = "format", .where = "npy", .otherwise = "0, 1, ...",
     .text = "A name for each class, class 0 first."},
    {IN_SOURCES, "path", SCHEMA_PATH, AT(settings_part, csv.path), .required = true, .of = "format",
     .where = "csv", .text = "CSV file, plain or gzip. Of `train`'s columns, for a test or validation file."},
    {IN_SOURCES, "separator", SCHEMA_CHARACTER, AT(settings_part, csv.separator), .fallback = "\",\"",
     .of = "format", .where = "csv", .text = "What stands between fields: \",\", \";\" or \"\\t\"."},
    {IN_SOURCES, "header", SCHEMA_WITHOUT, AT(settings_part, csv.no_header), .fallback = "true",
     .of = "format", .where = "csv",
     .text = "Whether the first row names the columns. Else they are called 1, 2, ..."},
    {IN_TRAIN, "label", SCHEMA_TEXT, AT(settings_part, csv.label), .of = "format", .where = "csv",
     .text = "The column of classes, any text; or `targets`."},
    {IN_TRAIN, "targets", SCHEMA_TEXTS, AT(settings_part, csv.targets), AT(settings_part, csv.target_count),
     .of = "format", .where = "csv",
     .text = "Columns of numbers to predict (regression, multi-label); or `label`."},
    {IN_TRAIN, "ignore", SCHEMA_TEXTS, AT(settings_part, csv.ignore), AT(settings_part, csv.ignore_count),
     .of = "format", .where = "csv", .text = "Columns to leave out; all others are inputs."},
    {IN_TRAIN, "missing", SCHEMA_CHOICE, AT(settings_part, csv.missing), .choice = name_missing, .choices = 4,
     .fallback = "refuse", .of = "format", .where = "csv",
     .text = "What to do with an empty field among the inputs: an error, or fill in the column's value."},
    {IN_SOURCES, "count_per_class", SCHEMA_COUNT, AT(settings_part, spirals.count_per_class),
     .range = AT_LEAST(1), .fallback = "2000", .of = "format", .where = "spirals",
     .text = "Points of each of the two classes."},
    {IN_SOURCES, "turn", SCHEMA_DOUBLE, AT(settings_part, spirals.turn), .range = ABOVE(0), .fallback = "780",
     .unit = "degrees", .of = "format", .where = "spirals", .text = "How far the spirals turn."},
    {IN_SOURCES, "noise", SCHEMA_DOUBLE, AT(settings_part, spirals.noise), .range = ABOVE(0),
     .fallback = "0.9", .of = "format", .where = "spirals",
     .text = "Width of the uniform noise added to each coordinate."},
    {IN_SOURCES, "seed", SCHEMA_SEED, AT(settings_part, spirals.seed), .fallback = "0", .of = "format",
     .where = "spirals", .text = "Of the points. The same for all seeds of the experiment."},
    {IN_SOURCES, "task", SCHEMA_CHOICE, AT(settings_part, factors.task), .required = true,
     .choice = name_factors_task, .choices = 3, .of = "format", .where = "factors",
     .text = "Of the paper's table 8: a and b, which of two ranges a digit's angle comes from; c, which "
             "digit it is."},
    {IN_TRAIN, "part", SCHEMA_CHOICE, AT(settings_part, factors.part), .choice = name_factors_part,
     .choices = 2, .fallback = "train", .of = "format", .where = "factors", .text = "Whose angles."},
    {IN_PARTS, "part", SCHEMA_CHOICE, AT(settings_part, factors.part), .choice = name_factors_part,
     .choices = 2, .fallback = "test", .of = "format", .where = "factors", .text = "Whose angles."},
    {IN_SOURCES, "count", SCHEMA_COUNT, AT(settings_part, factors.count), .range = FROM_TO(1, 1e9),
     .fallback = "10000", .of = "format", .where = "factors",
     .text = "Number of samples; rendered when they are needed, so a large one costs no memory."},
    {IN_SOURCES, "angle_only", SCHEMA_BOOLEAN, AT(settings_part, factors.angle_only), .fallback = "false",
     .of = "format", .where = "factors",
     .text = "Keep place, slant and width of the strokes and the length of the bar as they are."},
    {IN_SOURCES, "factor_alpha", SCHEMA_DOUBLE, AT(settings_part, factors.factor_alpha), .range = AT_LEAST(0),
     .fallback = "0", .of = "format", .where = "factors",
     .text =
         "Above 0: mix the factors themselves. A sample's angle, its other factors and its label are those "
         "of two, mixed by λ ~ Beta(α, α)."},
    {IN_SOURCES, "seed", SCHEMA_SEED, AT(settings_part, factors.seed), .fallback = "0", .of = "format",
     .where = "factors", .text = "Of the samples. The same for all seeds of the experiment."},
    {IN_SOURCES, "class_count", SCHEMA_COUNT, AT(settings_part, identity.class_count),
     .range = FROM_TO(1, 1000), .fallback = "10", .of = "format", .where = "identity",
     .text = "Number of classes; sample i, row i of the identity matrix, is of class i mod this."},
    {IN_SOURCES, "count_per_class", SCHEMA_COUNT, AT(settings_part, identity.count_per_class),
     .range = FROM_TO(1, 1000), .fallback = "40", .of = "format", .where = "identity",
     .text = "Samples of each class."},
    {IN_PARTS, "first", SCHEMA_COUNT, AT(settings_part, split.first), .range = AT_LEAST(1), .of = "format",
     .where = "split", .text = "The first so many samples of `train`; or `last`, `count` or `fraction`."},
    {IN_PARTS, "last", SCHEMA_COUNT, AT(settings_part, split.last), .range = AT_LEAST(1), .of = "format",
     .where = "split", .text = "The last so many samples."},
    {IN_PARTS, "count", SCHEMA_COUNT, AT(settings_part, split.count), .range = AT_LEAST(1), .of = "format",
     .where = "split", .text = "So many samples, drawn at random."},
    {IN_PARTS, "fraction", SCHEMA_DOUBLE, AT(settings_part, split.fraction), .range = BETWEEN(0, 1),
     .of = "format", .where = "split", .text = "This share of the samples, drawn at random."},
    {IN_PARTS, "stratified", SCHEMA_BOOLEAN, AT(settings_part, split.stratified), .fallback = "false",
     .of = "format", .where = "split", .text = "With count and fraction: the same share of every class."},
    {IN_PARTS, "seed", SCHEMA_SEED, AT(settings_part, split.seed), .fallback = "0", .of = "format",
     .where = "split", .text = "Of the draw. The same for all seeds of the experiment."},

    /* layers */
    {IN_LAYER, "op", SCHEMA_CHOICE, AT(settings_layer, layer.op), .required = true, .choice = name_op,
     .choices = MIXUP_OP_COUNT, .text = "What the layer does."},
    {IN_LAYER, "name", SCHEMA_TEXT, AT(settings_layer, layer.name), .otherwise = "dense1, dense2, ... by op",
     .text = "What other keys, files and reports call it. With repeat, a number follows the name."},
    {IN_LAYER, "repeat", SCHEMA_COUNT, AT(settings_layer, repeat), .range = FROM_TO(1, 10000),
     .fallback = "1", .text = "So many copies of the layer, one after the other."},
    {IN_LAYER, "from", SCHEMA_TEXT, AT(settings_layer, layer.from), .otherwise = "the layer above",
     .text = "The layer whose output it reads: one above it, or input."},
    {IN_LAYER, "with", SCHEMA_TEXTS, AT(settings_layer, layer.with), .capacity = MIXUP_MAX_WITH,
     .required = true, .of = "op", .where = MERGING,
     .text = "The layers to merge with: a name or a list of names."},
    {IN_LAYER, "mix", SCHEMA_BOOLEAN, AT(settings_layer, layer.mix), .fallback = "false",
     .text = "The layer's input is a site where states may be mixed. `mix.at` replaces these marks."},
    {IN_LAYER, "frozen", SCHEMA_BOOLEAN, AT(settings_layer, layer.frozen), .fallback = "false",
     .text = "The parameters stay as they are."},
    {IN_LAYER, "activation", SCHEMA_CHOICE, AT(settings_layer, layer.activation), .choice = name_activation,
     .choices = MIXUP_ACTIVATION_COUNT, .fallback = "linear",
     .text = "The function behind the op. softmax: in the last layer only."},
    {IN_LAYER, "slope", SCHEMA_SINGLE, AT(settings_layer, layer.slope), .range = ABOVE(0), .of = "activation",
     .where = "leaky_relu elu", .otherwise = "0.01 (leaky_relu), 1 (elu)",
     .text = "x < 0 becomes slope × x (leaky_relu) or slope × (exp x − 1) (elu)."},
    {IN_LAYER, "units", SCHEMA_COUNT, AT(settings_layer, layer.units), .range = FROM_TO(1, 1e9),
     .required = true, .of = "op", .where = "dense", .text = "Number of outputs."},
    {IN_LAYER, "filters", SCHEMA_COUNT, AT(settings_layer, layer.filters), .range = FROM_TO(1, 1e9),
     .required = true, .of = "op", .where = "conv2d", .text = "Number of output channels."},
    {IN_LAYER, "kernel", SCHEMA_PAIR, AT(settings_layer, layer.kernel), PAIR_FROM(1), .required = true,
     .of = "op", .where = WINDOWS, .unit = "pixels", .text = "Height and width of the window."},
    {IN_LAYER, "stride", SCHEMA_PAIR, AT(settings_layer, layer.stride), PAIR_FROM(1), .fallback = "1",
     .of = "op", .where = "conv2d", .unit = "pixels", .text = "From one place of the window to the next."},
    {IN_LAYER, "stride", SCHEMA_PAIR, AT(settings_layer, layer.stride), PAIR_FROM(1),
     .otherwise = "the kernel", .of = "op", .where = POOLS, .unit = "pixels",
     .text = "From one place of the window to the next."},
    {IN_LAYER, "stride", SCHEMA_PAIR, AT(settings_layer, layer.stride), PAIR_FROM(1), .fallback = "2",
     .of = "op", .where = "upsample", .text = "Every pixel becomes so many."},
    {IN_LAYER, "padding", SCHEMA_PAIR, AT(settings_layer, layer.padding), PAIR_FROM(0), .fallback = "0",
     .of = "op", .where = WINDOWS, .unit = "pixels",
     .text = "Added at each side: zeros, for max_pool -infinity. At most half of a pool's kernel."},
    {IN_LAYER, "padding", SCHEMA_PAIR, AT(settings_layer, layer.padding), PAIR_FROM(0), .required = true,
     .of = "op", .where = "pad", .unit = "pixels", .text = "Zeros added at each side."},
    {IN_LAYER, "dilation", SCHEMA_PAIR, AT(settings_layer, layer.dilation), PAIR_FROM(1), .fallback = "1",
     .of = "op", .where = WINDOWS, .unit = "pixels", .text = "From one pixel under the window to the next."},
    {IN_LAYER, "groups", SCHEMA_COUNT, AT(settings_layer, layer.groups), .range = FROM_TO(1, 1e9),
     .fallback = "1", .of = "op", .where = "conv2d",
     .text = "Groups of channels that do not see each other; as many as channels: one filter a channel."},
    {IN_LAYER, "groups", SCHEMA_COUNT, AT(settings_layer, layer.groups), .range = FROM_TO(1, 1e9),
     .fallback = "32", .of = "op", .where = "group_norm",
     .text = "Groups of channels that share mean and variance."},
    {IN_LAYER, "by_channel", SCHEMA_BOOLEAN, AT(settings_layer, layer.by_channel), .fallback = "false",
     .of = "op", .where = "dropout", .text = "Of images, whole channels become zero together."},
    {IN_LAYER, "bias", SCHEMA_WITHOUT, AT(settings_layer, layer.no_bias), .fallback = "true", .of = "op",
     .where = "dense conv2d batch_norm layer_norm group_norm",
     .text = "With a bias; of a norm, with scale and shift."},
    {IN_LAYER, "initial", SCHEMA_CHOICE, AT(settings_layer, layer.initial), .choice = name_initial,
     .choices = MIXUP_INITIAL_COUNT, .fallback = "glorot_uniform", .of = "op", .where = "dense conv2d",
     .text = "How the weights begin. Biases begin at 0."},
    {IN_LAYER, "initial_value", SCHEMA_SINGLE, AT(settings_layer, layer.initial_value), .fallback = "0",
     .of = "initial", .where = "constant", .text = "The value of constant weights."},
    {IN_LAYER, "shape", SCHEMA_COUNTS, AT(settings_layer, layer.shape), .capacity = MIXUP_MAX_RANK,
     .range = FROM_TO(1, 1e9), .required = true, .of = "op", .where = "reshape",
     .text = "The new shape of a sample."},
    {IN_LAYER, "rate", SCHEMA_SINGLE, AT(settings_layer, layer.rate), .range = BETWEEN(0, 1),
     .required = true, .of = "op", .where = "dropout", .text = "Probability of setting a value to zero."},
    {IN_LAYER, "stddev", SCHEMA_SINGLE, AT(settings_layer, layer.stddev), .range = ABOVE(0), .required = true,
     .of = "op", .where = "gaussian_noise", .unit = "units of the input", .text = "Deviation of the noise."},
    {IN_LAYER, "epsilon", SCHEMA_SINGLE, AT(settings_layer, layer.epsilon), .range = ABOVE(0),
     .fallback = "1e-5", .of = "op", .where = "batch_norm layer_norm group_norm",
     .text = "Added to the variance."},
    {IN_LAYER, "momentum", SCHEMA_SINGLE, AT(settings_layer, layer.momentum), .range = ABOVE_TO(0, 1),
     .fallback = "0.1", .of = "op", .where = "batch_norm",
     .text = "Share of a batch's statistics in the running ones."},

    /* ready-made networks */
    {IN_NETWORK, "kind", SCHEMA_CHOICE, AT(mixup_network_desc, kind), .choice = name_network,
     .choices = MIXUP_NETWORK_COUNT, .required = true,
     .text = "The family; `docs/networks.md` has its layers and their names."},
    {IN_NETWORK, "classes", SCHEMA_COUNT, AT(mixup_network_desc, classes), .range = FROM_TO(1, 1e6),
     .otherwise = "the target columns of `data.train`, one a class", .text = "Number of outputs."},
    {IN_NETWORK, "output", SCHEMA_CHOICE, AT(mixup_network_desc, output), .choice = name_output,
     .choices = MIXUP_OUTPUT_COUNT, .fallback = "default",
     .text = "The function behind the last layer. default is the one that goes with `training.loss` and, "
             "without one, softmax for classes and linear for other targets."},
    {IN_NETWORK, "depth", SCHEMA_COUNT, AT(mixup_network_desc, depth), .range = FROM_TO(1, 1e4),
     .fallback = "18", .of = "kind", .where = "preact_resnet", .unit = "layers",
     .text = "18 or 34 (basic blocks), 50, 101 or 152 (bottleneck blocks)."},
    {IN_NETWORK, "depth", SCHEMA_COUNT, AT(mixup_network_desc, depth), .range = FROM_TO(1, 1e4),
     .fallback = "28", .of = "kind", .where = "wide_resnet", .unit = "layers",
     .text = "6 n + 4 for n blocks a stage."},
    {IN_NETWORK, "depth", SCHEMA_COUNT, AT(mixup_network_desc, depth), .range = FROM_TO(1, 1e4),
     .fallback = "16", .of = "kind", .where = "vgg", .unit = "layers", .text = "11, 13 or 16."},
    {IN_NETWORK, "width", SCHEMA_COUNT, AT(mixup_network_desc, width), .range = FROM_TO(1, 1e6),
     .fallback = "64", .of = "kind", .where = "preact_resnet vgg",
     .text = "Filters of the first stage; later stages have 2, 4 and 8 times as many."},
    {IN_NETWORK, "width", SCHEMA_COUNT, AT(mixup_network_desc, width), .range = FROM_TO(1, 1e6),
     .fallback = "96", .of = "kind", .where = "all_convolutional",
     .text = "Filters of the first stage; later stages have twice as many."},
    {IN_NETWORK, "widening", SCHEMA_COUNT, AT(mixup_network_desc, widening), .range = FROM_TO(1, 1e4),
     .fallback = "10", .of = "kind", .where = "wide_resnet",
     .text = "Stages have 16, 32 and 64 times so many filters."},
    {IN_NETWORK, "stem_stride", SCHEMA_COUNT, AT(mixup_network_desc, stem_stride), .range = FROM_TO(1, 1000),
     .fallback = "1", .of = "kind", .where = "preact_resnet wide_resnet", .unit = "pixels",
     .text = "Stride of the first convolution; the paper takes 2 for Tiny-ImageNet."},
    {IN_NETWORK, "dropout", SCHEMA_SINGLE, AT(mixup_network_desc, dropout), .range = FROM_BELOW(0, 1),
     .fallback = "0",
     .text =
         "Probability of setting a value to zero: before the last convolution of each residual block, "
         "before a vgg's dense layer, behind a stride of 2 (all_convolutional), behind hidden dense layers "
         "(lenet, mlp)."},
    {IN_NETWORK, "input_dropout", SCHEMA_SINGLE, AT(mixup_network_desc, input_dropout),
     .range = FROM_BELOW(0, 1), .fallback = "0", .of = "kind", .where = "all_convolutional mlp",
     .text = "The same for the network's input."},
    {IN_NETWORK, "widths", SCHEMA_COUNTS, AT(mixup_network_desc, widths), AT(mixup_network_desc, width_count),
     .range = FROM_TO(1, 1e6), .fallback = "[1024, 1024, 1024]", .of = "kind", .where = "mlp",
     .text = "Units of the hidden layers, first to last."},
    {IN_NETWORK, "bottleneck", SCHEMA_COUNT, AT(mixup_network_desc, bottleneck), .range = FROM_TO(0, 1e6),
     .fallback = "0", .of = "kind", .where = "mlp",
     .text = "Above 0: one more hidden layer of so many units, without dropout."},
    {IN_NETWORK, "bottleneck_after", SCHEMA_COUNT, AT(mixup_network_desc, bottleneck_after),
     .range = FROM_TO(1, 1000), .otherwise = "half of them, rounded down", .of = "kind", .where = "mlp",
     .text = "The bottleneck stands behind so many of `widths`."},
    {IN_NETWORK, "linear_bottleneck", SCHEMA_BOOLEAN, AT(mixup_network_desc, linear_bottleneck),
     .needs = "bottleneck", .fallback = "false", .of = "kind", .where = "mlp",
     .text = "The bottleneck has no activation."},
    {IN_NETWORK, "batch_norm", SCHEMA_BOOLEAN, AT(mixup_network_desc, batch_norm), .fallback = "false",
     .of = "kind", .where = "mlp", .text = "Batch norm between each hidden layer and its activation."},
    {IN_NETWORK, "noise", SCHEMA_SINGLE, AT(mixup_network_desc, noise), .range = AT_LEAST(0), .fallback = "0",
     .of = "kind", .where = "mlp", .unit = "units of the input",
     .text = "Deviation of Gaussian noise on the input in training."},
    {IN_NETWORK, "activation", SCHEMA_CHOICE, AT(mixup_network_desc, activation), .choice = name_hidden,
     .choices = MIXUP_ACTIVATION_COUNT, .otherwise = "`relu`", .of = "kind", .where = "lenet mlp",
     .text = "The function behind hidden layers."},
    {IN_NETWORK, "slope", SCHEMA_SINGLE, AT(mixup_network_desc, slope), .range = ABOVE(0), .of = "activation",
     .where = "leaky_relu elu", .otherwise = "0.01 (leaky_relu), 1 (elu)",
     .text = "x < 0 becomes slope × x (leaky_relu) or slope × (exp x − 1) (elu)."},
    {IN_NETWORK, "initial", SCHEMA_CHOICE, AT(mixup_network_desc, initial), .choice = name_network_initial,
     .choices = MIXUP_INITIAL_COUNT, .fallback = "default",
     .text = "How the weights of all layers but the last begin; the last begins glorot_uniform. default is "
             "he_normal, and glorot_uniform with tanh or sigmoid."},

    /* training */
    {IN_TRAINING, "epochs", SCHEMA_COUNT, AT(mixup_fit_desc, epochs), .range = FROM_TO(1, 1e9),
     .fallback = "1", .text = "How often all training samples are seen."},
    {IN_TRAINING, "batch_size", SCHEMA_COUNT, AT(mixup_fit_desc, batch_size), .range = FROM_TO(1, 1e7),
     .fallback = "32", .unit = "samples", .text = "Samples of a step."},
    {IN_TRAINING, "load_threads", SCHEMA_COUNT, AT(mixup_fit_desc, load_threads),
     .range = FROM_TO(0, MIXUP_MAX_THREADS), .fallback = "0",
     .text =
         "Threads that read, decode and change the next batches while one is trained. 0: one, or none where "
         "samples in memory are only copied. The number changes no result."},
    {IN_TRAINING, "shuffle", SCHEMA_WITHOUT, AT(mixup_fit_desc, no_shuffle), .fallback = "true",
     .text = "A new order of the samples each epoch."},
    {IN_TRAINING, "drop_last", SCHEMA_BOOLEAN, AT(mixup_fit_desc, drop_last), .fallback = "false",
     .text = "Leave out a last, shorter batch."},
    {IN_TRAINING, "loss", SCHEMA_CHOICE, AT(mixup_fit_desc, loss), .choice = name_loss,
     .choices = MIXUP_LOSS_COUNT, .fallback = "default",
     .text = "What is minimised. default goes by the last activation: softmax_cross_entropy after softmax, "
             "sigmoid_binary after sigmoid, else mean_squared_error."},
    {IN_TRAINING, "label_smoothing", SCHEMA_SINGLE, AT(mixup_fit_desc, label_smoothing),
     .range = FROM_BELOW(0, 1), .fallback = "0",
     .text = "s: targets become t (1 − s) + s / classes, before mixing."},
    {IN_TRAINING, "class_weights", SCHEMA_SINGLES, AT(mixup_fit_desc, class_weights),
     AT(mixup_fit_desc, class_weight_count), .range = ABOVE(0), .otherwise = "all 1",
     .text = "A weight in the loss for each class, or column of targets."},
    {IN_TRAINING, "optimizer", SCHEMA_SECTION, AT(mixup_fit_desc, optimizer), .child = IN_OPTIMIZER,
     .text = "How gradients become steps."},
    {IN_TRAINING, "schedule", SCHEMA_SECTION, AT(mixup_fit_desc, schedule), .child = IN_SCHEDULE,
     .text = "How the learning rate changes."},
    {IN_TRAINING, "early_stopping", SCHEMA_COUNT, AT(mixup_fit_desc, early_stopping),
     .range = FROM_TO(0, 1e9), .fallback = "0", .unit = "epochs",
     .text = "Stop after so many without a better validation loss; 0: never."},
    {IN_TRAINING, "restore_best", SCHEMA_BOOLEAN, AT(mixup_fit_desc, restore_best), .fallback = "false",
     .text = "End with the weights of the best validation loss."},
    {IN_TRAINING, "average_decay", SCHEMA_SINGLE, AT(mixup_fit_desc, average_decay),
     .range = FROM_BELOW(0, 1), .fallback = "0",
     .text = "Above 0: the network ends with an exponential moving average of the weights, "
             "w̄ = d w̄ + (1 − d) w."},
    {IN_TRAINING, "clean_accuracy", SCHEMA_BOOLEAN, AT(mixup_fit_desc, clean_accuracy), .fallback = "false",
     .text = "Also measure accuracy on the unmixed training samples every epoch (costs a pass over them)."},
    {IN_TRAINING, "recompute", SCHEMA_CHOICE, AT(mixup_fit_desc, recompute), .choice = name_recompute,
     .choices = 2, .fallback = "auto",
     .text =
         "States that are cheap to compute (norms, activations behind them, the mix) and wanted again for "
         "gradients: auto computes those again, instead of keeping them, without which a step needs less "
         "memory; never keeps all, which may be a few per cent faster. The results are the same."},
    {IN_TRAINING, "checkpoint", SCHEMA_SECTION, AT(mixup_fit_desc, checkpoint), .child = IN_CHECKPOINT,
     .text = "How often the state of an unfinished run is saved."},

    {IN_OPTIMIZER, "kind", SCHEMA_CHOICE, AT(mixup_optimizer, kind), .choice = name_optimizer,
     .choices = MIXUP_OPTIMIZER_COUNT, .fallback = "adam", .text = "The rule of the step."},
    {IN_OPTIMIZER, "learning_rate", SCHEMA_SINGLE, AT(mixup_optimizer, learning_rate), .range = ABOVE(0),
     .otherwise = "1e-3 (adam, adamw, rmsprop), 1e-2 (sgd, nesterov)", .text = "The base rate η."},
    {IN_OPTIMIZER, "momentum", SCHEMA_SINGLE, AT(mixup_optimizer, momentum), .range = FROM_BELOW(0, 1),
     .of = "kind", .where = "sgd nesterov rmsprop", .otherwise = "0 (sgd, rmsprop), 0.9 (nesterov)",
     .text = "μ: v = μ v + g. nesterov needs more than 0."},
    {IN_OPTIMIZER, "beta1", SCHEMA_SINGLE, AT(mixup_optimizer, beta1), .range = BETWEEN(0, 1),
     .fallback = "0.9", .of = "kind", .where = "adam adamw", .text = "Decay of the mean of gradients."},
    {IN_OPTIMIZER, "beta2", SCHEMA_SINGLE, AT(mixup_optimizer, beta2), .range = BETWEEN(0, 1),
     .fallback = "0.999", .of = "kind", .where = "adam adamw",
     .text = "Decay of the mean of squared gradients."},
    {IN_OPTIMIZER, "rho", SCHEMA_SINGLE, AT(mixup_optimizer, rho), .range = BETWEEN(0, 1), .fallback = "0.99",
     .of = "kind", .where = "rmsprop", .text = "Decay of the mean of squared gradients."},
    {IN_OPTIMIZER, "epsilon", SCHEMA_SINGLE, AT(mixup_optimizer, epsilon), .range = ABOVE(0),
     .fallback = "1e-8", .of = "kind", .where = "adam adamw rmsprop",
     .text = "Keeps the division from zero."},
    {IN_OPTIMIZER, "epsilon_convention", SCHEMA_CHOICE, AT(mixup_optimizer, epsilon_convention),
     .choice = name_epsilon, .choices = 2, .fallback = "pytorch", .of = "kind", .where = "adam adamw rmsprop",
     .text = "Where epsilon stands: pytorch adds it to the bias-corrected root, keras before the correction "
             "(rmsprop: outside or inside the root)."},
    {IN_OPTIMIZER, "weight_decay", SCHEMA_SINGLE, AT(mixup_optimizer, weight_decay), .range = AT_LEAST(0),
     .fallback = "0", .text = "Added to the gradient as decay × w; for adamw decoupled."},
    {IN_OPTIMIZER, "decoupled", SCHEMA_BOOLEAN, AT(mixup_optimizer, decoupled), .needs = "weight_decay",
     .fallback = "false", .text = "Decay by w −= η decay w instead, for any kind."},
    {IN_OPTIMIZER, "clip_norm", SCHEMA_SINGLE, AT(mixup_optimizer, clip_norm), .range = AT_LEAST(0),
     .fallback = "0", .text = "Above 0: scale all gradients so that their joint norm is at most this."},
    {IN_OPTIMIZER, "clip_value", SCHEMA_SINGLE, AT(mixup_optimizer, clip_value), .range = AT_LEAST(0),
     .fallback = "0", .text = "Above 0: limit each gradient value to ± this."},

    {IN_SCHEDULE, "kind", SCHEMA_CHOICE, AT(mixup_schedule, kind), .choice = name_schedule,
     .choices = MIXUP_SCHEDULE_COUNT, .fallback = "constant", .text = "The rule of the rate."},
    {IN_SCHEDULE, "epochs", SCHEMA_COUNTS, AT(mixup_schedule, epochs), AT(mixup_schedule, epoch_count),
     .range = FROM_TO(1, 1e9), .required = true, .of = "kind", .where = "multi_step",
     .text = "After each so many finished epochs the rate is multiplied by factor; increasing."},
    {IN_SCHEDULE, "period", SCHEMA_COUNT, AT(mixup_schedule, period), .range = FROM_TO(1, 1e9),
     .required = true, .of = "kind", .where = "step", .unit = "epochs",
     .text = "The rate is multiplied by factor every so many."},
    {IN_SCHEDULE, "factor", SCHEMA_SINGLE, AT(mixup_schedule, factor), .range = BETWEEN(0, 1),
     .fallback = "0.1", .of = "kind", .where = "step multi_step plateau",
     .text = "What the rate is multiplied by."},
    {IN_SCHEDULE, "patience", SCHEMA_COUNT, AT(mixup_schedule, patience), .range = FROM_TO(1, 1e9),
     .fallback = "10", .of = "kind", .where = "plateau", .unit = "epochs",
     .text = "The rate drops after so many without a better loss (of validation, else of training)."},
    {IN_SCHEDULE, "minimum", SCHEMA_SINGLE, AT(mixup_schedule, minimum), .range = AT_LEAST(0),
     .fallback = "0", .text = "No rate below this; where cosine ends."},
    {IN_SCHEDULE, "warm_up_steps", SCHEMA_COUNT, AT(mixup_schedule, warm_up_steps), .range = FROM_TO(0, 1e12),
     .fallback = "0", .unit = "steps", .text = "The rate first grows linearly over so many."},

    {IN_CHECKPOINT, "every_epochs", SCHEMA_COUNT, AT(mixup_checkpoint_desc, every_epochs),
     .range = FROM_TO(1, 1e9), .fallback = "1", .unit = "epochs",
     .text = "Save after every so many, at most once a second."},
    {IN_CHECKPOINT, "every_steps", SCHEMA_COUNT, AT(mixup_checkpoint_desc, every_steps),
     .range = FROM_TO(0, 1e12), .fallback = "0", .unit = "steps",
     .text = "Also save after every so many; 0: not inside epochs."},

    /* mixing */
    {IN_MIX, "kind", SCHEMA_CHOICE, AT(mixup_mix_desc, kind), .needs = "alpha", .choice = name_mix_kind,
     .choices = MIXUP_MIX_KIND_COUNT, .fallback = "interpolate",
     .text = "How a state and its partner's are mixed: interpolate takes λ of the one and 1 − λ of the "
             "other; cutmix "
             "(Yun et al. 2019) takes a rectangle of the share 1 − λ from the partner and mixes the targets "
             "by its "
             "exact area, at sites that are images ([channels][height][width] or [height][width])."},
    {IN_MIX, "alpha", SCHEMA_SINGLE, AT(mixup_mix_desc, alpha), .range = AT_LEAST(0), .fallback = "0",
     .text = "λ ~ Beta(α, α). 0 is no mixing."},
    {IN_MIX, "at", SCHEMA_TEXTS, AT(mixup_mix_desc, at), AT(mixup_mix_desc, at_count), .needs = "alpha",
     .otherwise = "the layers that say `mix: true`",
     .text =
         "Sites: layers whose input is mixed, or input; one is drawn a batch. An empty list is no mixing."},
    {IN_MIX, "weights", SCHEMA_SINGLES, AT(mixup_mix_desc, weights), AT(mixup_mix_desc, at_count),
     .needs = "alpha", .counted = true, .range = AT_LEAST(0), .otherwise = "all the same",
     .text = "A relative probability for each of `at`."},
    {IN_MIX, "per_sample", SCHEMA_BOOLEAN, AT(mixup_mix_desc, per_sample), .needs = "alpha",
     .fallback = "false",
     .text = "A λ for each pair of sample and partner instead of one a batch; with cutmix a rectangle too."},
    {IN_MIX, "clamp_lambda", SCHEMA_BOOLEAN, AT(mixup_mix_desc, clamp_lambda), .needs = "alpha",
     .fallback = "false", .text = "λ becomes max(λ, 1 − λ)."},
    {IN_MIX, "no_self_pairs", SCHEMA_BOOLEAN, AT(mixup_mix_desc, no_self_pairs), .needs = "alpha",
     .fallback = "false", .text = "No sample is its own partner."},
    {IN_MIX, "block_gradient", SCHEMA_BOOLEAN, AT(mixup_mix_desc, block_gradient), .needs = "alpha",
     .fallback = "false", .text = "The paper's ablation: no gradient flows to the layers below the site."},
    {IN_MIX, "plain_probability", SCHEMA_SINGLE, AT(mixup_mix_desc, plain_probability), .needs = "alpha",
     .range = FROM_TO(0, 1), .fallback = "0", .text = "Probability of leaving a batch unmixed."},
    {IN_MIX, "plain_last_epochs", SCHEMA_COUNT, AT(mixup_mix_desc, plain_last_epochs), .needs = "alpha",
     .range = FROM_TO(0, 1e9), .fallback = "0", .unit = "epochs",
     .text = "The last so many are trained without mixing."},
    {IN_MIX, "every_steps", SCHEMA_COUNT, AT(mixup_mix_desc, every_steps), .needs = "alpha",
     .range = FROM_TO(1, 1e9), .fallback = "1", .unit = "steps",
     .text = "Mix the first batch of every so many, counted over all epochs, and leave the others as they "
             "are: 2 alternates."},
    {IN_MIX, "alpha_epochs", SCHEMA_COUNTS, AT(mixup_mix_desc, alpha_epochs), AT(mixup_mix_desc, alpha_count),
     .needs = "alpha", .range = FROM_TO(1, 1e9), .otherwise = "α is the same in all",
     .text = "Epochs, from 1 and increasing, in which α is multiplied by the factor beside it; linear in "
             "between, constant before the first and after the last."},
    {IN_MIX, "alpha_factors", SCHEMA_SINGLES, AT(mixup_mix_desc, alpha_factors),
     AT(mixup_mix_desc, alpha_count), .needs = "alpha", .counted = true, .range = AT_LEAST(0),
     .text = "A factor of α for each of `alpha_epochs`; an epoch with 0 is not mixed."},

    {IN_METRICS, "top_k", SCHEMA_COUNT, AT(mixup_evaluate_desc, top_k), .range = FROM_TO(1, 1e9),
     .fallback = "5",
     .text = "Also count a sample as right when its class is among the so many most probable."},
    {IN_METRICS, "bins", SCHEMA_COUNT, AT(mixup_evaluate_desc, bins), .range = FROM_TO(1, 10000),
     .fallback = "15", .text = "Bins of confidence for the calibration error."},

    {IN_FIGURE, "kind", SCHEMA_CHOICE, AT(settings_figure, kind), .choice = name_figure,
     .choices = SETTINGS_FIGURE_KINDS, .required = true,
     .text = "A confidence map of a model with two inputs, the states of a layer of two units, the singular "
             "values of each class's states at a layer, the training loss over the epochs, or accuracies: "
             "under an attack, on deformed images, of the nearest neighbours in the states of a layer."},
    {IN_FIGURE, "title", SCHEMA_TEXT, AT(settings_figure, title), .otherwise = "by the kind",
     .text = "The heading."},
    {IN_FIGURE, "text", SCHEMA_TEXT, AT(settings_figure, text), .text = "A paragraph below the heading."},
    {IN_FIGURE, "layer", SCHEMA_TEXT, AT(settings_figure, layer), .required = true, .of = "kind",
     .where = "scatter singular_values neighbors", .text = "The layer whose output is looked at."},
    {IN_FIGURE, "range", SCHEMA_SINGLES, AT(settings_figure, range), AT(settings_figure, range_count),
     .of = "kind", .where = "surface scatter", .otherwise = "[-1, 1]; of a scatter that of its samples",
     .text = "Lowest and highest value of all inputs, as the network sees them."},
    {IN_FIGURE, "step", SCHEMA_DOUBLE, AT(settings_figure, step), .range = ABOVE(0), .of = "kind",
     .where = "surface", .otherwise = "1/300 of the range", .text = "Side of a cell of the map."},
    {IN_FIGURE, "class", SCHEMA_COUNT, AT(settings_figure, class_number), .range = FROM_TO(0, 1e6),
     .fallback = "1", .of = "kind", .where = "surface",
     .text = "Number of the class whose probability is shown."},
    {IN_FIGURE, "uniform", SCHEMA_COUNT, AT(settings_figure, uniform), .range = FROM_TO(0, 1e6),
     .fallback = "0", .of = "kind", .where = "scatter",
     .text = "Black dots: the states of so many inputs whose values are drawn uniformly from `range`."},
    {IN_FIGURE, "together", SCHEMA_BOOLEAN, AT(settings_figure, together), .fallback = "false", .of = "kind",
     .where = "singular_values", .text = "Also of the samples of all classes in one matrix."},
    {IN_FIGURE, "threshold", SCHEMA_DOUBLE, AT(settings_figure, threshold), .range = BETWEEN(0, 1),
     .of = "kind", .where = "singular_values", .otherwise = "no count",
     .text = "Count a class's directions: its values above this share of its largest uncentred one."},
    {IN_FIGURE, "data", SCHEMA_CHOICE, AT(settings_figure, data), .choice = name_figure_data,
     .choices = SETTINGS_FIGURE_PARTS, .otherwise = "train; test for accuracies",
     .text = "The samples that are shown or classified."},
    {IN_FIGURE, "classes", SCHEMA_COUNTS, AT(settings_figure, classes), AT(settings_figure, class_count),
     .range = FROM_TO(0, 1e6), .otherwise = "all", .text = "Numbers of the classes to show."},
    {IN_FIGURE, "points", SCHEMA_COUNT, AT(settings_figure, points), .range = FROM_TO(1, 1e9), .of = "kind",
     .where = "surface scatter singular_values neighbors",
     .otherwise = "500 on a surface, 300 in a scatter, all for singular values and neighbors",
     .unit = "samples a class",
     .text = "The first so many samples of each class; of neighbors: the training ones."},
    {IN_FIGURE, "samples", SCHEMA_COUNT, AT(settings_figure, samples), .range = FROM_TO(1, 1e9),
     .fallback = "1000", .of = "kind", .where = "attack deformation neighbors",
     .text = "At most so many are classified, spread evenly over the data."},
    {IN_FIGURE, "seed", SCHEMA_SEED, AT(settings_figure, seed), .fallback = "0", .of = "kind",
     .where = "attack deformation", .text = "Of random starts and of angles."},
    {IN_FIGURE, "method", SCHEMA_CHOICE, AT(settings_figure, attack.method), .choice = name_attack,
     .choices = ATTACK_METHODS, .fallback = "fgsm", .of = "kind", .where = "attack",
     .text =
         "One step along the sign of the loss's gradient (Goodfellow et al. 2015), or many small ones that "
         "return into the bound (Madry et al. 2018)."},
    {IN_FIGURE, "norm", SCHEMA_CHOICE, AT(settings_figure, attack.bound), .choice = name_bound,
     .choices = ATTACK_BOUNDS, .fallback = "linf", .of = "kind", .where = "attack",
     .text =
         "In which a change is at most epsilon: in every value, as the length over the sample, or in none "
         "(pgd: as far as the steps go)."},
    {IN_FIGURE, "epsilon", SCHEMA_SINGLES, AT(settings_figure, attack.epsilons),
     AT(settings_figure, attack.epsilon_count), .range = FROM_TO(0, 1e9), .of = "kind", .where = "attack",
     .otherwise = "[0.01, 0.03]; none without a norm",
     .text = "Budgets, each tried by itself, in the network's own units unless raw."},
    {IN_FIGURE, "steps", SCHEMA_COUNT, AT(settings_figure, attack.steps), .range = FROM_TO(1, 1e6),
     .of = "kind", .where = "attack", .otherwise = "20 for pgd, 200 of them without a norm",
     .text = "How many pgd takes."},
    {IN_FIGURE, "step_size", SCHEMA_DOUBLE, AT(settings_figure, attack.step_size), .range = ABOVE(0),
     .of = "kind", .where = "attack", .otherwise = "2.5 epsilon / steps; 0.01 without a norm",
     .text = "How long one of pgd is, in the units of epsilon."},
    {IN_FIGURE, "random_start", SCHEMA_BOOLEAN, AT(settings_figure, attack.random_start), .fallback = "false",
     .of = "kind", .where = "attack", .text = "Let pgd begin anywhere within the norm, not at the sample."},
    {IN_FIGURE, "raw", SCHEMA_BOOLEAN, AT(settings_figure, attack.raw), .fallback = "false", .of = "kind",
     .where = "attack",
     .text = "Whether epsilon and step_size are in units of the stored values (of 255 grey levels, say), "
             "before scale "
             "and standardisation."},
    {IN_FIGURE, "clip", SCHEMA_SINGLES, AT(settings_figure, attack.clip),
     AT(settings_figure, attack.clip_count), .of = "kind", .where = "attack",
     .otherwise = "any value is valid",
     .text = "Lowest and highest valid stored value, [0, 255] of bytes; changed inputs are cut to it."},
    {IN_FIGURE, "rotation", SCHEMA_SINGLES, AT(settings_figure, deform.amounts[DEFORM_ROTATION]),
     AT(settings_figure, deform.counts[DEFORM_ROTATION]), .range = FROM_TO(0, 1e6), .of = "kind",
     .where = "deformation", .unit = "degrees", .otherwise = "[20, 40, 60, 80] where all three are missing",
     .text = "Each image is turned by an angle drawn uniformly from ± this."},
    {IN_FIGURE, "shear", SCHEMA_SINGLES, AT(settings_figure, deform.amounts[DEFORM_SHEAR]),
     AT(settings_figure, deform.counts[DEFORM_SHEAR]), .range = FROM_TO(0, 1e6), .of = "kind",
     .where = "deformation", .unit = "degrees", .otherwise = "[28.6, 57.3, 114.6, 143.2, 171.9] likewise",
     .text = "Likewise sheared, by the matrix [[1, -sin], [0, cos]]."},
    {IN_FIGURE, "zoom", SCHEMA_SINGLES, AT(settings_figure, deform.amounts[DEFORM_ZOOM]),
     AT(settings_figure, deform.counts[DEFORM_ZOOM]), .range = ABOVE_TO(0, 1e6), .of = "kind",
     .where = "deformation", .unit = "per cent", .otherwise = "[20, 40, 60, 80, 120, 140, 160, 180] likewise",
     .text = "How much of a side is seen: 20 shows the middle fifth of each side enlarged, 180 the whole "
             "image smaller, within a border "
             "of 0."},
    {IN_FIGURE, "bilinear", SCHEMA_BOOLEAN, AT(settings_figure, deform.bilinear), .fallback = "false",
     .of = "kind", .where = "deformation",
     .text = "Interpolate between pixels instead of taking the nearest one."},
    {IN_FIGURE, "neighbors", SCHEMA_COUNTS, AT(settings_figure, neighbors.counts),
     AT(settings_figure, neighbors.count_count), .range = FROM_TO(1, 1e6), .of = "kind", .where = "neighbors",
     .otherwise = "[1, 5, 20]",
     .text = "How many of the nearest training samples vote, each number tried by itself."},
    {IN_FIGURE, "distance", SCHEMA_CHOICE, AT(settings_figure, neighbors.distance), .choice = name_distance,
     .choices = NEIGHBORS_DISTANCES, .fallback = "euclidean", .of = "kind", .where = "neighbors",
     .text = "What makes training states near."},
    {IN_FIGURE, "variants", SCHEMA_TEXTS, AT(settings_figure, variants), AT(settings_figure, variant_count),
     .otherwise = "all", .text = "Names of the variants to show."},
};

static const schema_part parts[] = {
    {IN_TOP, "", sizeof(settings), "The file."},
    {IN_DATA, "data", sizeof(settings), "Where samples come from."},
    {IN_TRAIN, "data.train", sizeof(settings_part), "The training samples."},
    {IN_TEST, "data.test", sizeof(settings_part),
     "The test samples: a source as `data.train`, or a split of it."},
    {IN_VALIDATION, "data.validation", sizeof(settings_part),
     "The validation samples: a source as `data.train`, or a split of it."},
    {IN_SUBSET, "data.subset", sizeof(settings_subset),
     "A part of the training samples, for a small version of an experiment."},
    {IN_NORMALIZE, "data.normalize", sizeof(settings_normalize),
     "Mean and deviation; learned ones are stored in the model, and used on whatever it predicts."},
    {IN_AUGMENT, "data.augment", sizeof(mixup_augment),
     "Random changes of training images, each epoch others; functions of seed, epoch and sample."},
    {IN_LAYER, "network[]", sizeof(settings_layer), "One layer of the network."},
    {IN_NETWORK, "network", sizeof(mixup_network_desc), "A ready-made network (`docs/networks.md`)."},
    {IN_TRAINING, "training", sizeof(mixup_fit_desc), "How to train."},
    {IN_OPTIMIZER, "training.optimizer", sizeof(mixup_optimizer), "How gradients become steps."},
    {IN_SCHEDULE, "training.schedule", sizeof(mixup_schedule), "How the learning rate changes."},
    {IN_CHECKPOINT, "training.checkpoint", sizeof(mixup_checkpoint_desc),
     "How often the state of an unfinished run is saved."},
    {IN_MIX, "mix", sizeof(mixup_mix_desc), "When, where and how to mix (arXiv 1806.05236)."},
    {IN_METRICS, "metrics", sizeof(mixup_evaluate_desc), "How the trained network is measured."},
    {IN_FIGURE, "report[]", sizeof(settings_figure), "One figure of the report."},
};

const schema_key *schema_keys(size_t *count) {
    *count = MIXUP_COUNT(keys);
    return keys;
}

const schema_part *schema_parts(size_t *count) {
    *count = MIXUP_COUNT(parts);
    return parts;
}

const schema_part *schema_find_part(schema_section section) {
    for (size_t i = 0; i < MIXUP_COUNT(parts); i++)
        if (parts[i].section == section)
            return &parts[i];
    return NULL;
}

/* ---------------------------------------------------------------- which rows apply */

int schema_choice_value(const schema_key *key, const void *base) {
    int value = 0;
    memcpy(&value, (const char *)base + key->at, sizeof value);
    return value;
}

static bool contains_word(const char *words, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = words; *at != '\0'; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

bool schema_applies(const schema_key *key, schema_section section, const void *base) {
    if (key->where == NULL)
        return true;
    for (size_t i = 0; i < MIXUP_COUNT(keys); i++) {
        const schema_key *chooser = &keys[i];
        if ((chooser->in & (unsigned)section) == 0 || strcmp(chooser->name, key->of) != 0)
            continue;
        const char *chosen = chooser->choice(schema_choice_value(chooser, base));
        return chosen != NULL && contains_word(key->where, chosen) && schema_applies(chooser, section, base);
    }
    return false;
}

const schema_key *schema_find(schema_section section, const char *name, const void *base) {
    const schema_key *found = NULL;
    for (size_t i = 0; i < MIXUP_COUNT(keys); i++) {
        if ((keys[i].in & (unsigned)section) == 0 || strcmp(keys[i].name, name) != 0)
            continue;
        found = &keys[i];
        if (schema_applies(found, section, base))
            break;
    }
    return found;
}
