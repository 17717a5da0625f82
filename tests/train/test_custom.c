/* A user's own layer: as good as a built-in one, and its failures come through. */
#include "train/training.h"

enum { FEATURES = 4, CLASSES = 3, WIDTH = 5 };

static mixup_status same_shape(void *user, const size_t input[MIXUP_MAX_RANK],
                               size_t output[MIXUP_MAX_RANK]) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

/* y = x w + b for each of WIDTH features. */
static mixup_status scale_forward(const mixup_custom_call *call) {
    for (size_t i = 0; i < call->batch * WIDTH; i++)
        call->output[i] = call->input[i] * call->parameters[0][i % WIDTH] + call->parameters[1][i % WIDTH];
    return MIXUP_OK;
}

static mixup_status scale_backward(const mixup_custom_call *call) {
    float *weight = call->parameter_gradients[0], *bias = call->parameter_gradients[1];
    for (size_t k = 0; k < WIDTH; k++) {
        if (weight != NULL)
            weight[k] = 0.0f;
        if (bias != NULL)
            bias[k] = 0.0f;
    }
    for (size_t i = 0; i < call->batch * WIDTH; i++) {
        const float g = call->output_gradient[i];
        if (weight != NULL)
            weight[i % WIDTH] += g * call->input[i];
        if (bias != NULL)
            bias[i % WIDTH] += g;
        if (call->input_gradient != NULL)
            call->input_gradient[i] = g * call->parameters[0][i % WIDTH];
    }
    return MIXUP_OK;
}

static const mixup_custom_parameter scale_parameters[] = {
    {.name = "weight", .shape = {WIDTH}, .initial_value = 1.5f},
    {.name = "bias", .shape = {WIDTH}, .initial_value = 0.25f},
};

static const mixup_custom scale = {"scale",          same_shape, scale_forward, scale_backward,
                                   scale_parameters, 2,          NULL};

/* y = x²: the built-in MULTIPLY of a state with itself. */
static mixup_status square_forward(const mixup_custom_call *call) {
    for (size_t i = 0; i < call->batch * WIDTH; i++)
        call->output[i] = call->input[i] * call->input[i];
    return MIXUP_OK;
}

static mixup_status square_backward(const mixup_custom_call *call) {
    for (size_t i = 0; call->input_gradient != NULL && i < call->batch * WIDTH; i++)
        call->input_gradient[i] = 2.0f * call->input[i] * call->output_gradient[i];
    return MIXUP_OK;
}

static const mixup_custom square = {"square", same_shape, square_forward, square_backward, NULL, 0, NULL};

static void train(mixup_model *model) {
    mixup_dataset *set = training_classes(25, FEATURES, CLASSES, 1);
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                  .epochs = 4,
                                                  .batch_size = 6,
                                                  .mix = {.alpha = 1.0f},
                                                  .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.05f}}));
    mixup_dataset_destroy(set);
}

/* The first `count` common parameters by name are near after the same training. */
static void expect_near_model(mixup_model *model, mixup_model *expected) {
    mixup_parameter_info info;
    for (size_t p = 0; p < mixup_parameter_count(expected); p++) {
        network_ok(mixup_parameter_at(expected, p, &info));
        float values[64], others[64];
        assert_in_range(info.count, 1, 64);
        network_ok(mixup_parameter_read(model, info.name, values, info.count));
        network_ok(mixup_parameter_read(expected, info.name, others, info.count));
        for (size_t i = 0; i < info.count; i++) /* twenty steps, rounding in another order */
            expect_near(values[i], others[i], 1e-5);
    }
}

static void a_squaring_layer_equals_multiplication_with_itself(void **state) {
    (void)state;
    static const mixup_layer own[] = {
        {.op = MIXUP_DENSE, .units = WIDTH},
        {.op = MIXUP_CUSTOM, .custom = &square},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true}};
    static const mixup_layer built_in[] = {
        {.op = MIXUP_DENSE, .units = WIDTH, .name = "dense1"},
        {.op = MIXUP_MULTIPLY, .with = {"dense1"}},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true}};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = training_model(network_engines[e], FEATURES, own, 3, 1);
        mixup_model *expected = training_model(network_engines[e], FEATURES, built_in, 3, 1);
        train(model);
        train(expected);
        expect_near_model(model, expected);
        mixup_model_destroy(model);
        mixup_model_destroy(expected);
    }
}

