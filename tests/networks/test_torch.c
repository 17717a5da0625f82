/* Ready-made networks against the same networks as PyTorch modules (tests/fixtures/make_torch_networks.py):
 * names and shapes of the state_dict, predictions and the losses of two training steps, on every engine;
 * and the number of parameters of the published sizes. */
#include "support/failing_allocator.h"

#include "network_cases.h"

#include "format/safetensors.h"
#include "graph/graph.h"
#include "random/stream.h"

#include <math.h>
#include <stdio.h>

enum { BATCH = 6, STEPS = 2 };

static void succeed(mixup_status status) {
    if (status != MIXUP_OK)
        fail_msg("%s: %s", mixup_status_name(status), mixup_last_error());
}

static safetensors *open_fixture(void) {
    safetensors *file = NULL;
    succeed(safetensors_read(&file, "tests/fixtures/torch/networks.safetensors", 0, NULL));
    return file;
}

static const char *metadata_of(const safetensors *file, const char *name) {
    const char *text = safetensors_metadata(file, name);
    if (text == NULL)
        fail_msg("the fixture has no %s", name);
    return text;
}

/* ---------------------------------------------------------------- values, as the script makes them */

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t item_of(const char *name) {
    uint32_t item = 2166136261u;
    for (; *name != '\0'; name++)
        item = (item ^ (uint8_t)*name) * 16777619u;
    return item;
}

/* That the test frees. */
static float *uniform(const char *name, double low, double high, size_t count) {
    float *values = calloc(count + 1, sizeof *values);
    assert_non_null(values);
    random_stream stream = random_open(1, RANDOM_SYNTHETIC, item_of(name), 0, 0, 0);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(low + (high - low) * random_uniform(&stream));
    return values;
}

static bool ends_in(const char *name, const char *end) {
    const size_t length = strlen(name);
    return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

static void fill_parameter(mixup_model *model, const mixup_parameter_info *info) {
    const bool flat = info->shape[1] == 0;
    double low = -0.3;
    double high = 0.3;
    if (ends_in(info->name, "running_var") || (ends_in(info->name, "weight") && flat)) {
        low = 0.5;
        high = 1.5;
    } else if (!flat) {
        const size_t fan_in = info->count / info->shape[0];
        high = sqrt(6.0 / (double)fan_in);
        low = -high;
    }
    float *values = uniform(info->name, low, high, info->count);
    succeed(mixup_parameter_write(model, info->name, values, info->count));
    free(values);
}

static mixup_model *make_model(const mixup_network_desc *desc, mixup_engine engine) {
    mixup_network *layers = NULL;
    mixup_model *model = NULL;
    succeed(mixup_network_create(&layers, desc));
    mixup_model_desc described = {
        .layers = layers->layers, .layer_count = layers->layer_count, .engine = engine, .threads = 1};
    memcpy(described.input, desc->input, sizeof described.input);
    succeed(mixup_model_create(&model, &described));
    mixup_network_destroy(layers);
    for (size_t p = 0; p < mixup_parameter_count(model); p++) {
        mixup_parameter_info info;
        succeed(mixup_parameter_at(model, p, &info));
        fill_parameter(model, &info);
    }
    return model;
}

/* ---------------------------------------------------------------- values compared */

static void expect_values(const safetensors *file, const char *name, const char *what, mixup_engine engine,
                          const double *values, size_t count, double tolerance) {
    char key[100];
    snprintf(key, sizeof key, "%s/%s", name, what);
    const safetensors_entry *entry = safetensors_find(file, key);
    if (entry == NULL) {
        fail_msg("the fixture has no %s", key);
        return;
    }
    assert_int_equal(shape_count(&entry->shape), count);
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(array_element(entry->type, entry->data, i)));
    for (size_t i = 0; i < count; i++) {
        const double expected = array_element(entry->type, entry->data, i);
        if (!(fabs(values[i] - expected) <= tolerance * largest))
            fail_msg("%s on engine %d: [%zu] is %.9g, PyTorch has %.9g (off by %.2g of the largest)", key,
                     (int)engine, i, values[i], expected, fabs(values[i] - expected) / largest);
    }
}

static void expect_prediction(const safetensors *file, const network_case *given, const char *what,
                              mixup_engine engine, mixup_model *model, const float *inputs,
                              double tolerance) {
    float outputs[BATCH * 10];
    double values[BATCH * 10];
    const size_t count = BATCH * given->desc.classes;
    assert_true(count <= MIXUP_COUNT(outputs));
    succeed(mixup_predict(model, BATCH, inputs, outputs));
    for (size_t i = 0; i < count; i++)
        values[i] = (double)outputs[i];
    expect_values(file, given->name, what, engine, values, count, tolerance);
}

