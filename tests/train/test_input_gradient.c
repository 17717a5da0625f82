/* The gradient of a prediction's loss with respect to its input: of each sample's own loss, on every engine.
 */
#include "train/training.h"

#include <math.h>

enum { FEATURES = 4, CLASSES = 3 };

static const mixup_layer linear_layers[] = {
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"}};

static void fill(float *values, size_t count, uint32_t item) {
    network_uniform(9, item, -1.0, 1.0, count, values);
}

/* One class a sample. */
static void one_hot(float *targets, size_t count) {
    memset(targets, 0, count * CLASSES * sizeof *targets);
    for (size_t i = 0; i < count; i++)
        targets[i * CLASSES + i % CLASSES] = 1.0f;
}

/* W^T (softmax(z) - t), undivided, whatever the number of samples; more of them than go through at once. */
static void a_linear_network_has_the_gradient_in_closed_form(void **state) {
    (void)state;
    enum { COUNT = 300 };
    static float inputs[COUNT * FEATURES], targets[COUNT * CLASSES], gradients[COUNT * FEATURES];
    float weight[CLASSES * FEATURES];
    fill(inputs, MIXUP_COUNT(inputs), 0);
    one_hot(targets, COUNT);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = training_model(network_engines[e], FEATURES, linear_layers, 1, 1);
        float probabilities[COUNT * CLASSES];
        network_ok(mixup_parameter_read(model, "last.weight", weight, MIXUP_COUNT(weight)));
        network_ok(mixup_predict(model, COUNT, inputs, probabilities));
        network_ok(mixup_input_gradient(model, MIXUP_LOSS_DEFAULT, COUNT, inputs, targets, gradients));
        for (size_t i = 0; i < COUNT; i++)
            for (size_t k = 0; k < FEATURES; k++) {
                double expected = 0.0;
                for (size_t c = 0; c < CLASSES; c++)
                    expected += (double)weight[c * FEATURES + k] *
                                ((double)probabilities[i * CLASSES + c] - (double)targets[i * CLASSES + c]);
                expect_near(gradients[i * FEATURES + k], expected, 1e-6);
            }
        mixup_model_destroy(model);
    }
}

static const mixup_layer deep_layers[] = {
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 3.0f},
    {.op = MIXUP_DENSE, .units = 6, .frozen = true, .name = "first"},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU, .name = "norm"},
    {.op = MIXUP_DROPOUT, .rate = 0.5f},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* Batch norm's running statistics, noise, dropout: each would make rows depend on their batch. */
static void each_sample_has_the_gradient_that_it_has_alone(void **state) {
    (void)state;
    enum { COUNT = 7 };
    float inputs[COUNT * FEATURES], targets[COUNT * CLASSES], together[COUNT * FEATURES], alone[FEATURES];
    fill(inputs, MIXUP_COUNT(inputs), 1);
    one_hot(targets, COUNT);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model =
            training_model(network_engines[e], FEATURES, deep_layers, MIXUP_COUNT(deep_layers), 2);
        network_ok(mixup_input_gradient(model, MIXUP_SOFTMAX_BINARY, COUNT, inputs, targets, together));
        double size = 0.0;
        for (size_t i = 0; i < COUNT; i++) {
            network_ok(mixup_input_gradient(model, MIXUP_SOFTMAX_BINARY, 1, inputs + i * FEATURES,
                                            targets + i * CLASSES, alone));
            for (size_t k = 0; k < FEATURES; k++) {
                expect_near(alone[k], together[i * FEATURES + k], 1e-6);
                size += fabs((double)alone[k]);
            }
        }
        assert_true(size > 0.01);
        mixup_model_destroy(model);
    }
}

/* A trained model: its own loss is the default, and neither gradient nor prediction leave a trace in it. */
static void the_default_loss_is_the_one_trained_with_and_nothing_changes(void **state) {
    (void)state;
    enum { COUNT = 5 };
    float inputs[COUNT * FEATURES], targets[COUNT * CLASSES];
    float by_default[COUNT * FEATURES], binary[COUNT * FEATURES], entropy[COUNT * FEATURES];
    fill(inputs, MIXUP_COUNT(inputs), 2);
    one_hot(targets, COUNT);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model =
            training_model(network_engines[e], FEATURES, deep_layers, MIXUP_COUNT(deep_layers), 3);
        mixup_dataset *set = training_classes(12, FEATURES, CLASSES, 1);
        network_ok(
            mixup_fit(model, &(mixup_fit_desc){.train = set, .batch_size = 6, .loss = MIXUP_SOFTMAX_BINARY}));
        float before[COUNT * CLASSES], after[COUNT * CLASSES];
        network_ok(mixup_predict(model, COUNT, inputs, before));
        network_ok(mixup_input_gradient(model, MIXUP_LOSS_DEFAULT, COUNT, inputs, targets, by_default));
        network_ok(mixup_input_gradient(model, MIXUP_SOFTMAX_BINARY, COUNT, inputs, targets, binary));
        network_ok(mixup_input_gradient(model, MIXUP_SOFTMAX_CROSS_ENTROPY, COUNT, inputs, targets, entropy));
        network_ok(mixup_predict(model, COUNT, inputs, after));
        assert_memory_equal(before, after, sizeof before);
        assert_memory_equal(by_default, binary, sizeof binary);
        assert_memory_not_equal(entropy, binary, sizeof binary);
        mixup_dataset_destroy(set);
        mixup_model_destroy(model);
    }
}

static void what_cannot_be_differentiated_is_refused(void **state) {
    (void)state;
    float inputs[FEATURES] = {0}, targets[CLASSES] = {1.0f}, gradients[FEATURES] = {5.0f};
    mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, linear_layers, 1, 1);
    training_refused(mixup_input_gradient(NULL, MIXUP_LOSS_DEFAULT, 1, inputs, targets, gradients),
                     MIXUP_ERROR_ARGUMENT, "model");
    training_refused(mixup_input_gradient(model, MIXUP_LOSS_DEFAULT, 1, inputs, NULL, gradients),
                     MIXUP_ERROR_ARGUMENT, "targets");
    training_refused(mixup_input_gradient(model, MIXUP_MEAN_SQUARED_ERROR, 1, inputs, targets, gradients),
                     MIXUP_ERROR_NETWORK, "mean_squared_error");
    network_ok(mixup_input_gradient(model, MIXUP_LOSS_DEFAULT, 0, NULL, NULL, NULL));
    mixup_model_destroy(model);
    static const mixup_layer single[] = {{.op = MIXUP_DENSE, .units = 1}};
    model = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, single, 1, 1);
    training_refused(mixup_input_gradient(model, MIXUP_SOFTMAX_CROSS_ENTROPY, 1, inputs, targets, gradients),
                     MIXUP_ERROR_NETWORK, "at least two outputs");
    assert_true(gradients[0] == 5.0f);
    mixup_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_network_has_the_gradient_in_closed_form),
        cmocka_unit_test(each_sample_has_the_gradient_that_it_has_alone),
        cmocka_unit_test(the_default_loss_is_the_one_trained_with_and_nothing_changes),
        cmocka_unit_test(what_cannot_be_differentiated_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
