/* Rules of the schema that involve several keys: what contradicts itself or would do nothing is refused, with
 * what would be right; what is turned off on purpose is not. */
#include "experiment_text.h"

#include "experiment/schema.h"

static void expect_accepted(const char *yaml, const char *const *overrides, size_t count) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    experiment_file *file = NULL;
    if (open_text(&folder, yaml, overrides, count, &file) != MIXUP_OK)
        fail_msg("%s\n%s", mixup_last_error(), yaml);
    experiment_close(file);
    temporary_folder_remove(&folder);
}

/* What `extends`, a variant or a hand that turns a switch leaves behind. */
static void what_is_turned_off_on_purpose_may_keep_its_settings(void **state) {
    (void)state;
    static const char *const off[] = {"mix.alpha=0", "data.augment.horizontal_flip=false"};
    static const char *const null_alpha = "mix.alpha=null";
    static const char flips[] =
        "data: {train: {format: spirals}, augment: {flip_probability: 0.2, horizontal_flip: true}}\n" //
        SMALL_NETWORK "mix: {alpha: 1, at: [input], clamp_lambda: true}\n";
    expect_accepted(flips, NULL, 0);
    expect_accepted(flips, off, MIXUP_COUNT(off));
    expect_accepted(SMALL "mix: {at: []}\n", NULL, 0);
    expect_accepted(SMALL "mix: {clamp_lambda: false}\n", NULL, 0);
    expect_accepted(SMALL "mix: {at: [input]}\nvariants: {none: {}, input: {mix: {alpha: 1}}}\n", NULL, 0);
    expect_accepted(SMALL "mix: {at: [input], kind: cutmix}\nmade_by: {mixup: \"0\"}\n", NULL, 0);
    expect_accepted(SMALL "mix: {alpha: 1, at: [input]}\n", &null_alpha, 1);
    EXPECT_REFUSAL(SMALL "mix: {at: [input]}\nvariants: {none: {}, more: {training: {epochs: 2}}}\n",
                   "mix.at: has no meaning without alpha");
}

static void what_other_libraries_call_a_layer_is_understood(void **state) {
    (void)state;
    static const char network[] = SMALL_DATA "network: [{op: %s}]\n";
    static const char *const words[][2] = {
        {"linear", "did you mean 'dense'?"},
        {"avgpool", "did you mean 'average_pool'?"},
        {"conv", "did you mean 'conv2d'?"},
        {"maxpool", "did you mean 'max_pool'?"},
        {"relu", "write activation: relu in the layer before it, or {op: activation, activation: relu}"},
        {"softmax", "an activation; write activation: softmax"},
        {"rnn", "it must be flatten, "},
    };
    for (size_t i = 0; i < MIXUP_COUNT(words); i++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml, network, words[i][0]);
        expect_refusal(yaml, NULL, 0,
                       (const char *const[]){"my.yaml:2:", "network[0].op: is the text", words[i][1]}, 3);
    }
}

static void what_would_do_nothing_is_refused(void **state) {
    (void)state;
    static const char data[] = "data: {train: {format: spirals}, test: {last: 3, seed: 1}}\n" SMALL_NETWORK;
    EXPECT_REFUSAL(data, "my.yaml:1:", "data.test.seed: has no meaning with first and last", "fraction");
    EXPECT_REFUSAL("data: {train: {format: npy, inputs: a, labels: b, keep: disk, memory_limit: 5}}\n" //
                   SMALL_NETWORK,
                   "my.yaml:1:", "data.train.memory_limit: has no meaning with keep: disk");
    EXPECT_REFUSAL(SMALL "training: {schedule: {minimum: 1e-4}}\n",
                   "training.schedule.minimum: has no meaning with kind constant");
    EXPECT_REFUSAL(SMALL "training: {optimizer: {kind: adamw, weight_decay: 1, decoupled: false}}\n",
                   "training.optimizer.decoupled: is false", "kind adam");
    EXPECT_REFUSAL(SMALL "training: {optimizer: {kind: adamw, weight_decay: 1, decoupled: true}}\n",
                   "training.optimizer.decoupled: has no meaning with kind adamw", "leave it out");
    EXPECT_REFUSAL(SMALL "report: [{kind: scatter, layer: dense1, range: [0, 1]}]\n",
                   "my.yaml:5:", "report[0].range", "`uniform`");
    EXPECT_REFUSAL(SMALL_DATA "network: [{op: dense, units: 2, activation: softmax, mix: true}]\n",
                   "my.yaml:2:", "mix.alpha: is missing");
    expect_accepted(SMALL_DATA "network: [{op: dense, units: 2, activation: softmax, mix: true}]\n"
                               "mix: {alpha: 0}\n",
                    NULL, 0);
    expect_accepted(SMALL "training: {schedule: {kind: cosine, minimum: 1e-4}}\n", NULL, 0);
}