/* Steps of SGD on one batch, in classes 0, 1, 2, ... */
static void train(const network_case *given, mixup_model *model, const float *inputs, double losses[STEPS]) {
    float targets[BATCH * 10] = {0};
    for (size_t i = 0; i < BATCH; i++)
        targets[i * given->desc.classes + i % given->desc.classes] = 1.0f;
    const float rate = given->learning_rate > 0.0f ? given->learning_rate : 0.001f;
    const bool logits = given->loss == MIXUP_LOSS_DEFAULT;
    mixup_trainer *trainer = NULL;
    succeed(mixup_trainer_create(
        &trainer, model,
        &(mixup_fit_desc){.loss = logits ? MIXUP_SOFTMAX_CROSS_ENTROPY : given->loss,
                          .optimizer = {.kind = MIXUP_SGD, .learning_rate = rate, .momentum = 0.9f}}));
    for (size_t step = 0; step < STEPS; step++)
        succeed(mixup_trainer_step(trainer, BATCH, inputs, targets, NULL, &losses[step]));
    mixup_trainer_destroy(trainer);
}

/* Single precision against double through up to fifty layers. The second loss is that of a step of training
 * on six samples, with norms over as few as six values, which amplifies the rounding. */
static void check_case(const safetensors *file, const network_case *given, mixup_engine engine) {
    mixup_model *model = make_model(&given->desc, engine);
    size_t width = 1;
    for (size_t d = 0; d < MIXUP_MAX_RANK && given->desc.input[d] > 0; d++)
        width *= given->desc.input[d];
    float *inputs = uniform("input", -1.0, 1.0, BATCH * width);
    double losses[STEPS];
    expect_prediction(file, given, "prediction", engine, model, inputs, 1e-5);
    train(given, model, inputs, losses);
    expect_values(file, given->name, "losses", engine, losses, STEPS, 1e-4);
    free(inputs);
    mixup_model_destroy(model);
}

static void check_all(mixup_engine engine) {
    safetensors *file = open_fixture();
    for (size_t c = 0; c < MIXUP_COUNT(network_cases); c++)
        check_case(file, &network_cases[c], engine);
    assert_int_equal(safetensors_count(file), 2 * MIXUP_COUNT(network_cases));
    safetensors_destroy(file);
}

static void the_reference_engine_predicts_and_trains_as_pytorch_does(void **state) {
    (void)state;
    check_all(MIXUP_ENGINE_REFERENCE);
}

static void the_default_engine_predicts_and_trains_as_pytorch_does(void **state) {
    (void)state;
    check_all(MIXUP_ENGINE_AUTO);
}

/* ---------------------------------------------------------------- names and numbers */

/* Every parameter is a line of the state_dict, in its shape, and there are no others. */
static void the_names_are_those_of_the_state_dict(void **state) {
    (void)state;
    safetensors *file = open_fixture();
    for (size_t c = 0; c < MIXUP_COUNT(network_cases); c++) {
        const char *listing = metadata_of(file, network_cases[c].name);
        mixup_model *model = make_model(&network_cases[c].desc, MIXUP_ENGINE_REFERENCE);
        size_t lines = 0;
        for (const char *at = listing; *at != '\0'; at++)
            lines += *at == '\n';
        assert_int_equal(mixup_parameter_count(model), lines);
        for (size_t p = 0; p < mixup_parameter_count(model); p++) {
            mixup_parameter_info info;
            succeed(mixup_parameter_at(model, p, &info));
            char line[200];
            int used = snprintf(line, sizeof line, "%s ", info.name);
            for (size_t d = 0; info.shape[d] > 0; d++)
                used += snprintf(line + used, sizeof line - (size_t)used, "%s%zu", d > 0 ? "x" : "",
                                 info.shape[d]);
            snprintf(line + used, sizeof line - (size_t)used, "\n");
            const char *found = strstr(listing, line);
            if (found == NULL || (found != listing && found[-1] != '\n'))
                fail_msg("%s: PyTorch has no %s", network_cases[c].name, line);
        }
        mixup_model_destroy(model);
    }
    safetensors_destroy(file);
}

/* From the graph alone: no memory is taken for a hundred million values. */
static void networks_of_the_published_sizes_have_as_many_parameters(void **state) {
    (void)state;
    safetensors *file = open_fixture();
    const mixup_allocator hooks = memory_allocator(NULL);
    for (size_t c = 0; c < MIXUP_COUNT(full_cases); c++) {
        mixup_network *layers = NULL;
        graph *made = NULL;
        succeed(mixup_network_create(&layers, &full_cases[c].desc));
        succeed(graph_create(&made, full_cases[c].desc.input, layers->layers, layers->layer_count, &hooks));
        size_t count = 0;
        for (size_t l = 0; l < made->layer_count; l++)
            count += made->layers[l].trainable;
        char text[40];
        snprintf(text, sizeof text, "%zu", count);
        if (strcmp(text, metadata_of(file, full_cases[c].name)) != 0)
            fail_msg("%s has %s parameters, PyTorch's %s", full_cases[c].name, text,
                     metadata_of(file, full_cases[c].name));
        graph_destroy(made);
        mixup_network_destroy(layers);
    }
    safetensors_destroy(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_engine_predicts_and_trains_as_pytorch_does),
        cmocka_unit_test(the_default_engine_predicts_and_trains_as_pytorch_does),
        cmocka_unit_test(the_names_are_those_of_the_state_dict),
        cmocka_unit_test(networks_of_the_published_sizes_have_as_many_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
