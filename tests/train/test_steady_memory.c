/* Once its plans are there, a step allocates nothing: not through the caller's hooks, and not by malloc
 * behind them. One exception, which is oneDNN's: each call of one of its primitives puts the arguments into a
 * map of its own, so a network with convolutions on that engine is held to what libmixup itself asks for. */
#include "support/counted_malloc.h"

#include "train/training.h"

enum { BATCH = 6, CLASSES = 3, WARM_STEPS = 8, STEPS = 12 };

typedef struct steady_case {
    const char *name;
    size_t input[MIXUP_MAX_RANK];
    mixup_layer layers[9];
    size_t layer_count;
    bool primitives; /* of oneDNN, on its engine */
} steady_case;

static const steady_case cases[] = {
    {.name = "dense",
     .input = {5},
     .layers = {{.op = MIXUP_DENSE, .units = 24, .activation = MIXUP_LEAKY_RELU, .slope = 0.3f},
                {.op = MIXUP_DENSE, .units = 9, .activation = MIXUP_RELU, .mix = true},
                {.op = MIXUP_DROPOUT, .rate = 0.25f},
                {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true}},
     .layer_count = 4},
    {.name = "convolutional",
     .input = {2, 8, 8},
     .layers = {{.op = MIXUP_CONV2D, .filters = 8, .kernel = {3}, .padding = {1}, .name = "stem"},
                {.op = MIXUP_BATCH_NORM, .activation = MIXUP_RELU, .mix = true},
                {.op = MIXUP_CONV2D, .filters = 8, .kernel = {3}, .padding = {1}},
                {.op = MIXUP_ADD, .with = {"stem"}},
                {.op = MIXUP_MAX_POOL, .kernel = {2}, .mix = true},
                {.op = MIXUP_FLATTEN},
                {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX}},
     .layer_count = 7,
     .primitives = true},
};

/* A case on an engine, with hooks that count. */
typedef struct scene {
    const steady_case *of;
    bool primitives;
    failing_allocator memory;
    mixup_model *model;
    size_t width;    /* of a sample */
    float *inputs;   /* [BATCH][width] */
    float *targets;  /* [BATCH][CLASSES] */
    size_t asked;    /* of the hooks, at the last mark */
    uint64_t marked; /* steps of fit that were looked at */
} scene;

static void scene_begin(scene *s, const steady_case *of, mixup_engine kind) {
    *s = (scene){.of = of, .primitives = of->primitives && kind != MIXUP_ENGINE_REFERENCE, .width = 1};
    const mixup_allocator hooks = failing_allocator_hooks(&s->memory);
    mixup_model_desc desc = {.layers = of->layers,
                             .layer_count = of->layer_count,
                             .engine = kind,
                             .threads = 1,
                             .allocator = &hooks};
    memcpy(desc.input, of->input, sizeof desc.input);
    network_ok(mixup_model_create(&s->model, &desc));
    for (size_t i = 0; of->input[i] > 0; i++)
        s->width *= of->input[i];
    s->inputs = network_values(BATCH * s->width);
    s->targets = network_values((size_t)BATCH * CLASSES);
    network_uniform(1, 0, -1.0, 1.0, BATCH * s->width, s->inputs);
    for (size_t i = 0; i < BATCH; i++)
        s->targets[i * CLASSES + i % CLASSES] = 1.0f;
}

static void scene_end(scene *s) {
    mixup_model_destroy(s->model);
    assert_int_equal(atomic_load(&s->memory.live), 0);
    free(s->inputs);
    free(s->targets);
}

/* From here on nothing may be allocated. */
static void mark(scene *s) {
    s->asked = atomic_load(&s->memory.calls);
    counted_malloc_reset();
}

/* Between the mark and here nothing was. */
static void expect_nothing(const scene *s, const char *what) {
    const size_t all = counted_malloc_calls();
    const size_t own = counted_malloc_own_calls();
    const size_t asked = atomic_load(&s->memory.calls) - s->asked;
    if (asked != 0 || own != 0 || (all != 0 && !s->primitives))
        fail_msg("%s, %s on %s: %zu blocks through the hooks, %zu calls of malloc by the library, %zu in all",
                 what, s->of->name, mixup_model_engine(s->model), asked, own, all);
}

/* Runs `check` for each case on each engine. */
static void each_case(void (*check)(scene *s)) {
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++)
        for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
            scene s;
            scene_begin(&s, &cases[c], network_engines[e]);
            check(&s);
            scene_end(&s);
        }
}

