/* evaluate: measurements of a trained network on data, as a table or as JSON with the names of metrics.json.
 */
#include "source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A measurement: its name in JSON, in the table, and where it stands. */
typedef struct measurement {
    const char *key;
    const char *words; /* NULL: says K */
    size_t at;
} measurement;

static const measurement measurements[] = {
    {"loss", "loss", offsetof(mixup_metrics, loss)},
    {"accuracy", "accuracy", offsetof(mixup_metrics, accuracy)},
    {"top_k_accuracy", NULL, offsetof(mixup_metrics, top_k_accuracy)},
    {"nll", "negative log-likelihood", offsetof(mixup_metrics, nll)},
    {"calibration_error", "calibration error", offsetof(mixup_metrics, calibration_error)},
    {"mse", "mean squared error", offsetof(mixup_metrics, mse)},
    {"mae", "mean absolute error", offsetof(mixup_metrics, mae)},
    {"r_squared", "R squared", offsetof(mixup_metrics, r_squared)},
};

static double value_of(const mixup_metrics *metrics, const measurement *which) {
    double value = 0.0;
    memcpy(&value, (const char *)metrics + which->at, sizeof value);
    return value;
}

static void print_json(const mixup_metrics *metrics, const uint64_t *confusion, size_t classes) {
    printf("{\n  \"count\": %zu", metrics->count);
    for (size_t i = 0; i < MIXUP_COUNT(measurements); i++)
        if (isfinite(value_of(metrics, &measurements[i])))
            printf(",\n  \"%s\": %.10g", measurements[i].key, value_of(metrics, &measurements[i]));
    for (size_t row = 0; confusion != NULL && row < classes; row++) {
        printf("%s    [", row == 0 ? ",\n  \"confusion\": [\n" : ",\n");
        for (size_t column = 0; column < classes; column++)
            printf("%s%llu", column > 0 ? ", " : "", (unsigned long long)confusion[row * classes + column]);
        printf("]");
    }
    printf("%s\n}\n", confusion != NULL ? "\n  ]" : "");
}

/* "top-3 accuracy" for its K. */
static void print_table(const mixup_metrics *metrics, size_t top_k) {
    char top[48];
    snprintf(top, sizeof top, "top-%zu accuracy", top_k);
    printf("%-24s  %zu\n", "samples", metrics->count);
    for (size_t i = 0; i < MIXUP_COUNT(measurements); i++)
        if (isfinite(value_of(metrics, &measurements[i])))
            printf("%-24s  %.6g\n", measurements[i].words != NULL ? measurements[i].words : top,
                   value_of(metrics, &measurements[i]));
}

/* `width` characters of a name, which may take more bytes, with blanks before or behind it. */
static void print_name(const char *name, int width, bool right) {
    int bytes = 0;
    int characters = 0;
    for (; name[bytes] != '\0'; bytes++) {
        const bool begins = ((unsigned char)name[bytes] & 0xC0) != 0x80; /* of a character in UTF-8 */
        if (begins && characters == width)
            break;
        characters += begins;
    }
    printf("%*s%.*s%*s", right ? width - characters : 0, "", bytes, name, right ? 0 : width - characters, "");
}

static void print_confusion(const uint64_t *confusion, const mixup_dataset_info *info) {
    printf("\nright class (rows) and predicted class (columns)\n%-16s", "");
    for (size_t column = 0; column < info->class_count; column++) {
        putchar(' ');
        print_name(info->class_names[column], 10, true);
    }
    for (size_t row = 0; row < info->class_count; row++) {
        putchar('\n');
        print_name(info->class_names[row], 16, false);
        for (size_t column = 0; column < info->class_count; column++)
            printf(" %10llu", (unsigned long long)confusion[row * info->class_count + column]);
    }
    printf("\n");
}

static mixup_status measure(const arguments *given, mixup_model *model, const mixup_dataset *data) {
    mixup_dataset_info info;
    mixup_dataset_describe(data, &info);
    if (info.target_count == 0)
        return error(MIXUP_ERROR_DATA,
                     "the data have no targets to compare with; use `mixup predict`, or give them "
                     "with --labels or --targets");
    mixup_evaluate_desc desc = {.top_k = arguments_count(given, "top-k", 5),
                                .bins = arguments_count(given, "bins", 15)};
    if (info.class_count > 0 && desc.top_k > info.class_count)
        desc.top_k = info.class_count;
    if (arguments_flag(given, "confusion") && info.class_count == 0)
        return error(MIXUP_ERROR_DATA, "--confusion: the data have no classes, but numbers to predict");
    if (arguments_flag(given, "confusion"))
        MIXUP_TRY(MEMORY_NEW(command_allocator(), desc.confusion, info.class_count * info.class_count));
    mixup_metrics metrics;
    const mixup_status status = mixup_evaluate(model, data, &desc, &metrics);
    if (info.class_count > 0 && desc.top_k == info.class_count && !arguments_given(given, "top-k"))
        metrics.top_k_accuracy = (double)NAN; /* the right class is always among all of them */
    if (status == MIXUP_OK && arguments_flag(given, "json")) {
        print_json(&metrics, desc.confusion, info.class_count);
    } else if (status == MIXUP_OK) {
        print_table(&metrics, desc.top_k);
        if (desc.confusion != NULL)
            print_confusion(desc.confusion, &info);
    }
    memory_release(command_allocator(), desc.confusion);
    return status;
}

static int run(const arguments *given) {
    if (!source_is_given(given, arguments_positional(given, 1)))
        return EXIT_USAGE;
    mixup_model *model = NULL;
    mixup_dataset *data = NULL;
    mixup_status status = source_model(given, arguments_positional(given, 0), &model);
    if (status == MIXUP_OK)
        status = source_data(given, arguments_positional(given, 1), model, &data);
    if (status == MIXUP_OK)
        status = measure(given, model, data);
    mixup_dataset_destroy(data);
    mixup_model_destroy(model);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    OPTION_EXPERIMENT,
    OPTION_PART,
    OPTION_LABELS,
    OPTION_TARGETS,
    {.name = "top-k",
     .kind = OPTION_COUNT,
     .value = "K",
     .least = 1,
     .most = 1e6,
     .help = "also count a class among the K most probable as right (default 5)"},
    {.name = "bins",
     .kind = OPTION_COUNT,
     .value = "N",
     .least = 1,
     .most = 10000,
     .help = "bins of the calibration error (default 15)"},
    {.name = "confusion", .kind = OPTION_FLAG, .help = "also the confusion matrix"},
    {.name = "json", .kind = OPTION_FLAG, .help = "as JSON"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_evaluate = {
    .name = "evaluate",
    .summary = "measure a trained network on data",
    .synopsis = "MODEL [DATA]",
    .least = 1,
    .most = 2,
    .options = options,
    .details =
        "MODEL is a model.safetensors or a run's folder; DATA a .csv, .npy or IDX file with targets, a\n"
        "folder or .tar of JPEG and PNG images in folders named by class, or --experiment FILE.yaml. "
        "Without\n"
        "either, a run's folder brings its own test data.\n",
    .run = run,
};