/* The same map as a dense layer whose matrix is diagonal: forward, and the gradients by a step of SGD on both
 * (of the dense layer only the diagonal is compared). */
static void a_scaling_layer_equals_a_diagonal_dense_layer(void **state) {
    (void)state;
    static const mixup_layer own[] = {
        {.op = MIXUP_DENSE, .units = WIDTH, .activation = MIXUP_TANH, .name = "first"},
        {.op = MIXUP_CUSTOM, .custom = &scale, .activation = MIXUP_TANH, .name = "scale"},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"}};
    static const mixup_layer built_in[] = {
        {.op = MIXUP_DENSE, .units = WIDTH, .activation = MIXUP_TANH, .name = "first"},
        {.op = MIXUP_DENSE, .units = WIDTH, .activation = MIXUP_TANH, .name = "scale"},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"}};
    static const char *const shared[] = {"first.weight", "first.bias", "last.weight", "last.bias"};
    mixup_dataset *set = training_classes(6, FEATURES, CLASSES, 1);
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *models[2] = {training_model(network_engines[e], FEATURES, own, 3, 1),
                                  training_model(network_engines[e], FEATURES, built_in, 3, 2)};
        float values[64], others[64], diagonal[WIDTH * WIDTH] = {0}, bias[WIDTH];
        mixup_parameter_info info;
        for (size_t k = 0; k < WIDTH; k++) {
            diagonal[k * WIDTH + k] = 1.5f;
            bias[k] = 0.25f;
        }
        for (size_t p = 0; p < mixup_parameter_count(models[0]); p++) {
            network_ok(mixup_parameter_at(models[0], p, &info));
            network_ok(mixup_parameter_read(models[0], info.name, values, info.count));
            if (strcmp(info.name, "scale.weight") != 0)
                network_ok(mixup_parameter_write(models[1], info.name, values, info.count));
        }
        network_ok(mixup_parameter_write(models[1], "scale.weight", diagonal, (size_t)WIDTH * WIDTH));
        network_ok(mixup_parameter_read(models[0], "scale.bias", values, WIDTH));
        assert_memory_equal(values, bias, sizeof bias);
        for (size_t m = 0; m < 2; m++)
            network_ok(mixup_fit(models[m],
                                 &(mixup_fit_desc){.train = set,
                                                   .batch_size = 6,
                                                   .optimizer = {.kind = MIXUP_SGD, .learning_rate = 0.5f}}));
        for (size_t i = 0; i < MIXUP_COUNT(shared); i++) {
            for (size_t p = 0; p < mixup_parameter_count(models[0]); p++) {
                network_ok(mixup_parameter_at(models[0], p, &info));
                if (strcmp(info.name, shared[i]) == 0)
                    break;
            }
            network_ok(mixup_parameter_read(models[0], shared[i], values, info.count));
            network_ok(mixup_parameter_read(models[1], shared[i], others, info.count));
            for (size_t k = 0; k < info.count; k++)
                expect_near(values[k], others[k], 1e-6);
        }
        network_ok(mixup_parameter_read(models[0], "scale.weight", values, WIDTH));
        network_ok(mixup_parameter_read(models[1], "scale.weight", diagonal, (size_t)WIDTH * WIDTH));
        for (size_t k = 0; k < WIDTH; k++) {
            assert_true(values[k] != 1.5f); /* it was trained */
            expect_near(values[k], diagonal[k * WIDTH + k], 1e-6);
        }
        mixup_model_destroy(models[0]);
        mixup_model_destroy(models[1]);
    }
    mixup_dataset_destroy(set);
}

static void a_frozen_custom_layer_is_asked_for_no_gradients(void **state) {
    (void)state;
    static const mixup_layer own[] = {{.op = MIXUP_DENSE, .units = WIDTH, .frozen = true},
                                      {.op = MIXUP_CUSTOM, .custom = &scale, .frozen = true, .name = "scale"},
                                      {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    mixup_model *model = training_model(MIXUP_ENGINE_AUTO, FEATURES, own, 3, 1);
    float values[WIDTH];
    mixup_dataset *set = training_classes(25, FEATURES, CLASSES, 1);
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set}));
    network_ok(mixup_parameter_read(model, "scale.weight", values, WIDTH));
    for (size_t k = 0; k < WIDTH; k++)
        expect_near(values[k], 1.5, 0.0);
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

/* ---- failures */

typedef struct faults {
    size_t forward_at, backward_at; /* number of the call that fails, from 1; 0: none */
    size_t forwards, backwards;
} faults;

static mixup_status faulty_forward(const mixup_custom_call *call) {
    faults *f = call->user;
    return ++f->forwards == f->forward_at ? MIXUP_ERROR_DATA : square_forward(call);
}

static mixup_status faulty_backward(const mixup_custom_call *call) {
    faults *f = call->user;
    return ++f->backwards == f->backward_at ? MIXUP_ERROR_DATA : square_backward(call);
}

static void a_failing_function_ends_the_call(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        faults f = {0};
        const mixup_custom faulty = {"faulty", same_shape, faulty_forward, faulty_backward, NULL, 0, &f};
        const mixup_layer own[] = {{.op = MIXUP_DENSE, .units = WIDTH},
                                   {.op = MIXUP_CUSTOM, .custom = &faulty},
                                   {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
        mixup_model *model = training_model(network_engines[e], FEATURES, own, 3, 1);
        mixup_dataset *set = training_classes(30, FEATURES, CLASSES, 1);
        training_history history = {0};
        const float inputs[FEATURES] = {0};
        float outputs[CLASSES];
        const mixup_fit_desc desc = {
            .train = set, .batch_size = 10, .on_step = training_on_step, .user = &history};
        f = (faults){.forward_at = 2};
        training_refused(mixup_fit(model, &desc), MIXUP_ERROR_CALLBACK, "'faulty'");
        assert_int_equal(history.steps, 1);
        f = (faults){.backward_at = 3};
        training_refused(mixup_fit(model, &desc), MIXUP_ERROR_CALLBACK, "backward");
        assert_int_equal(history.steps, 3);
        f = (faults){.forward_at = 1};
        training_refused(mixup_predict(model, 1, inputs, outputs), MIXUP_ERROR_CALLBACK, "forward");
        network_ok(mixup_predict(model, 1, inputs, outputs));
        network_ok(mixup_fit(model, &desc));
        mixup_dataset_destroy(set);
        mixup_model_destroy(model);
    }
}

static mixup_status failing_read(void *user, const size_t *indices, size_t count, float *inputs,
                                 float *targets) {
    size_t *calls = user;
    (void)indices;
    for (size_t i = 0; i < count * FEATURES; i++)
        inputs[i] = 0.5f;
    for (size_t i = 0; i < count * CLASSES; i++)
        targets[i] = i % CLASSES == 0 ? 1.0f : 0.0f;
    return ++*calls == 3 ? MIXUP_ERROR_IO : MIXUP_OK;
}

static void a_data_set_whose_callback_fails_ends_the_training(void **state) {
    (void)state;
    static const mixup_layer plain[] = {{.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}};
    size_t calls = 0;
    mixup_dataset *set = NULL;
    training_history history = {0};
    network_ok(mixup_dataset_from_callback(
        &set,
        &(mixup_callback_desc){
            .count = 20, .shape = {FEATURES}, .class_count = CLASSES, .read = failing_read, .user = &calls}));
    mixup_model *model = training_model(MIXUP_ENGINE_AUTO, FEATURES, plain, 1, 1);
    network_expect(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                      .batch_size = 4,
                                                      .on_step = training_on_step,
                                                      .user = &history}),
                   MIXUP_ERROR_CALLBACK);
    assert_int_equal(history.steps, 2);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_squaring_layer_equals_multiplication_with_itself),
        cmocka_unit_test(a_scaling_layer_equals_a_diagonal_dense_layer),
        cmocka_unit_test(a_frozen_custom_layer_is_asked_for_no_gradients),
        cmocka_unit_test(a_failing_function_ends_the_call),
        cmocka_unit_test(a_data_set_whose_callback_fails_ends_the_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