static void the_count_sees_every_kind_of_allocation(void **state) {
    (void)state;
#if COUNTED_MALLOC
    counted_malloc_reset();
    void *volatile blocks[4]; /* volatile: else the compiler leaves out blocks that nobody uses */
    void *aligned = NULL;
    blocks[0] = malloc(1);
    blocks[1] = calloc(2, 3);
    blocks[2] = realloc(NULL, 5);
    blocks[3] = aligned_alloc(64, 64);
    assert_int_equal(posix_memalign(&aligned, 64, 1), 0);
    assert_int_equal(counted_malloc_own_calls(), 5);
    assert_int_equal(counted_malloc_calls(), 5);
    char *copy = strdup("by a shared library");
    assert_int_equal(counted_malloc_own_calls(), 5);
    assert_int_equal(counted_malloc_calls(), 6);
    for (size_t i = 0; i < 4; i++)
        free(blocks[i]);
    free(aligned);
    free(copy);
#else
    skip();
#endif
}

/* Steps through every site and none, so that each has its plan; then draws of its own. */
static void check_steps(scene *s) {
    const mixup_fit_desc desc = {.mix = {.alpha = 1.0f, .plain_probability = 0.3f}};
    mixup_trainer *trainer = NULL;
    network_draw given;
    network_draw_make(&given, BATCH, false, 1);
    network_ok(mixup_trainer_create(&trainer, s->model, &desc));
    for (int32_t site = -1; site < 2; site++) {
        given.draw.site = site;
        network_ok(mixup_trainer_step(trainer, BATCH, s->inputs, s->targets, &given.draw, NULL));
    }
    mark(s);
    for (size_t i = 0; i < STEPS; i++)
        network_ok(mixup_trainer_step(trainer, BATCH, s->inputs, s->targets, NULL, NULL));
    for (int32_t site = -1; site < 2; site++) {
        given.draw.site = site;
        network_ok(mixup_trainer_step(trainer, BATCH, s->inputs, s->targets, &given.draw, NULL));
    }
    expect_nothing(s, "training steps");
    mixup_trainer_destroy(trainer);
}

static void a_training_step_allocates_nothing(void **state) {
    (void)state;
    each_case(check_steps);
}

static bool watch_step(void *user, const mixup_step *step) {
    scene *s = user;
    if (step->step > WARM_STEPS) {
        expect_nothing(s, "a step of fit");
        s->marked++;
    }
    mark(s);
    return false;
}

/* An epoch of fit, with the loader in the training's own thread and with one of its own. */
static void check_fit(scene *s) {
    enum { SAMPLES = BATCH * (WARM_STEPS + STEPS) };
    float *inputs = network_values(SAMPLES * s->width);
    int32_t labels[SAMPLES];
    network_uniform(2, 0, -1.0, 1.0, SAMPLES * s->width, inputs);
    for (size_t i = 0; i < SAMPLES; i++)
        labels[i] = (int32_t)(i % CLASSES);
    mixup_arrays_desc arrays = {.inputs = inputs, .count = SAMPLES, .labels = labels, .class_count = CLASSES};
    memcpy(arrays.shape, s->of->input, sizeof arrays.shape);
    mixup_dataset *set = NULL;
    network_ok(mixup_dataset_from_arrays(&set, &arrays));
    const size_t load_threads[] = {MIXUP_NO_LOAD_THREADS, 1};
    for (size_t i = 0; i < MIXUP_COUNT(load_threads); i++) {
        s->marked = 0;
        /* seed 2: the first eight batches go to both sites */
        network_ok(mixup_fit(s->model, &(mixup_fit_desc){.train = set,
                                                         .batch_size = BATCH,
                                                         .load_threads = load_threads[i],
                                                         .seed = 2,
                                                         .mix = {.alpha = 1.0f},
                                                         .on_step = watch_step,
                                                         .user = s}));
        assert_int_equal(s->marked, STEPS);
    }
    mixup_dataset_destroy(set);
    free(inputs);
}

static void an_epoch_allocates_nothing_between_its_steps(void **state) {
    (void)state;
    each_case(check_fit);
}

static void check_predictions(scene *s) {
    float outputs[BATCH * CLASSES];
    network_ok(mixup_predict(s->model, BATCH, s->inputs, outputs));
    network_ok(mixup_predict(s->model, 1, s->inputs, outputs));
    mark(s);
    for (size_t i = 0; i < STEPS; i++)
        network_ok(mixup_predict(s->model, i % 2 == 0 ? BATCH : 1, s->inputs, outputs));
    expect_nothing(s, "predictions");
}

static void a_prediction_of_a_known_batch_size_allocates_nothing(void **state) {
    (void)state;
    each_case(check_predictions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_count_sees_every_kind_of_allocation),
        cmocka_unit_test(a_training_step_allocates_nothing),
        cmocka_unit_test(an_epoch_allocates_nothing_between_its_steps),
        cmocka_unit_test(a_prediction_of_a_known_batch_size_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