static void a_key_in_the_wrong_section_is_told_the_right_one(void **state) {
    (void)state;
    EXPECT_REFUSAL(SMALL "epochs: 5\n", "my.yaml:5:1: epochs: no such key; did you mean 'training.epochs'?");
    EXPECT_REFUSAL(SMALL "training: {learning_rate: 1}\n",
                   "did you mean 'training.optimizer.learning_rate'?");
    EXPECT_REFUSAL(SMALL "training: {momentum: 1}\n", "did you mean 'training.optimizer.momentum'?");
    EXPECT_REFUSAL(SMALL "training: {alpha: 1}\n", "did you mean 'mix.alpha'?");
}

static void a_value_in_place_of_a_section_is_told_what_is_wanted(void **state) {
    (void)state;
    static const char *const given[][3] = {
        {"network=5", "--set network: is 5; it must be a list of mappings ({op: ...} each), or one mapping",
         "({kind: ...}); `mixup help network`"},
        {"report=1", "--set report: is 1; it must be a list of mappings ({kind: ...} each);",
         "`mixup help report`"},
        {"network=[dense]", "--set network: network[0]: is the text 'dense'", "here {op: dense}"},
        {"training.optimizer=sgd", "--set training.optimizer: is the text 'sgd'", "here {kind: sgd}"},
        {"data.test=0.2", "--set data.test: is 0.2; it must be a mapping", "`mixup help data.test`"},
        {"network.0.units=5", "--set network.0.units: network is a list", "set it as a whole"},
        {"network[0].units=5", "--set network[0].units: network is a list", "set it as a whole"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(given); i++)
        expect_refusal(SMALL, &given[i][0], 1, &given[i][1], 2);
    expect_accepted(SMALL, (const char *const[]){"network.kind=mlp"}, 1); /* in place of the list */
}

static void several_wrong_combinations_are_refused(void **state) {
    (void)state;
    EXPECT_REFUSAL("data: {train: {format: images, path: a, size: [3]}}\n" SMALL_NETWORK,
                   "my.yaml:1:", "data.train.size: has one number");
    EXPECT_REFUSAL("data: {train: {format: csv, path: a}}\n" SMALL_NETWORK, "data.train", "label", "targets");
    EXPECT_REFUSAL("data: {train: {format: csv, path: a, label: b, targets: [c]}}\n" SMALL_NETWORK, "either");
    EXPECT_REFUSAL("data: {train: {format: spirals}, test: {stratified: true}}\n" SMALL_NETWORK,
                   "my.yaml:1:", "data.test", "exactly one");
    EXPECT_REFUSAL("data: {train: {format: spirals}, test: {first: 2, count: 3}}\n" SMALL_NETWORK,
                   "several of");
    EXPECT_REFUSAL("data: {train: {format: spirals}, test: {first: 2, stratified: true}}\n" SMALL_NETWORK,
                   "stratified has no meaning");
    EXPECT_REFUSAL("data: {train: {format: spirals}, test: {format: csv, path: a}}\n" SMALL_NETWORK,
                   "data.test", "csv");
    EXPECT_REFUSAL("data: {train: {format: idx, images: a, labels: b, class_count: 3, class_names: [x, "
                   "y]}}\n" SMALL_NETWORK,
                   "class_names", "2 names for 3");
    EXPECT_REFUSAL("data:\n  train: {format: idx, images: a, labels: b, scale: 255}\n"
                   "  test: {format: idx, images: a, labels: b}\n" SMALL_NETWORK,
                   "my.yaml:3:9", "data.test.scale: is missing", "divided by 255");
    EXPECT_REFUSAL("data:\n  train: {format: images, path: a, scale: 255}\n"
                   "  validation: {format: svhn, files: a}\n" SMALL_NETWORK,
                   "my.yaml:3:15", "data.validation.scale: is missing");
    EXPECT_REFUSAL(SMALL "training: {optimizer: {kind: nesterov, momentum: 0}}\n", "momentum", "nesterov");
    EXPECT_REFUSAL(SMALL "training: {schedule: {kind: multi_step, epochs: [5, 5]}}\n", "schedule.epochs",
                   "increase");
    EXPECT_REFUSAL(SMALL "training: {early_stopping: 3}\n", "early_stopping", "data.validation");
    EXPECT_REFUSAL(SMALL "training: {restore_best: true}\n", "restore_best", "data.validation");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1}\n", "my.yaml:5:", "mix.alpha", "no site");
    EXPECT_REFUSAL(SMALL "report: [{kind: deformation}, {kind: attack, norm: none}]\n",
                   "my.yaml:5:", "report[1]", "needs a bound");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input, dense2], weights: [1]}\n", "mix.weights",
                   "1 numbers for 2");
    EXPECT_REFUSAL(SMALL_DATA "network: [{op: dense, units: 2, mix: true}]\nmix: {alpha: 1, weights: [1]}\n",
                   "mix.weights", "mix.at");
    EXPECT_REFUSAL("data: {train: {format: spirals}, test: {format: npy, inputs: a}}\n" SMALL_NETWORK,
                   "data.test: needs labels or targets");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input], weights: [0]}\n", "mix.weights", "all 0");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input], alpha_epochs: [1, 5]}\n", "my.yaml:5:", "mix",
                   "alpha_epochs without alpha_factors");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input], alpha_factors: [1, 5]}\n",
                   "alpha_factors without alpha_epochs");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input], alpha_epochs: [1, 5], alpha_factors: [1]}\n",
                   "mix.alpha_factors", "1 numbers for 2 epochs");
    EXPECT_REFUSAL(SMALL "mix: {alpha: 1, at: [input], alpha_epochs: [5, 5], alpha_factors: [1, 2]}\n",
                   "mix.alpha_epochs", "increase");
    EXPECT_REFUSAL(SMALL_DATA "network: [{op: add, with: [a, b, c, d, e, f, g, h]}]\n", "network[0].with",
                   "at most 7");
    EXPECT_REFUSAL(SMALL_DATA "network: []\n", "network", "empty");
    EXPECT_REFUSAL(SMALL_NETWORK, "data: is missing");
    EXPECT_REFUSAL(SMALL_DATA, "network: is missing");
    EXPECT_REFUSAL("[1, 2]\n", "my.yaml:1:1", "mapping");
    EXPECT_REFUSAL("just words\n", "my.yaml:1:1", "mapping");
    EXPECT_REFUSAL(SMALL "training: {loss: softmax_cross_entrpy}\n", "did you mean 'softmax_cross_entropy'");
}

