/* info: the network of an experiment or of a saved model, layer by layer, and the experiment's data. */
#include "overrides.h"
#include "source.h"

#include "experiment/experiment.h"
#include "tensor/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static shape_text sizes_text(const size_t sizes[MIXUP_MAX_RANK]) {
    shape in = {0};
    while (in.rank < MIXUP_MAX_RANK && sizes[in.rank] > 0) {
        in.sizes[in.rank] = sizes[in.rank];
        in.rank++;
    }
    return shape_to_text(&in);
}

/* ---------------------------------------------------------------- networks */

static mixup_status print_network(const mixup_model *model, bool reasons) {
    size_t input[MIXUP_MAX_RANK];
    mixup_model_input_shape(model, input);
    size_t parameters = 0;
    uint64_t multiply_adds = 0;
    printf("%-20s %-15s %-12s %12s %14s  %s\n", "layer", "op", "output", "parameters", "multiply-adds",
           "mix here");
    printf("%-20s %-15s %-12s %12s %14s  %s\n", "input", "", sizes_text(input).text, "", "", "yes");
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        mixup_layer_info info;
        MIXUP_TRY(mixup_layer_at(model, i, &info));
        printf("%-20s %-15s %-12s %12zu %14" PRIu64 "  %s\n", info.name, info.op_name,
               sizes_text(info.output_shape).text, info.parameters, info.multiply_adds,
               info.site_legal ? "yes"
               : reasons       ? info.site_problem
                               : "no");
        parameters += info.parameters;
        multiply_adds += info.multiply_adds;
    }
    printf("%-20s %-15s %-12s %12zu %14" PRIu64 "\n", "all", "", "", parameters, multiply_adds);
    printf("\nengine: %s\n", mixup_model_engine(model));
    return MIXUP_OK;
}

static mixup_status print_model(const arguments *given, const char *path) {
    mixup_model *model = NULL;
    MIXUP_TRY(source_model(given, path, &model));
    const mixup_status status = print_network(model, !arguments_flag(given, "short"));
    size_t count = 0;
    const char *const *names = mixup_model_class_names(model, &count);
    for (size_t i = 0; status == MIXUP_OK && names != NULL && i < count; i++)
        printf("%s%s", i == 0 ? "outputs: " : ", ", names[i]);
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
        printf("  %-12s %zu epochs, batches of %zu, ", in->variant, in->fit.epochs, in->fit.batch_size);
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
        status = print_network(model, !arguments_flag(given, "short"));
    }
    if (status == MIXUP_OK)
        status = print_variants(file);
    mixup_model_destroy(model);
    experiment_data_clear(&data);
    return status;
}

static mixup_status print_file(const arguments *given, const char *path) {
    overrides changes;
    experiment_file *file = NULL;
    experiment *opened = NULL;
    MIXUP_TRY(overrides_collect(&changes, given));
    mixup_status status = experiment_open(&file, path, changes.items, changes.count, command_allocator());
    overrides_clear(&changes);
    MIXUP_TRY(status);
    status = experiment_resolve(&opened, file,
                                arguments_text(given, "variant", experiment_variant_name(file, 0)), NULL);
    if (status == MIXUP_OK)
        status = print_experiment(given, opened, file);
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
    const mixup_status status = is_yaml(path) ? print_file(given, path) : print_model(given, path);
    return status == MIXUP_OK ? command_finish_output(given) : command_failed(given);
}

static const option options[] = {
    {.name = "variant",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "of an experiment (default: the first one)"},
    {.name = "set", .kind = OPTION_LIST, .value = "KEY=VALUE", .help = "change a key of the experiment"},
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
