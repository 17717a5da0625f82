/* tests/support/torch_cases: the networks of tests/fixtures/make_torch_fixtures.py, once more in C. A case
 * added there without one here, or the other way round, fails the test. */
#ifndef SUPPORT_TORCH_CASES_H
#define SUPPORT_TORCH_CASES_H

#include "support/network.h"

typedef struct torch_case {
    const char *name;
    network_desc desc;
    const char *site; /* NULL: not mixed */
    bool blocked;
    bool custom; /* has a custom layer: single precision only */
} torch_case;

/* ---- a custom layer: y = scale × x², scale [features] */

static inline mixup_status square_shape(void *user, const size_t *input, size_t *output) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static inline mixup_status square_forward(const mixup_custom_call *call) {
    const size_t width = *(const size_t *)call->user;
    for (size_t i = 0; i < call->batch * width; i++)
        call->output[i] = call->parameters[0][i % width] * call->input[i] * call->input[i];
    return MIXUP_OK;
}

static inline mixup_status square_backward(const mixup_custom_call *call) {
    const size_t width = *(const size_t *)call->user;
    float *scale_gradient = call->parameter_gradients[0];
    if (call->input_gradient != NULL)
        for (size_t i = 0; i < call->batch * width; i++)
            call->input_gradient[i] =
                2.0f * call->parameters[0][i % width] * call->input[i] * call->output_gradient[i];
    if (scale_gradient != NULL)
        memset(scale_gradient, 0, width * sizeof *scale_gradient);
    for (size_t i = 0; scale_gradient != NULL && i < call->batch * width; i++)
        scale_gradient[i % width] += call->input[i] * call->input[i] * call->output_gradient[i];
    return MIXUP_OK;
}

static size_t square_width = 4;
static const mixup_custom_parameter square_parameters[] = {{.name = "scale", .shape = {4}}};
static const mixup_custom square = {.kind = "square",
                                    .shape = square_shape,
                                    .forward = square_forward,
                                    .backward = square_backward,
                                    .parameters = square_parameters,
                                    .parameter_count = 1,
                                    .user = &square_width};

/* ---- networks */

#define TORCH_DENSE(called, width) .op = MIXUP_DENSE, .name = (called), .units = (width)
#define TORCH_HEAD                                                                                           \
    { TORCH_DENSE("head", 3), .activation = MIXUP_SOFTMAX }

static const mixup_layer torch_flatten[] = {{.op = MIXUP_FLATTEN}, TORCH_HEAD};
static const mixup_layer torch_reshape[] = {{.op = MIXUP_RESHAPE, .shape = {6}}, TORCH_HEAD};
static const mixup_layer torch_dense[] = {{TORCH_DENSE("a", 4), .no_bias = true}, TORCH_HEAD};
static const mixup_layer torch_one[] = {{TORCH_DENSE("a", 1)}, TORCH_HEAD};
static const mixup_layer torch_softmax[] = {
    {TORCH_DENSE("a", 4)}, {.op = MIXUP_ACTIVATION, .activation = MIXUP_SOFTMAX}, TORCH_HEAD};
static const mixup_layer torch_dropout[] = {{.op = MIXUP_DROPOUT, .rate = 0.3f},
                                            {TORCH_DENSE("a", 4), .activation = MIXUP_RELU},
                                            {.op = MIXUP_DROPOUT, .rate = 0.5f},
                                            TORCH_HEAD};
static const mixup_layer torch_noise[] = {{.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.2f},
                                          {TORCH_DENSE("a", 4), .activation = MIXUP_TANH},
                                          {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f},
                                          TORCH_HEAD};
static const mixup_layer torch_batch_norm[] = {
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_LEAKY_RELU, .slope = 0.3f},
    {TORCH_DENSE("a", 4)},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .no_bias = true, .epsilon = 0.1f, .momentum = 0.25f},
    TORCH_HEAD};
static const mixup_layer torch_layer_norm[] = {
    {.op = MIXUP_LAYER_NORM, .name = "norm1"},
    {.op = MIXUP_FLATTEN},
    {TORCH_DENSE("a", 4)},
    {.op = MIXUP_LAYER_NORM, .name = "norm2", .no_bias = true, .epsilon = 0.1f},
    TORCH_HEAD};
static const mixup_layer torch_add[] = {{TORCH_DENSE("a", 4), .activation = MIXUP_TANH},
                                        {TORCH_DENSE("b", 4)},
                                        {.op = MIXUP_ADD, .with = {"a", "a"}, .activation = MIXUP_SIGMOID},
                                        {TORCH_DENSE("c", 4)},
                                        {.op = MIXUP_ADD, .with = {"a", "b"}},
                                        TORCH_HEAD};
