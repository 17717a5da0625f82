/* Experiments: what counts over what, variants, names of repeated layers, resolved files, comparison. */
#include "experiment_text.h"
#include "support/failing_allocator.h"

#include "experiment/schema.h"

typedef struct opened {
    temporary_folder folder;
    experiment_file *file;
    experiment *experiment;
} opened;

/* Opens and resolves a variant; both must succeed. */
static const settings *open_variant(opened *out, const char *yaml, const char *const *overrides, size_t count,
                                    const char *variant) {
    temporary_folder_make(&out->folder);
    if (open_text(&out->folder, yaml, overrides, count, &out->file) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    if (experiment_resolve(&out->experiment, out->file, variant, NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return experiment_settings(out->experiment);
}

static void close_variant(opened *in) {
    experiment_destroy(in->experiment);
    experiment_close(in->file);
    temporary_folder_remove(&in->folder);
}

static const char layered[] =
    SMALL "training: {epochs: 5, batch_size: 7, optimizer: {kind: sgd, momentum: 0.5}}\n"
          "mix: {alpha: 2, at: [input, dense2]}\n"
          "variants:\n"
          "  plain: {mix: {at: []}}\n"
          "  short: {training: {epochs: 2, optimizer: {learning_rate: 0.5}}}\n"
          "  nothing: {}\n"
          "  empty:\n";

static void a_variant_counts_over_the_file_and_an_override_over_both(void **state) {
    (void)state;
    opened in;
    const settings *found = open_variant(&in, layered, NULL, 0, "short");
    assert_int_equal(found->fit.epochs, 2);
    assert_int_equal(found->fit.batch_size, 7);
    assert_true(found->fit.optimizer.momentum == 0.5f); /* deep: the rest of the mapping stays */
    assert_true(found->fit.optimizer.learning_rate == 0.5f);
    assert_string_equal(found->variant, "short");
    close_variant(&in);
    static const char *const overrides[] = {"training.epochs=9", "mix.at=[dense2]", "training.epochs=11"};
    found = open_variant(&in, layered, overrides, 3, "short");
    assert_int_equal(found->fit.epochs, 11);      /* the last one of two */
    assert_int_equal(found->fit.mix.at_count, 1); /* lists replace */
    assert_string_equal(found->fit.mix.at[0], "dense2");
    close_variant(&in);
}

static void variants_keep_their_order_and_may_be_empty(void **state) {
    (void)state;
    opened in;
    open_variant(&in, layered, NULL, 0, "empty");
    assert_int_equal(experiment_variant_count(in.file), 4);
    assert_string_equal(experiment_variant_name(in.file, 0), "plain");
    assert_string_equal(experiment_variant_name(in.file, 3), "empty");
    experiment *none = NULL;
    assert_int_equal(experiment_resolve(&none, in.file, "shrt", NULL), MIXUP_ERROR_NOT_FOUND);
    assert_non_null(strstr(mixup_last_error(), "short"));
    close_variant(&in);
    open_variant(&in, SMALL, NULL, 0, NULL);
    assert_int_equal(experiment_variant_count(in.file), 1);
    assert_string_equal(experiment_variant_name(in.file, 0), "default");
    close_variant(&in);
}

/* stride and groups mean something else, with another default, for each of several ops. */
static void a_default_is_that_of_the_op(void **state) {
    (void)state;
    opened in;
    const settings *found = open_variant(&in,
                                         SMALL_DATA "network:\n"
                                                    "  - {op: conv2d, filters: 32, kernel: 3}\n"
                                                    "  - {op: max_pool, kernel: 3}\n"
                                                    "  - {op: upsample}\n"
                                                    "  - {op: group_norm}\n",
                                         NULL, 0, NULL);
    assert_int_equal(found->layers[0].layer.stride[0], 1);
    assert_int_equal(found->layers[0].layer.groups, 1);
    assert_int_equal(found->layers[1].layer.stride[0], 0); /* as the kernel */
    assert_int_equal(found->layers[2].layer.stride[0], 2);
    assert_int_equal(found->layers[3].layer.groups, 32);
    close_variant(&in);
}

/* Opens the variant with its data, which is two-dimensional in two classes, and makes its model. */
static mixup_model *model_of_variant(opened *out, const char *yaml, const char *variant) {
    mixup_model *model = NULL;
    experiment_data data = {0};
    open_variant(out, yaml, NULL, 0, variant);
    if (experiment_load_data(out->experiment, &data) != MIXUP_OK ||
        experiment_create_model(out->experiment, &data, (mixup_log){0}, &model) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    experiment_data_clear(&data);
    return model;
}

static void expect_layer(const mixup_model *model, const char *name, size_t width) {
    mixup_layer_info info;
    for (size_t i = 0; i < mixup_layer_count(model); i++) {
        assert_int_equal(mixup_layer_at(model, i, &info), MIXUP_OK);
        if (strcmp(info.name, name) != 0)
            continue;
        assert_int_equal(info.output_shape[0], width);
        return;
    }
    fail_msg("there is no layer %s", name);
}

static const char ready_made[] =
    SMALL_DATA "network: {kind: mlp, widths: [6, 5], bottleneck: 3}\n"
               "mix: {alpha: 1, at: [after_stage1, after_bottleneck]}\n"
               "variants:\n"
               "  as_it_is: {}\n"
               "  narrow: {network: {bottleneck: 2, widths: [4]}}\n"
               "  other: {network: [{op: dense, units: 2, activation: softmax}], mix: {at: []}}\n";

static void a_variant_changes_keys_of_a_ready_made_network_or_replaces_it(void **state) {
    (void)state;
    opened in;
    mixup_model *model = model_of_variant(&in, ready_made, "as_it_is");
    expect_layer(model, "fc2", 5);
    expect_layer(model, "bottleneck", 3);
    expect_layer(model, "output", 2); /* classes of the data */
    mixup_model_destroy(model);
    size_t count = 9;
    assert_null(experiment_layers(in.experiment, &count));
    assert_int_equal(count, 0);
    close_variant(&in);
    model = model_of_variant(&in, ready_made, "narrow");
    expect_layer(model, "fc1", 4);
    expect_layer(model, "bottleneck", 2);
    mixup_model_destroy(model);
    close_variant(&in);
    model = model_of_variant(&in, ready_made, "other");
    assert_int_equal(mixup_layer_count(model), 1);
    mixup_model_destroy(model);
    close_variant(&in);
}

static void a_ready_made_network_ends_as_its_loss_asks(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        float sum; /* of the two outputs for any sample; 0: no fixed one */
    } rows[] = {
        {SMALL_DATA "network: {kind: mlp, widths: [3]}\n", 1.0f},
        {SMALL_DATA "network: {kind: mlp, widths: [3]}\ntraining: {loss: softmax_binary}\n", 1.0f},
        {SMALL_DATA "network: {kind: mlp, widths: [3]}\ntraining: {loss: sigmoid_binary}\n", 0.0f},
        {SMALL_DATA "network: {kind: mlp, widths: [3]}\ntraining: {loss: mean_squared_error}\n", 0.0f},
        {SMALL_DATA "network: {kind: mlp, widths: [3], output: linear}\n", 0.0f},
    };
    for (size_t i = 0; i < MIXUP_COUNT(rows); i++) {
        opened in;
        const float point[2] = {0.3f, -0.2f};
        float output[2];
        mixup_model *model = model_of_variant(&in, rows[i].yaml, NULL);
        assert_int_equal(mixup_predict(model, 1, point, output), MIXUP_OK);
        const float off = output[0] + output[1] - 1.0f;
        assert_true((off * off < 1e-10f) == (rows[i].sum > 0.0f));
        mixup_model_destroy(model);
        close_variant(&in);
    }
}

/* What only the data show: names the place all the same. */
static void a_ready_made_network_that_does_not_fit_the_data_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *words;
    } rows[] = {
        {SMALL_DATA "network: {kind: lenet}\n", "my.yaml:2:10: network: lenet takes images"},
        {SMALL_DATA "network: {kind: mlp, classes: 3}\n", "my.yaml:2:31: network: ends in 3 outputs"},
        {SMALL_DATA "network: {kind: mlp}\nmix: {alpha: 1, at: [after_stage4]}\n",
         "my.yaml:3:22: mix.at: there is no layer 'after_stage4'; did you mean 'after_stage"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(rows); i++) {
        opened in;
        experiment_data data = {0};
        mixup_model *model = NULL;
        open_variant(&in, rows[i].yaml, NULL, 0, NULL);
        assert_int_equal(experiment_load_data(in.experiment, &data), MIXUP_OK);
        assert_int_not_equal(experiment_create_model(in.experiment, &data, (mixup_log){0}, &model), MIXUP_OK);
        if (strstr(mixup_last_error(), rows[i].words) == NULL)
            fail_msg("'%s' is not in '%s'", rows[i].words, mixup_last_error());
        experiment_data_clear(&data);
        close_variant(&in);
    }
}

static void an_empty_list_of_sites_is_no_mixing(void **state) {
    (void)state;
    opened in;
    const settings *found = open_variant(&in, layered, NULL, 0, "plain");
    assert_true(found->fit.mix.alpha == 0.0f);
    close_variant(&in);
}

static void null_puts_a_key_back_to_its_default(void **state) {
    (void)state;
    opened in;
    static const char *const overrides[] = {"training.optimizer=null", "training.batch_size=~"};
    const settings *found = open_variant(&in, layered, overrides, 2, "nothing");
    assert_int_equal(found->fit.optimizer.kind, MIXUP_ADAM);
    assert_true(found->fit.optimizer.learning_rate == 1e-3f);
    assert_int_equal(found->fit.batch_size, 32);
    close_variant(&in);
}

static void defaults_that_depend_on_a_choice_are_filled_in(void **state) {
    (void)state;
    opened in;
    const settings *found =
        open_variant(&in,
                     SMALL_DATA
                     "network: [{op: dense, units: 2, activation: leaky_relu}, {op: dense, units: 2, "
                     "activation: elu}]\ntraining: {optimizer: {kind: nesterov}}\n",
                     NULL, 0, NULL);
    assert_true(found->layers[0].layer.slope == 0.01f);
    assert_true(found->layers[1].layer.slope == 1.0f);
    assert_true(found->fit.optimizer.momentum == 0.9f);
    assert_true(found->fit.optimizer.learning_rate == 1e-2f);
    assert_int_equal(found->layers[0].layer.initial, MIXUP_GLOROT_UNIFORM);
    assert_string_equal(found->name, "my");
    close_variant(&in);
}

static void repeated_layers_are_numbered(void **state) {
    (void)state;
    opened in;
    open_variant(&in,
                 SMALL_DATA "network:\n  - {op: dense, units: 4, name: wide, repeat: 3, from: input}\n"
                            "  - {op: dense, units: 2, name: last}\n",
                 NULL, 0, NULL);
    size_t count = 0;
    const mixup_layer *layers = experiment_layers(in.experiment, &count);
    assert_int_equal(count, 4);
    assert_string_equal(layers[0].name, "wide1");
    assert_string_equal(layers[0].from, "input");
    assert_string_equal(layers[2].name, "wide3");
    assert_null(layers[2].from); /* a copy reads the one before it */
    assert_string_equal(layers[3].name, "last");
    close_variant(&in);
}

static void anchors_carry_settings(void **state) {
    (void)state;
    opened in;
    const settings *found = open_variant(
        &in,
        SMALL_DATA
        "network: [&hidden {op: dense, units: 4, activation: tanh}, *hidden, {op: dense, units: 2}]\n",
        NULL, 0, NULL);
    assert_int_equal(found->layer_count, 3);
    assert_int_equal(found->layers[1].layer.activation, MIXUP_TANH);
    close_variant(&in);
}

static void paths_are_relative_to_the_file(void **state) {
    (void)state;
    opened in;
    const settings *found = open_variant(&in,
                                         "data: {train: {format: csv, path: sub/../x.csv, label: y}, test: "
                                         "{format: csv, path: /abs.csv}}\n" SMALL_NETWORK,
                                         NULL, 0, NULL);
    char expected[200];
    snprintf(expected, sizeof expected, "%s/sub/../x.csv", in.folder.path);
    assert_string_equal(found->train.csv.path, expected);
    assert_string_equal(found->test.csv.path, "/abs.csv");
    close_variant(&in);
    found = open_variant(&in,
                         "data: {train: {format: svhn, files: [a.mat, /abs.mat]}, test: {format: svhn, "
                         "files: b.mat}}\n" SMALL_NETWORK,
                         NULL, 0, NULL);
    snprintf(expected, sizeof expected, "%s/a.mat", in.folder.path);
    assert_int_equal(found->train.svhn.file_count, 2);
    assert_string_equal(found->train.svhn.files[0], expected);
    assert_string_equal(found->train.svhn.files[1], "/abs.mat");
    assert_int_equal(found->test.svhn.file_count, 1);
    snprintf(expected, sizeof expected, "%s/b.mat", in.folder.path);
    assert_string_equal(found->test.svhn.files[0], expected);
    close_variant(&in);
}

static void errors_in_variants_and_overrides_say_where(void **state) {
    (void)state;
    EXPECT_REFUSAL(SMALL "variants:\n  a: {}\n  b: {training: {epochs: 0}}\n",
                   "my.yaml:7:", "training.epochs", "must be a whole number");
    EXPECT_REFUSAL(SMALL "variants:\n  b: {trainin: {epochs: 1}}\n", "my.yaml:6:", "did you mean 'training'");
    EXPECT_REFUSAL(SMALL "variants:\n  b: {name: x}\n", "my.yaml:6:", "cannot differ");
    EXPECT_REFUSAL(SMALL "variants:\n  a/b: {}\n", "my.yaml:6:", "names a folder");
    EXPECT_REFUSAL(SMALL "variants:\n  ..: {}\n", "names a folder");
    EXPECT_REFUSAL(SMALL "variants:\n  a: 3\n", "my.yaml:6:", "mapping");
    static const struct {
        const char *override, *message;
    } cases[] = {
        {"training.epochs=many", "--set training.epochs: is the text 'many'"},
        {"training.epoch=3", "did you mean 'epochs'"},
        {"training.epochs=", "the value is missing"},
        {"training.epochs=[1", "--set training.epochs"},
        {"training..epochs=1", "a word of the key is missing"},
        {".epochs=1", "a word of the key is missing"},
        {"training.=1", "a word of the key is missing"},
        {"nonsense", "KEY=VALUE"},
        {"=3", "KEY=VALUE"},
        {"variants.a=3", "--variant"},
        {"training=3", "must be a mapping"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        const char *const texts[] = {cases[i].message};
        expect_refusal(SMALL, &cases[i].override, 1, texts, 1);
    }
}

static const char rich[] =
    "name: rich\n"
    "description: \"all: of it\"\n"
    "seed: 18446744073709551615\n"
    "threads: 2\n"
    "data:\n"
    "  train: {format: csv, path: \"my data.csv\", separator: ';', label: \"12\", ignore: [\"a b\", id], "
    "missing: mean}\n"
    "  test: {format: csv, path: t.csv, header: false}\n"
    "  validation: {fraction: 0.3, stratified: true, seed: 3}\n"
    "  standardize: true\n"
    "network:\n"
    "  - {op: reshape, shape: [2, 3]}\n"
    "  - {op: flatten, name: flat}\n"
    "  - {op: dense, units: 6, activation: elu, slope: 0.7, bias: false, initial: constant, initial_value: "
    "0.1, repeat: 2}\n"
    "  - {op: dropout, rate: 0.3}\n"
    "  - {op: add, with: [flat]}\n"
    "  - {op: dense, units: 2, activation: softmax, mix: true, frozen: true}\n"
    "training:\n"
    "  epochs: 3\n"
    "  shuffle: false\n"
    "  loss: softmax_binary\n"
    "  label_smoothing: 0.1\n"
    "  class_weights: [1, 0.3333333333]\n"
    "  optimizer: {kind: rmsprop, learning_rate: 0.1, rho: 0.7, momentum: 0.3, epsilon_convention: keras, "
    "clip_norm: 1}\n"
    "  schedule: {kind: multi_step, epochs: [1, 2], factor: 0.3, warm_up_steps: 5}\n"
    "  checkpoint: {every_steps: 3}\n"
    "mix: {kind: cutmix, alpha: 0.1, at: [input, flat], weights: [0.2, 1], per_sample: true, "
    "plain_probability: 0.5, every_steps: 2, alpha_epochs: [1, 3], alpha_factors: [0, 1.1]}\n"
    "metrics: {top_k: 2}\n";

static void a_resolved_file_means_the_same(void **state) {
    (void)state;
    opened in;
    opened again;
    open_variant(&in, rich, NULL, 0, NULL);
    const mixup_allocator allocator = plain_allocator();
    text yaml;
    text_init(&yaml, &allocator);
    assert_int_equal(experiment_to_yaml(in.experiment, MIXUP_ENGINE_REFERENCE, 3, &yaml), MIXUP_OK);
    const settings *found = open_variant(&again, yaml.data, NULL, 0, NULL);
    assert_int_equal(found->engine, MIXUP_ENGINE_REFERENCE);
    assert_int_equal(found->threads, 3);
    assert_true(found->seed == UINT64_MAX);
    assert_true(found->fit.class_weights[1] == 0.3333333333f);
    assert_int_equal(found->fit.mix.kind, MIXUP_CUTMIX);
    assert_int_equal(found->fit.mix.alpha_count, 2);
    assert_int_equal(found->fit.mix.alpha_epochs[1], 3);
    assert_true(found->fit.mix.alpha_factors[1] == 1.1f);
    text second;
    text_init(&second, &allocator);
    assert_int_equal(experiment_to_yaml(again.experiment, MIXUP_ENGINE_REFERENCE, 3, &second), MIXUP_OK);
    assert_string_equal(yaml.data, second.data);
    text_clear(&second);
    text_clear(&yaml);
    close_variant(&again);
    close_variant(&in);
}

static bool same_training(const char *yaml, const char *override, char *why, size_t size) {
    opened a;
    opened b;
    open_variant(&a, yaml, NULL, 0, NULL);
    open_variant(&b, yaml, &override, 1, NULL);
    const mixup_allocator allocator = plain_allocator();
    text difference;
    text_init(&difference, &allocator);
    bool same = false;
    assert_int_equal(experiment_compare(a.experiment, b.experiment, &same, &difference), MIXUP_OK);
    snprintf(why, size, "%s", difference.data != NULL ? difference.data : "");
    text_clear(&difference);
    close_variant(&b);
    close_variant(&a);
    return same;
}

static void only_what_changes_the_training_makes_experiments_differ(void **state) {
    (void)state;
    char why[300];
    assert_true(same_training(SMALL, "description=another", why, sizeof why));
    assert_true(same_training(SMALL, "name=another", why, sizeof why));
    assert_true(same_training(SMALL, "threads=4", why, sizeof why)); /* the other one leaves it open */
    assert_true(same_training(SMALL, "training.checkpoint.every_steps=4", why, sizeof why));
    assert_true(same_training(SMALL, "training.load_threads=2", why, sizeof why));
    assert_true(same_training(SMALL, "training.epochs=1", why, sizeof why)); /* the default */
    assert_false(same_training(SMALL, "training.epochs=4", why, sizeof why));
    assert_string_equal(why, "training.epochs: 1, not 4");
    assert_false(same_training(SMALL, "seed=4", why, sizeof why));
    assert_false(same_training(SMALL, "network=[{op: dense, units: 2}]", why, sizeof why));
    assert_false(same_training(SMALL, "training.class_weights=[1, 2]", why, sizeof why));
    assert_false(same_training("threads: 2\n" SMALL, "threads=4", why, sizeof why));
    assert_string_equal(why, "threads: 2, not 4");
    assert_true(same_training("engine: reference\nthreads: 2\n" SMALL, "threads=4", why, sizeof why));
}

static void the_demonstrations_are_right(void **state) {
    (void)state;
    static const char *const names[] = {"spiral", "bottleneck_2", "bottleneck_12"};
    static const size_t layers[] = {8, 7, 10};
    const mixup_allocator allocator = plain_allocator();
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        char path[100];
        snprintf(path, sizeof path, "experiments/demonstrations/%s.yaml", names[i]);
        experiment_file *file = NULL;
        experiment *manifold = NULL;
        if (experiment_open(&file, path, NULL, 0, &allocator) != MIXUP_OK)
            fail_msg("%s", mixup_last_error());
        assert_int_equal(experiment_resolve(&manifold, file, "manifold", NULL), MIXUP_OK);
        size_t count = 0;
        experiment_layers(manifold, &count);
        assert_int_equal(count, layers[i]);
        const settings *found = experiment_settings(manifold);
        assert_string_equal(found->name, names[i]);
        assert_int_equal(found->fit.epochs, 24);
        assert_true(found->fit.optimizer.epsilon == 1e-7f);
        assert_int_equal(found->fit.optimizer.epsilon_convention, MIXUP_EPSILON_KERAS);
        assert_true(found->fit.mix.alpha == (i == 2 ? 2.0f : 1.0f));
        assert_true(found->fit.mix.at_count > 0);
        experiment_destroy(manifold);
        experiment_close(file);
    }
}

static void the_templates_are_right(void **state) {
    (void)state;
    static const char *const names[] = {"csv", "images", "arrays", "folders"};
    const mixup_allocator allocator = plain_allocator();
    for (size_t i = 0; i < MIXUP_COUNT(names); i++) {
        char path[100];
        snprintf(path, sizeof path, "experiments/templates/%s.yaml", names[i]);
        experiment_file *file = NULL;
        if (experiment_open(&file, path, NULL, 0, &allocator) != MIXUP_OK)
            fail_msg("%s", mixup_last_error());
        experiment_close(file);
    }
}

static void missing_cells_learn_nothing_from_the_test_part(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    static const char table[] = "x,kind\n1,a\n,b\n3,a\n2000,b\n";
    write_bytes(temporary_file(&folder, "t.csv"), table, sizeof table - 1);
    experiment_file *file = NULL;
    experiment *made = NULL;
    experiment_data data = {0};
    assert_int_equal(open_text(&folder,
                               "data:\n  train: {format: csv, path: t.csv, label: kind, missing: mean}\n"
                               "  test: {last: 1}\n" SMALL_NETWORK,
                               NULL, 0, &file),
                     MIXUP_OK);
    assert_int_equal(experiment_resolve(&made, file, NULL, NULL), MIXUP_OK);
    assert_int_equal(experiment_load_data(made, &data), MIXUP_OK);
    float value = 0.0f;
    assert_int_equal(mixup_dataset_read(data.train, &(size_t){1}, 1, &value, NULL), MIXUP_OK);
    assert_true(value == 2.0f);
    experiment_data_clear(&data);
    experiment_destroy(made);
    experiment_close(file);
    temporary_folder_remove(&folder);
}

static void factors_are_generated_for_each_part(void **state) {
    (void)state;
    opened in;
    experiment_data data = {0};
    open_variant(&in,
                 "data:\n  train: {format: factors, task: b, count: 5, factor_alpha: 1, seed: 3}\n"
                 "  test: {format: factors, task: b, count: 7}\n" SMALL_NETWORK,
                 NULL, 0, NULL);
    assert_int_equal(experiment_load_data(in.experiment, &data), MIXUP_OK);
    mixup_dataset_info info;
    int32_t labels[7];
    mixup_dataset_describe(data.train, &info);
    assert_int_equal(info.count, 5);
    assert_int_equal(mixup_dataset_labels(data.train, labels), MIXUP_ERROR_UNSUPPORTED); /* mixed */
    mixup_dataset_describe(data.test, &info);
    assert_int_equal(info.count, 7);
    assert_string_equal(info.class_names[1], "positive");
    assert_int_equal(mixup_dataset_labels(data.test, labels), MIXUP_OK);
    const settings *found = experiment_settings(in.experiment);
    assert_int_equal(found->train.factors.part, MIXUP_FACTORS_TRAIN);
    assert_int_equal(found->test.factors.part, MIXUP_FACTORS_TEST);
    assert_int_equal(found->train.factors.task, MIXUP_FACTORS_B);
    experiment_data_clear(&data);
    close_variant(&in);
}

static mixup_status open_and_resolve(const mixup_allocator *allocator, void *user) {
    experiment_file *file = NULL;
    experiment *made = NULL;
    static const char *const overrides[] = {"training.epochs=2", "mix.weights=[1, 2]"};
    mixup_status status = experiment_open(&file, user, overrides, 2, allocator);
    if (status == MIXUP_OK)
        status = experiment_resolve(&made, file, "a", NULL);
    text yaml;
    text_init(&yaml, allocator);
    if (status == MIXUP_OK)
        status = experiment_to_yaml(made, MIXUP_ENGINE_AUTO, 1, &yaml);
    text_clear(&yaml);
    experiment_destroy(made);
    experiment_close(file);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    char yaml[4000];
    snprintf(yaml, sizeof yaml, "%svariants: {a: {training: {epochs: 9, optimizer: {clip_norm: 2}}}}\n",
             rich);
    char path[400];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "rich.yaml"));
    write_bytes(path, yaml, strlen(yaml));
    assert_true(fail_every_allocation(open_and_resolve, path) > 5);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variant_counts_over_the_file_and_an_override_over_both),
        cmocka_unit_test(variants_keep_their_order_and_may_be_empty),
        cmocka_unit_test(a_default_is_that_of_the_op),
        cmocka_unit_test(a_variant_changes_keys_of_a_ready_made_network_or_replaces_it),
        cmocka_unit_test(a_ready_made_network_ends_as_its_loss_asks),
        cmocka_unit_test(a_ready_made_network_that_does_not_fit_the_data_is_refused),
        cmocka_unit_test(an_empty_list_of_sites_is_no_mixing),
        cmocka_unit_test(null_puts_a_key_back_to_its_default),
        cmocka_unit_test(defaults_that_depend_on_a_choice_are_filled_in),
        cmocka_unit_test(repeated_layers_are_numbered),
        cmocka_unit_test(anchors_carry_settings),
        cmocka_unit_test(paths_are_relative_to_the_file),
        cmocka_unit_test(errors_in_variants_and_overrides_say_where),
        cmocka_unit_test(a_resolved_file_means_the_same),
        cmocka_unit_test(only_what_changes_the_training_makes_experiments_differ),
        cmocka_unit_test(the_demonstrations_are_right),
        cmocka_unit_test(the_templates_are_right),
        cmocka_unit_test(missing_cells_learn_nothing_from_the_test_part),
        cmocka_unit_test(factors_are_generated_for_each_part),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
