/* tests/networks/network_cases: the descriptions behind tests/fixtures/torch/networks.safetensors; in the
 * same order in make_torch_networks.py. */
#ifndef TESTS_NETWORKS_NETWORK_CASES_H
#define TESTS_NETWORKS_NETWORK_CASES_H

#include "mixup.h"

typedef struct network_case {
    const char *name;
    mixup_network_desc desc;
    mixup_loss loss;     /* DEFAULT: softmax cross-entropy of logits */
    float learning_rate; /* 0: 0.001 */
} network_case;

#define CASE(called, ...)                                                                                    \
    {                                                                                                        \
        .name = (called), .desc = {.output = MIXUP_OUTPUT_LINEAR, __VA_ARGS__ }                              \
    }

/* Narrow, and of odd sizes. */
static const network_case network_cases[] = {
    CASE("preact_resnet18", .kind = MIXUP_PREACT_RESNET, .input = {3, 17, 19}, .classes = 4, .width = 4),
    CASE("preact_resnet18_stem", .kind = MIXUP_PREACT_RESNET, .input = {29, 30}, .classes = 3, .depth = 18,
         .width = 3, .stem_stride = 2),
    CASE("preact_resnet34", .kind = MIXUP_PREACT_RESNET, .input = {3, 16, 16}, .classes = 5, .depth = 34,
         .width = 2),
    {.name = "preact_resnet50",
     .desc = {.kind = MIXUP_PREACT_RESNET,
              .input = {2, 26, 31},
              .classes = 3,
              .output = MIXUP_OUTPUT_LINEAR,
              .depth = 50,
              .width = 4},
     .learning_rate = 5e-5f},
    CASE("wide_resnet10", .kind = MIXUP_WIDE_RESNET, .input = {3, 13, 11}, .classes = 4, .depth = 10,
         .widening = 1),
    CASE("wide_resnet16", .kind = MIXUP_WIDE_RESNET, .input = {3, 13, 16}, .classes = 3, .depth = 16,
         .widening = 2, .stem_stride = 2),
    CASE("vgg11", .kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = 4, .depth = 11, .width = 4),
    CASE("vgg13", .kind = MIXUP_VGG, .input = {1, 33, 37}, .classes = 3, .depth = 13, .width = 3),
    CASE("vgg16", .kind = MIXUP_VGG, .input = {3, 65, 33}, .classes = 4, .width = 3),
    {.name = "lenet_digits",
     .desc = {.kind = MIXUP_LENET, .input = {28, 28}, .classes = 10},
     .loss = MIXUP_SOFTMAX_CROSS_ENTROPY},
    CASE("lenet_colour", .kind = MIXUP_LENET, .input = {3, 32, 35}, .classes = 7, .activation = MIXUP_TANH),
    CASE("all_convolutional", .kind = MIXUP_ALL_CONVOLUTIONAL, .input = {3, 32, 32}, .classes = 5,
         .width = 6),
    {.name = "all_convolutional_odd",
     .desc = {.kind = MIXUP_ALL_CONVOLUTIONAL,
              .input = {2, 19, 23},
              .classes = 3,
              .width = 5,
              .output = MIXUP_OUTPUT_SIGMOID},
     .loss = MIXUP_SIGMOID_BINARY},
    CASE("mlp", .kind = MIXUP_MLP, .input = {12}, .classes = 3, .widths = (const size_t[]){7, 5},
         .width_count = 2),
    CASE("mlp_bottleneck", .kind = MIXUP_MLP, .input = {3, 4, 4}, .classes = 4,
         .widths = (const size_t[]){9, 8, 7}, .width_count = 3, .bottleneck = 2, .batch_norm = true,
         .activation = MIXUP_LEAKY_RELU, .slope = 0.3f),
    {.name = "mlp_linear_bottleneck",
     .desc = {.kind = MIXUP_MLP,
              .input = {2},
              .classes = 3,
              .output = MIXUP_OUTPUT_LINEAR,
              .widths = (const size_t[]){9, 8},
              .width_count = 2,
              .bottleneck = 4,
              .bottleneck_after = 2,
              .linear_bottleneck = true,
              .activation = MIXUP_TANH},
     .loss = MIXUP_MEAN_SQUARED_ERROR},
};

/* Of the published sizes: only counted. */
static const network_case full_cases[] = {
    CASE("preact_resnet18_full", .kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 10),
    CASE("preact_resnet34_full", .kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 100,
         .depth = 34),
    CASE("preact_resnet50_full", .kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 10,
         .depth = 50),
    CASE("preact_resnet101_full", .kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 10,
         .depth = 101),
    CASE("preact_resnet152_full", .kind = MIXUP_PREACT_RESNET, .input = {3, 32, 32}, .classes = 10,
         .depth = 152),
    CASE("preact_resnet18_tiny", .kind = MIXUP_PREACT_RESNET, .input = {3, 64, 64}, .classes = 200,
         .stem_stride = 2),
    CASE("wide_resnet28_full", .kind = MIXUP_WIDE_RESNET, .input = {3, 32, 32}, .classes = 10),
    CASE("vgg11_full", .kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = 10, .depth = 11),
    CASE("vgg13_full", .kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = 10, .depth = 13),
    CASE("vgg16_full", .kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = 10),
    CASE("lenet_full", .kind = MIXUP_LENET, .input = {28, 28}, .classes = 10),
    CASE("all_convolutional_full", .kind = MIXUP_ALL_CONVOLUTIONAL, .input = {3, 32, 32}, .classes = 10),
    CASE("mlp_full", .kind = MIXUP_MLP, .input = {28, 28}, .classes = 10),
};

#endif