static const mixup_layer torch_concat[] = {{TORCH_DENSE("a", 4)},
                                           {TORCH_DENSE("b", 2), .from = "input"},
                                           {.op = MIXUP_CONCAT, .with = {"a", "input", "b"}},
                                           TORCH_HEAD};
static const mixup_layer torch_multiply[] = {{TORCH_DENSE("a", 4)},
                                             {TORCH_DENSE("b", 4), .activation = MIXUP_TANH},
                                             {.op = MIXUP_MULTIPLY, .with = {"a", "a"}},
                                             TORCH_HEAD};
static const mixup_layer torch_frozen[] = {
    {TORCH_DENSE("a", 4), .frozen = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_TANH, .frozen = true},
    TORCH_HEAD};
static const mixup_layer torch_custom[] = {
    {TORCH_DENSE("a", 4)}, {.op = MIXUP_CUSTOM, .name = "square", .custom = &square}, TORCH_HEAD};
static const mixup_layer torch_skip[] = {{TORCH_DENSE("a", 4), .activation = MIXUP_TANH},
                                         {TORCH_DENSE("b", 4), .activation = MIXUP_TANH},
                                         {.op = MIXUP_ADD, .with = {"a"}},
                                         TORCH_HEAD};

/* ---- images */

#define TORCH_CONV(called, count, ...)                                                                       \
    .op = MIXUP_CONV2D, .name = (called), .filters = (count), .kernel = {__VA_ARGS__}
#define TORCH_FLAT {.op = MIXUP_FLATTEN}, TORCH_HEAD

static const mixup_layer torch_conv2d[] = {{TORCH_CONV("a", 4, 3, 2), .stride = {2, 1},
                                            .padding = {1, MIXUP_NO_PADDING}, .activation = MIXUP_TANH},
                                           {TORCH_CONV("b", 6, 3), .padding = {2}, .dilation = {2},
                                            .groups = 2, .no_bias = true, .activation = MIXUP_RELU},
                                           {TORCH_CONV("c", 6, 2), .stride = {2}, .groups = 6},
                                           TORCH_FLAT};
static const mixup_layer torch_max_pool[] = {
    {.op = MIXUP_MAX_POOL, .kernel = {3}, .stride = {2}, .padding = {1}},
    {TORCH_CONV("a", 3, 2)},
    {.op = MIXUP_MAX_POOL, .kernel = {2, 1}},
    TORCH_FLAT};
static const mixup_layer torch_average_pool[] = {
    {.op = MIXUP_AVERAGE_POOL, .kernel = {3}, .stride = {2}, .padding = {1}},
    {TORCH_CONV("a", 3, 2)},
    {.op = MIXUP_AVERAGE_POOL, .kernel = {2, 1}},
    TORCH_FLAT};
static const mixup_layer torch_global_pool[] = {{TORCH_CONV("a", 4, 3), .padding = {1},
                                                 .activation = MIXUP_RELU},
                                                {.op = MIXUP_GLOBAL_AVERAGE_POOL},
                                                TORCH_HEAD};
static const mixup_layer torch_group_norm[] = {
    {.op = MIXUP_GROUP_NORM, .name = "norm1", .groups = 2, .activation = MIXUP_TANH},
    {TORCH_CONV("a", 3, 2)},
    {.op = MIXUP_GROUP_NORM, .name = "norm2", .groups = 3, .no_bias = true, .epsilon = 0.1f},
    TORCH_FLAT};
static const mixup_layer torch_pad[] = {
    {.op = MIXUP_PAD, .padding = {1, 2}}, {TORCH_CONV("a", 2, 3)}, TORCH_FLAT};
static const mixup_layer torch_upsample[] = {
    {.op = MIXUP_UPSAMPLE, .stride = {2, 1}}, {TORCH_CONV("a", 2, 2)}, {.op = MIXUP_UPSAMPLE}, TORCH_FLAT};
static const mixup_layer torch_image_norm[] = {
    {.op = MIXUP_BATCH_NORM, .name = "norm1", .activation = MIXUP_RELU},
    {TORCH_CONV("a", 4, 3), .padding = {1}, .no_bias = true},
    {.op = MIXUP_BATCH_NORM, .name = "norm2", .no_bias = true, .epsilon = 0.1f, .momentum = 0.25f},
    TORCH_FLAT};
