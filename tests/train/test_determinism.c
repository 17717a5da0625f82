/* The same bits again: from run to run, and for one thread and two. */
#include "train/training.h"

enum { FEATURES = 6, CLASSES = 3 };

#define WIDE                                                                                                 \
    { .op = MIXUP_DENSE, .units = 1024, .activation = MIXUP_LEAKY_RELU, .slope = 0.3f, .mix = true }
#define NARROW(width)                                                                                        \
    { .op = MIXUP_DENSE, .units = (width), .activation = MIXUP_LEAKY_RELU, .slope = 0.3f, .mix = true }
#define LAST(width)                                                                                          \
    { .op = MIXUP_DENSE, .units = (width), .activation = MIXUP_SOFTMAX }

/* Every op that has kernels of its own, and odd sizes. */
static const mixup_layer small_layers[] = {
    {.op = MIXUP_DENSE, .units = 17, .activation = MIXUP_GELU},
    {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU},
    {.op = MIXUP_DROPOUT, .rate = 0.3f},
    {.op = MIXUP_DENSE, .units = 17, .activation = MIXUP_TANH, .mix = true, .name = "inner"},
    {.op = MIXUP_LAYER_NORM},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 0.1f},
    {.op = MIXUP_ADD, .with = {"inner"}},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX},
};

/* The demonstrations' layers, the long rows of equal ones shortened. */
static const mixup_layer spiral[] = {WIDE, WIDE, WIDE, LAST(2)};
static const mixup_layer bottleneck_2[] = {WIDE, NARROW(2), WIDE, LAST(10)};
static const mixup_layer bottleneck_12[] = {WIDE, WIDE, NARROW(12), WIDE, LAST(10)};

typedef struct subject {
    const char *name;
    const mixup_layer *layers;
    size_t layer_count, features, classes, batch, samples;
} subject;

static const subject small = {"small", small_layers, MIXUP_COUNT(small_layers), FEATURES, CLASSES, 7, 30};

static const subject demonstrations[] = {
    {"spiral", spiral, MIXUP_COUNT(spiral), 2, 2, 20, 45},
    {"bottleneck_2", bottleneck_2, MIXUP_COUNT(bottleneck_2), 784, 10, 100, 250},
    {"bottleneck_12", bottleneck_12, MIXUP_COUNT(bottleneck_12), 784, 10, 100, 150},
};

static mixup_model *train(const subject *of, mixup_engine kind, size_t threads) {
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {of->features},
                                                              .layers = of->layers,
                                                              .layer_count = of->layer_count,
                                                              .engine = kind,
                                                              .threads = threads}));
    mixup_dataset *set = training_classes(of->samples, of->features, of->classes, 1);
    network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set,
                                                  .epochs = 2,
                                                  .batch_size = of->batch,
                                                  .mix = {.alpha = 1.0f, .per_sample = true},
                                                  .average_decay = 0.9f}));
    mixup_dataset_destroy(set);
    return model;
}

static uint32_t bits(float value) {
    uint32_t word = 0;
    memcpy(&word, &value, sizeof word);
    return word;
}

static void expect_same(const subject *of, mixup_engine kind, size_t threads, size_t other_threads) {
    mixup_model *model = train(of, kind, threads);
    mixup_model *other = train(of, kind, other_threads);
    mixup_parameter_info info;
    for (size_t p = 0; p < mixup_parameter_count(model); p++) {
        network_ok(mixup_parameter_at(model, p, &info));
        float *values = network_values(info.count);
        float *others = network_values(info.count);
        network_ok(mixup_parameter_read(model, info.name, values, info.count));
        network_ok(mixup_parameter_read(other, info.name, others, info.count));
        size_t different = 0;
        for (size_t i = 0; i < info.count; i++)
            different += bits(values[i]) != bits(others[i]);
        free(values);
        free(others);
        if (different > 0)
            fail_msg("%s on %s: %zu of %zu values of %s differ", of->name, mixup_model_engine(other),
                     different, info.count, info.name);
    }
    mixup_model_destroy(model);
    mixup_model_destroy(other);
}

static void a_training_run_again_gives_the_same_bits(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        expect_same(&small, network_engines[e], 1, 1);
}

static void another_seed_gives_other_values(void **state) {
    (void)state;
    mixup_dataset *set = training_classes(30, FEATURES, CLASSES, 1);
    float *made[2];
    size_t count = 0;
    for (uint64_t seed = 0; seed < 2; seed++) {
        mixup_model *model =
            training_model(MIXUP_ENGINE_REFERENCE, FEATURES, small_layers, MIXUP_COUNT(small_layers), 1);
        network_ok(mixup_fit(model, &(mixup_fit_desc){.train = set, .seed = seed}));
        made[seed] = training_parameters(model, &count);
        mixup_model_destroy(model);
    }
    assert_memory_not_equal(made[0], made[1], count * sizeof(float));
    free(made[0]);
    free(made[1]);
    mixup_dataset_destroy(set);
}

static void one_thread_and_two_give_the_same_bits_on_the_reference_engine(void **state) {
    (void)state;
    expect_same(&small, MIXUP_ENGINE_REFERENCE, 1, 2);
    expect_same(&small, MIXUP_ENGINE_REFERENCE, 1, 5);
}

static void two_threads_give_the_same_bits_every_time(void **state) {
    (void)state;
    if (MIXUP_COUNT(network_engines) == 1)
        skip(); /* the reference engine's are those of one thread, which the small network shows */
    expect_same(&demonstrations[1], MIXUP_ENGINE_AUTO, 2, 2);
}

static void one_thread_and_two_give_the_same_bits_for_the_demonstrations(void **state) {
    (void)state;
    if (MIXUP_COUNT(network_engines) == 1)
        skip();
    for (size_t d = 0; d < MIXUP_COUNT(demonstrations); d++)
        expect_same(&demonstrations[d], MIXUP_ENGINE_AUTO, 1, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_run_again_gives_the_same_bits),
        cmocka_unit_test(another_seed_gives_other_values),
        cmocka_unit_test(one_thread_and_two_give_the_same_bits_on_the_reference_engine),
        cmocka_unit_test(two_threads_give_the_same_bits_every_time),
        cmocka_unit_test(one_thread_and_two_give_the_same_bits_for_the_demonstrations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
