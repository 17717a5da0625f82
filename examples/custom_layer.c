/* A layer of your own: y = w x², with one weight a feature that is trained.
 *
 *     cc custom_layer.c $(pkg-config --cflags --libs mixup) -o custom_layer
 *
 * A custom layer is three functions over plain row-major arrays: what shape comes out, forward, backward. The
 * library trains and saves its parameters like any other's; to load a model, give the functions again. */
#include <mixup.h>

#include <stdio.h>
#include <string.h>

enum { FEATURES = 2, COUNT = 200 };

static mixup_status same_shape(void *user, const size_t input[MIXUP_MAX_RANK],
                               size_t output[MIXUP_MAX_RANK]) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static mixup_status forward(const mixup_custom_call *call) {
    const float *weight = call->parameters[0]; /* [FEATURES] */
    for (size_t i = 0; i < call->batch * FEATURES; i++)
        call->output[i] = weight[i % FEATURES] * call->input[i] * call->input[i];
    return MIXUP_OK;
}

/* Gradients are written, not added to; what is NULL is not wanted. */
static mixup_status backward(const mixup_custom_call *call) {
    const float *weight = call->parameters[0];
    float *weight_gradient = call->parameter_gradients[0];
    for (size_t k = 0; weight_gradient != NULL && k < FEATURES; k++)
        weight_gradient[k] = 0.0f;
    for (size_t i = 0; i < call->batch * FEATURES; i++) {
        const float x = call->input[i];
        const float g = call->output_gradient[i];
        if (weight_gradient != NULL)
            weight_gradient[i % FEATURES] += g * x * x;
        if (call->input_gradient != NULL)
            call->input_gradient[i] = g * 2.0f * weight[i % FEATURES] * x;
    }
    return MIXUP_OK;
}

static const mixup_custom_parameter parameters[] = {
    {.name = "weight", .shape = {FEATURES}, .initial = MIXUP_CONSTANT, .initial_value = 1.0f},
};

static const mixup_custom scaled_square = {
    .kind = "scaled_square", /* names it in files */
    .shape = same_shape,
    .forward = forward,
    .backward = backward,
    .parameters = parameters,
    .parameter_count = MIXUP_COUNT(parameters),
};

/* Learns 3 a² - 2 b² + 1, which the layer and a sum can do exactly. */
static mixup_status run(mixup_model **model, mixup_dataset **set) {
    const mixup_layer layers[] = {
        {.op = MIXUP_CUSTOM, .custom = &scaled_square, .name = "square"},
        {.op = MIXUP_DENSE, .units = 1},
    };
    static float inputs[COUNT][FEATURES], targets[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const int row = i / 20; /* 10 rows of 20 points */
        const float a = (float)(i % 20) / 10.0f - 1.0f;
        const float b = (float)row / 5.0f - 1.0f;
        inputs[i][0] = a;
        inputs[i][1] = b;
        targets[i] = 3.0f * a * a - 2.0f * b * b + 1.0f;
    }
    mixup_status s = mixup_dataset_from_arrays(set, &(mixup_arrays_desc){.inputs = inputs,
                                                                         .count = COUNT,
                                                                         .shape = {FEATURES},
                                                                         .targets = targets,
                                                                         .target_count = 1});
    if (s == MIXUP_OK)
        s = mixup_model_create(model, &(mixup_model_desc){.input = {FEATURES},
                                                          .layers = layers,
                                                          .layer_count = MIXUP_COUNT(layers),
                                                          .threads = 1});
    if (s == MIXUP_OK)
        s = mixup_fit(*model, &(mixup_fit_desc){.train = *set,
                                                .epochs = 200,
                                                .batch_size = 20,
                                                .optimizer = {.learning_rate = 0.02f}});
    float weight[FEATURES], sum[FEATURES], bias = 0.0f;
    if (s == MIXUP_OK)
        s = mixup_parameter_read(*model, "square.weight", weight, FEATURES);
    if (s == MIXUP_OK)
        s = mixup_parameter_read(*model, "dense1.weight", sum, FEATURES);
    if (s == MIXUP_OK)
        s = mixup_parameter_read(*model, "dense1.bias", &bias, 1);
    if (s == MIXUP_OK)
        printf("learned %.3f a² %+.3f b² %+.3f\n", (double)(weight[0] * sum[0]), (double)(weight[1] * sum[1]),
               (double)bias);
    return s;
}

int main(void) {
    mixup_model *model = NULL;
    mixup_dataset *set = NULL;
    const mixup_status s = run(&model, &set);
    if (s != MIXUP_OK)
        fprintf(stderr, "custom_layer: %s\n", mixup_last_error());
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
    return s == MIXUP_OK ? 0 : 1;
}