static const mixup_layer torch_channel_dropout[] = {{.op = MIXUP_DROPOUT, .rate = 0.3f, .by_channel = true},
                                                    {TORCH_CONV("a", 5, 2), .activation = MIXUP_RELU},
                                                    {.op = MIXUP_DROPOUT, .rate = 0.5f, .by_channel = true},
                                                    TORCH_FLAT};
static const mixup_layer torch_excite[] = {{TORCH_CONV("a", 4, 3), .padding = {1}, .activation = MIXUP_RELU},
                                           {.op = MIXUP_GLOBAL_AVERAGE_POOL},
                                           {TORCH_DENSE("b", 2), .activation = MIXUP_RELU},
                                           {TORCH_DENSE("c", 4), .activation = MIXUP_SIGMOID},
                                           {.op = MIXUP_MULTIPLY, .with = {"a"}},
                                           TORCH_FLAT};

#define TORCH_TWO_LAYERS(hidden, last)                                                                       \
    (const mixup_layer[]) {                                                                                  \
        {TORCH_DENSE("a", 4), .activation = (hidden), .slope = (hidden) == MIXUP_ELU ? 0.7f : 0.3f},         \
            {TORCH_DENSE("head", 3), .activation = (last)},                                                  \
    }

/* The head that goes with a loss. */
#define TORCH_LAST(with)                                                                                     \
    ((with) == MIXUP_MEAN_SQUARED_ERROR ? MIXUP_LINEAR                                                       \
                                        : ((with) == MIXUP_SIGMOID_BINARY ? MIXUP_SIGMOID : MIXUP_SOFTMAX))

static const float torch_class_weights[] = {0.5f, 3.0f, 1.25f};

/* ---- cases */

#define TORCH_SGD                                                                                            \
    { .kind = MIXUP_SGD, .learning_rate = 0.1f }

#define TORCH_OP(called, array, ...)                                                                         \
    {                                                                                                        \
        .name = "op/" called, .desc = {                                                                      \
            .input = {__VA_ARGS__},                                                                          \
            NETWORK_LAYERS(array),                                                                           \
            .optimizer = TORCH_SGD                                                                           \
        }                                                                                                    \
    }

#define TORCH_IMAGE(called, array, at, ...)                                                                  \
    {                                                                                                        \
        .name = "image/" called, .site = (at), .desc = {                                                     \
            .input = {__VA_ARGS__},                                                                          \
            NETWORK_LAYERS(array),                                                                           \
            .optimizer = TORCH_SGD                                                                           \
        }                                                                                                    \
    }

#define TORCH_ACTIVATION(called, kind)                                                                       \
    {                                                                                                        \
        .name = "activation/" called, .desc = {                                                              \
            .input = {5},                                                                                    \
            .layers = TORCH_TWO_LAYERS(kind, MIXUP_SOFTMAX),                                                 \
            .layer_count = 2,                                                                                \
            .optimizer = TORCH_SGD                                                                           \
        }                                                                                                    \
    }

#define TORCH_LOSS(called, kind, weights, at)                                                                \
    {                                                                                                        \
        .name = (called), .site = (at), .desc = {                                                            \
            .input = {5},                                                                                    \
            .layers = TORCH_TWO_LAYERS(MIXUP_TANH, TORCH_LAST(kind)),                                        \
            .layer_count = 2,                                                                                \
            .loss = (kind),                                                                                  \
            .class_weights = (weights),                                                                      \
            .optimizer = TORCH_SGD                                                                           \
        }                                                                                                    \
    }

#define TORCH_OPTIMIZER_AVERAGE(called, decay, ...)                                                          \
    {                                                                                                        \
        .name = "optimizer/" called, .desc = {                                                               \
            .input = {5},                                                                                    \
            .layers = TORCH_TWO_LAYERS(MIXUP_TANH, MIXUP_SOFTMAX),                                           \
            .layer_count = 2,                                                                                \
            .average_decay = (decay),                                                                        \
            .optimizer = {__VA_ARGS__}                                                                       \
        }                                                                                                    \
    }
#define TORCH_OPTIMIZER(called, ...) TORCH_OPTIMIZER_AVERAGE(called, 0.0, __VA_ARGS__)
#define TORCH_OF_SGD                 .kind = MIXUP_SGD, .learning_rate = 0.1f
#define TORCH_OF_NESTEROV            .kind = MIXUP_NESTEROV, .learning_rate = 0.1f, .momentum = 0.8f
#define TORCH_OF_ADAM                .kind = MIXUP_ADAM, .learning_rate = 0.01f
#define TORCH_OF_RMSPROP             .kind = MIXUP_RMSPROP, .learning_rate = 0.01f, .rho = 0.9f