static void a_ready_made_network_is_checked_as_strictly_as_a_list(void **state) {
    (void)state;
    EXPECT_REFUSAL(SMALL_DATA "network: {depth: 18}\n", "my.yaml:2:10", "network.kind: is missing");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: lenett}\n", "my.yaml:2:17", "did you mean 'lenet'");
    EXPECT_REFUSAL(SMALL_DATA "network:\n  kind: preact_resnet\n  depth: 20\n", "my.yaml:4:10",
                   "network.depth: is 20; a preact_resnet has 18, 34, 50");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: wide_resnet, depth: 27}\n", "network.depth", "6 n + 4");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: lenet, depth: 5}\n", "my.yaml:2:24", "network.depth",
                   "has no meaning with kind lenet; it goes with preact_resnet wide_resnet vgg (");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: mlp, widths: []}\n", "network.widths", "at least one");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: mlp, widths: [3, 0]}\n", "network.widths", "is 0");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: mlp, bottleneck_after: 2}\n", "my.yaml:2:40",
                   "network.bottleneck_after", "without bottleneck");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: mlp, activation: softmax}\n", "network.activation", "must be");
    EXPECT_REFUSAL(SMALL_DATA "network: {kind: vgg}\nmix: {alpha: 1}\n", "mix.alpha", "no site");
    EXPECT_REFUSAL(SMALL "variants: {a: {network: {kind: vgg, units: 3}}}\n", "network.units", "no such key");
    EXPECT_REFUSAL(SMALL "variants: {a: {network: {width: 3}}}\n", "network.kind: is missing");
}

