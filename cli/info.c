/* info: the network of an experiment or of a saved model, layer by layer, and the experiment's data. */
#include "network_table.h"
#include "overrides.h"
#include "runs.h"
#include "source.h"

#include "experiment/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- models */

static mixup_status print_model(const arguments *given, const char *path) {
    enum { EVALUATION_BATCH = 256 }; /* mixup_evaluate's default */
    mixup_model *model = NULL;
    MIXUP_TRY(source_model(given, path, &model));
    mixup_status status = network_print(model, !arguments_flag(given, "short"));
    if (status == MIXUP_OK && arguments_flag(given, "network"))
        status = network_print_memory(model, NULL, EVALUATION_BATCH);
    size_t count = 0;
    const char *const *names = mixup_model_class_names(model, &count);
    for (size_t i = 0; status == MIXUP_OK && names != NULL && i < count; i++) {
        fputs(i == 0 ? "outputs: " : ", ", stdout);
        runs_print_field(names[i]);
    }
    if (names != NULL && count > 0)
        printf("\n");
    mixup_model_destroy(model);
    return status;
}

/* ---------------------------------------------------------------- experiments */

static void print_part(const char *name, const mixup_dataset *set) {
    if (set == NULL)
        return;
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    printf("  %-12s %9zu samples of %s", name, info.count, sizes_text(info.shape).text);
    if (info.class_count > 0)
        printf(", %zu classes", info.class_count);
    else if (info.target_count > 0)
        printf(", %zu target%s", info.target_count, info.target_count == 1 ? "" : "s");
    printf("\n");
}

static void print_mixing(const settings *in) {
    if (in->fit.mix.alpha == 0.0f) {
        printf("no mixing");
        return;
    }
    printf("%salpha %g at", in->fit.mix.kind == MIXUP_CUTMIX ? "cutmix, " : "", (double)in->fit.mix.alpha);
    for (size_t i = 0; i < in->fit.mix.at_count; i++)
        printf("%s %s", i > 0 ? "," : "", in->fit.mix.at[i]);
    if (in->fit.mix.at_count == 0)
        printf(" the layers that say mix: true");
    if (in->fit.mix.every_steps > 1)
        printf(", one batch in %zu", in->fit.mix.every_steps);
    if (in->fit.mix.alpha_count > 0)
        printf(", alpha by epoch");
}

static mixup_status print_variants(const experiment_file *file) {
    printf("\nvariants\n");
    for (size_t i = 0; i < experiment_variant_count(file); i++) {
        experiment *variant = NULL;
        MIXUP_TRY(experiment_resolve(&variant, file, experiment_variant_name(file, i), NULL));
        const settings *in = experiment_settings(variant);
        printf("  %-12s %zu epoch%s, batches of %zu, ", in->variant, in->fit.epochs,
               in->fit.epochs == 1 ? "" : "s", in->fit.batch_size);
        print_mixing(in);
        printf("\n");
        experiment_destroy(variant);
    }
    return MIXUP_OK;
}

static mixup_status print_experiment(const arguments *given, const experiment *of,
                                     const experiment_file *file) {
    experiment_data data = {0};
    mixup_model *model = NULL;
    const settings *in = experiment_settings(of);
    MIXUP_TRY(experiment_load_data(of, &data));
    mixup_status status = experiment_create_model(of, &data, command_log(given), &model);
    if (status == MIXUP_OK) {
        printf("%s%s%s\n\ndata\n", in->name, in->description != NULL ? ": " : "",
               in->description != NULL ? in->description : "");
        print_part("train", data.train);
        print_part("validation", data.validation);
        print_part("test", data.test);
        printf("\n");
        status = network_print(model, !arguments_flag(given, "short"));
    }
    if (status == MIXUP_OK)
        status = print_variants(file);
    mixup_model_destroy(model);
    experiment_data_clear(&data);
    return status;
}

/* ---------------------------------------------------------------- the network alone */

/* "3,32,32". */
static mixup_status read_input(const char *given, size_t sizes[MIXUP_MAX_RANK]) {
    size_t rank = 0;
    const char *at = given;
    while (rank < MIXUP_MAX_RANK) {
        const size_t digits = strspn(at, "0123456789");
        const unsigned long size = digits > 0 && digits < 10 ? strtoul(at, NULL, 10) : 0;
        if (size == 0)
            break;
        sizes[rank++] = size;
        at += digits;
        if (*at == '\0')
            return MIXUP_OK;
        if (*at++ != ',')
            break;
    }
    return error(MIXUP_ERROR_ARGUMENT, "--input %s: give 1 to %d sizes, such as 3,32,32", given,
                 MIXUP_MAX_RANK);
}