#define TORCH_MIX(called, at)                                                                                \
    {                                                                                                        \
        .name = "mix/" called, .site = (at), .desc = {                                                       \
            .input = {5},                                                                                    \
            .layers = TORCH_TWO_LAYERS(MIXUP_TANH, MIXUP_SOFTMAX),                                           \
            .layer_count = 2,                                                                                \
            .optimizer = TORCH_SGD                                                                           \
        }                                                                                                    \
    }

static const torch_case torch_cases[] = {
    TORCH_OP("flatten", torch_flatten, 2, 3),
    TORCH_OP("reshape", torch_reshape, 3, 1, 2),
    TORCH_OP("dense", torch_dense, 5),
    TORCH_OP("dense_one", torch_one, 5),
    TORCH_OP("activation", torch_softmax, 5),
    TORCH_OP("dropout", torch_dropout, 5),
    TORCH_OP("gaussian_noise", torch_noise, 5),
    TORCH_OP("batch_norm", torch_batch_norm, 5),
    TORCH_OP("layer_norm", torch_layer_norm, 2, 3),
    TORCH_OP("add", torch_add, 5),
    TORCH_OP("concat", torch_concat, 5),
    TORCH_OP("multiply", torch_multiply, 5),
    TORCH_OP("frozen", torch_frozen, 5),
    {.name = "op/custom",
     .custom = true,
     .desc = {.input = {5}, NETWORK_LAYERS(torch_custom), .optimizer = TORCH_SGD}},

    TORCH_IMAGE("conv2d_4", torch_conv2d, NULL, 2, 5, 7),
    TORCH_IMAGE("conv2d_1", torch_conv2d, NULL, 2, 5, 7),
    TORCH_IMAGE("batch_norm_4", torch_image_norm, NULL, 3, 5, 3),
    TORCH_IMAGE("batch_norm_1", torch_image_norm, NULL, 3, 5, 3),
    TORCH_IMAGE("mixed", torch_image_norm, "norm2", 3, 5, 3),
    TORCH_IMAGE("max_pool", torch_max_pool, NULL, 2, 5, 7),
    TORCH_IMAGE("average_pool", torch_average_pool, NULL, 2, 5, 7),
    TORCH_IMAGE("global_average_pool", torch_global_pool, NULL, 2, 5, 3),
    TORCH_IMAGE("group_norm", torch_group_norm, NULL, 4, 3, 5),
    TORCH_IMAGE("pad", torch_pad, NULL, 2, 3, 2),
    TORCH_IMAGE("upsample", torch_upsample, NULL, 2, 2, 3),
    TORCH_IMAGE("dropout", torch_channel_dropout, NULL, 3, 4, 3),
    TORCH_IMAGE("multiply", torch_excite, NULL, 2, 3, 5),

    TORCH_ACTIVATION("linear", MIXUP_LINEAR),
    TORCH_ACTIVATION("relu", MIXUP_RELU),
    TORCH_ACTIVATION("leaky_relu", MIXUP_LEAKY_RELU),
    TORCH_ACTIVATION("elu", MIXUP_ELU),
    TORCH_ACTIVATION("gelu", MIXUP_GELU),
    TORCH_ACTIVATION("tanh", MIXUP_TANH),
    TORCH_ACTIVATION("sigmoid", MIXUP_SIGMOID),
    {.name = "activation/softmax",
     .desc = {.input = {5}, NETWORK_LAYERS(torch_softmax), .optimizer = TORCH_SGD}},

    TORCH_LOSS("loss/softmax_cross_entropy", MIXUP_SOFTMAX_CROSS_ENTROPY, NULL, NULL),
    TORCH_LOSS("loss/softmax_cross_entropy_weighted", MIXUP_SOFTMAX_CROSS_ENTROPY, torch_class_weights, NULL),
    TORCH_LOSS("loss/softmax_binary", MIXUP_SOFTMAX_BINARY, NULL, NULL),
    TORCH_LOSS("loss/softmax_binary_weighted", MIXUP_SOFTMAX_BINARY, torch_class_weights, NULL),
    TORCH_LOSS("loss/sigmoid_binary", MIXUP_SIGMOID_BINARY, NULL, NULL),
    TORCH_LOSS("loss/sigmoid_binary_weighted", MIXUP_SIGMOID_BINARY, torch_class_weights, NULL),
    TORCH_LOSS("loss/mean_squared_error", MIXUP_MEAN_SQUARED_ERROR, NULL, NULL),
    TORCH_LOSS("loss/mean_squared_error_weighted", MIXUP_MEAN_SQUARED_ERROR, torch_class_weights, NULL),

    TORCH_OPTIMIZER("sgd", TORCH_OF_SGD),
    TORCH_OPTIMIZER("sgd_decay", TORCH_OF_SGD, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("sgd_decoupled", TORCH_OF_SGD, .weight_decay = 0.05f, .decoupled = true),
    TORCH_OPTIMIZER("momentum", TORCH_OF_SGD, .momentum = 0.9f),
    TORCH_OPTIMIZER("momentum_decay", TORCH_OF_SGD, .momentum = 0.9f, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("momentum_decoupled", TORCH_OF_SGD, .momentum = 0.9f, .weight_decay = 0.05f,
                    .decoupled = true),
    TORCH_OPTIMIZER("nesterov", TORCH_OF_NESTEROV),
    TORCH_OPTIMIZER("nesterov_decay", TORCH_OF_NESTEROV, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("adam", TORCH_OF_ADAM),
    TORCH_OPTIMIZER("adam_decay", TORCH_OF_ADAM, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("adam_decoupled", TORCH_OF_ADAM, .weight_decay = 0.05f, .decoupled = true),
    TORCH_OPTIMIZER("adam_betas", TORCH_OF_ADAM, .beta1 = 0.5f, .beta2 = 0.9f, .epsilon = 1e-3f),
    TORCH_OPTIMIZER("adam_keras", TORCH_OF_ADAM, .epsilon = 1e-3f, .epsilon_convention = MIXUP_EPSILON_KERAS),
    TORCH_OPTIMIZER("adamw", .kind = MIXUP_ADAMW, .learning_rate = 0.01f, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("rmsprop", TORCH_OF_RMSPROP),
    TORCH_OPTIMIZER("rmsprop_decay", TORCH_OF_RMSPROP, .weight_decay = 0.05f),
    TORCH_OPTIMIZER("rmsprop_momentum", TORCH_OF_RMSPROP, .momentum = 0.7f),
    TORCH_OPTIMIZER("rmsprop_momentum_decoupled", TORCH_OF_RMSPROP, .momentum = 0.7f, .weight_decay = 0.05f,
                    .decoupled = true),
    TORCH_OPTIMIZER("rmsprop_keras", TORCH_OF_RMSPROP, .epsilon = 1e-3f,
                    .epsilon_convention = MIXUP_EPSILON_KERAS),
    TORCH_OPTIMIZER("clip_norm", TORCH_OF_SGD, .clip_norm = 0.05f),
    TORCH_OPTIMIZER("clip_norm_idle", TORCH_OF_SGD, .clip_norm = 50.0f),
    TORCH_OPTIMIZER("clip_value", TORCH_OF_SGD, .clip_value = 0.02f),
    TORCH_OPTIMIZER("clip_both_momentum_decay", TORCH_OF_SGD, .momentum = 0.9f, .weight_decay = 0.05f,
                    .clip_norm = 0.3f, .clip_value = 0.05f),
    TORCH_OPTIMIZER_AVERAGE("average", 0.75, TORCH_OF_SGD),

    TORCH_MIX("input_1", "input"),
    TORCH_MIX("input_2", "input"),
    TORCH_MIX("input_7", "input"),
    TORCH_MIX("hidden_1", "head"),
    TORCH_MIX("hidden_2", "head"),
    TORCH_MIX("hidden_7", "head"),
    TORCH_LOSS("mix/softmax_cross_entropy", MIXUP_SOFTMAX_CROSS_ENTROPY, torch_class_weights, "head"),
    TORCH_LOSS("mix/softmax_binary", MIXUP_SOFTMAX_BINARY, torch_class_weights, "head"),
    TORCH_LOSS("mix/sigmoid_binary", MIXUP_SIGMOID_BINARY, torch_class_weights, "head"),
    TORCH_LOSS("mix/mean_squared_error", MIXUP_MEAN_SQUARED_ERROR, torch_class_weights, "head"),
    {.name = "mix/skip",
     .site = "b",
     .desc = {.input = {5}, NETWORK_LAYERS(torch_skip), .optimizer = TORCH_SGD}},
    {.name = "mix/blocked",
     .site = "b",
     .blocked = true,
     .desc = {.input = {5},
              NETWORK_LAYERS(torch_skip),
              .optimizer = {TORCH_OF_SGD, .momentum = 0.9f, .weight_decay = 0.05f}}},
};

#endif