/* A number stands for height and width; a list has both, and a second 0 is one. */
static void pairs_are_read_and_written_with_both_sizes(void **state) {
    (void)state;
    static const char *const lines[] = {"kernel: [3, 1]", "stride: 2",      "padding: [1, 0]", "dilation: 1",
                                        "kernel: 2",      "stride: [2, 1]", "padding: [0, 1]"};
    const mixup_allocator allocator = plain_allocator();
    temporary_folder folder;
    experiment_file *file = NULL;
    experiment *one = NULL;
    temporary_folder_make(&folder);
    if (open_text(&folder,
                  SMALL_DATA "network:\n"
                             "  - {op: conv2d, filters: 2, kernel: [3, 1], stride: 2, padding: [1, 0]}\n"
                             "  - {op: max_pool, kernel: 2, stride: [2, 1], padding: [0, 1]}\n",
                  NULL, 0, &file) != MIXUP_OK ||
        experiment_resolve(&one, file, NULL, NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    const settings *read = experiment_settings(one);
    const mixup_layer *conv = &read->layers[0].layer;
    assert_int_equal(conv->kernel[0], 3);
    assert_int_equal(conv->kernel[1], 1);
    assert_int_equal(conv->padding[0], 1);
    assert_true(conv->padding[1] == MIXUP_NO_PADDING);
    assert_int_equal(read->layers[1].layer.padding[0], 0);
    assert_int_equal(read->layers[1].layer.padding[1], 1);
    text written;
    text_init(&written, &allocator);
    schema_write(read, false, &written);
    for (size_t i = 0; i < MIXUP_COUNT(lines); i++)
        if (strstr(written.data, lines[i]) == NULL)
            fail_msg("'%s' is not in\n%s", lines[i], written.data);
    text_clear(&written);
    experiment_destroy(one);
    experiment_close(file);
    temporary_folder_remove(&folder);
    EXPECT_REFUSAL(SMALL_DATA "network: [{op: max_pool, kernel: [2, 2, 2]}]\n", "network[0].kernel",
                   "at most 2");
    EXPECT_REFUSAL(SMALL_DATA "network: [{op: max_pool, kernel: [2]}]\n", "network[0].kernel", "list of two");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_turned_off_on_purpose_may_keep_its_settings),
        cmocka_unit_test(what_other_libraries_call_a_layer_is_understood),
        cmocka_unit_test(what_would_do_nothing_is_refused),
        cmocka_unit_test(a_key_in_the_wrong_section_is_told_the_right_one),
        cmocka_unit_test(a_value_in_place_of_a_section_is_told_what_is_wanted),
        cmocka_unit_test(several_wrong_combinations_are_refused),
        cmocka_unit_test(a_ready_made_network_is_checked_as_strictly_as_a_list),
        cmocka_unit_test(pairs_are_read_and_written_with_both_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