/* What the network sees of the training data: as the options say, else of the data themselves. `data` is the
 * caller's to clear. */
static mixup_status describe_data(const arguments *given, const experiment *of, experiment_data *data,
                                  mixup_dataset_info *info) {
    const char *input = arguments_text(given, "input", NULL);
    if (input != NULL) {
        *info = (mixup_dataset_info){.class_count = arguments_count(given, "classes", 0)};
        info->target_count = info->class_count;
        return read_input(input, info->shape);
    }
    const mixup_status status = experiment_load_data(of, data);
    if (status != MIXUP_OK)
        return error(status, "%s (without its data: --input 3,32,32 --classes 10)", mixup_last_error());
    mixup_dataset_describe(data->train, info);
    return MIXUP_OK;
}

static mixup_status print_only_network(const arguments *given, const experiment *of) {
    experiment_data data = {0};
    mixup_dataset_info info;
    mixup_fit_desc fit = experiment_settings(of)->fit;
    mixup_model *model = NULL;
    mixup_status status = describe_data(given, of, &data, &info);
    if (status == MIXUP_OK)
        status = experiment_create_model_for(of, &info, command_log(given), &model);
    if (status == MIXUP_OK)
        status = network_print(model, !arguments_flag(given, "short"));
    if (status == MIXUP_OK)
        status = network_print_memory(model, &fit, fit.batch_size);
    mixup_model_destroy(model);
    experiment_data_clear(&data);
    return status;
}

static mixup_status print_file(const arguments *given, const char *path) {
    overrides changes;
    experiment_file *file = NULL;
    experiment *opened = NULL;
    MIXUP_TRY(overrides_collect(&changes, given));
    const bool network = arguments_flag(given, "network");
    mixup_status status =
        (network ? experiment_open_network : experiment_open)(&file, path, changes.items, changes.count,
                                                              command_allocator());
    overrides_clear(&changes);
    MIXUP_TRY(status);
    status = experiment_resolve(&opened, file,
                                arguments_text(given, "variant", experiment_variant_name(file, 0)), NULL);
    if (status == MIXUP_OK)
        status = network ? print_only_network(given, opened) : print_experiment(given, opened, file);
    experiment_destroy(opened);
    experiment_close(file);
    return status;
}

static bool is_yaml(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int run(const arguments *given) {
    const char *path = arguments_positional(given, 0);
    if (!overrides_are_whole(given))
        return EXIT_USAGE;
    const bool described = arguments_given(given, "input") || arguments_given(given, "classes");
    if (described && !(is_yaml(path) && arguments_flag(given, "network")))
        return command_misused(given, "--input and --classes go with --network EXPERIMENT.yaml");
    if (arguments_given(given, "classes") && !arguments_given(given, "input"))
        return command_misused(given, "--classes goes with --input, the shape of a sample");
    const mixup_status status = is_yaml(path) ? print_file(given, path) : print_model(given, path);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "variant",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "of an experiment (default: the first one)"},
    {.name = "set", .kind = OPTION_LIST, .value = "KEY=VALUE", .help = "change a key of the experiment"},
    {.name = "network",
     .kind = OPTION_FLAG,
     .help = "the network alone, with the memory that it takes; of --variant, or the first one"},
    {.name = "input",
     .kind = OPTION_TEXT,
     .value = "SIZES",
     .help = "with --network, instead of opening the data: the shape of a sample, such as 3,32,32"},
    {.name = "classes",
     .kind = OPTION_COUNT,
     .value = "N",
     .least = 1,
     .most = 1e6,
     .help = "with --input: the number of classes, or of target columns"},
    {.name = "short", .kind = OPTION_FLAG, .help = "do not say why a layer's input cannot be mixed"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_info = {
    .name = "info",
    .summary = "show the network and the data of an experiment, or a saved model",
    .synopsis = "EXPERIMENT.yaml or MODEL",
    .least = 1,
    .most = 1,
    .options = options,
    .details = "MODEL is a model.safetensors or a run's folder.\n",
    .run = run,
};
