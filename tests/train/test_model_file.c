/* Saving and loading: the same predictions, and names that PyTorch understands. */
#include "train/saved_model.h"

#include "format/safetensors.h"
#include "train/network_json.h"

static void a_loaded_model_predicts_the_same(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        scene s;
        float inputs[COUNT * FEATURES], outputs[2][COUNT * CLASSES];
        mixup_metrics metrics[2];
        network_uniform(2, 0, -1.0, 1.0, (size_t)COUNT * FEATURES, inputs);
        scene_begin(&s, network_engines[e]);
        mixup_model *loaded = load(s.path, network_engines[e]);
        network_ok(mixup_predict(s.model, COUNT, inputs, outputs[0]));
        network_ok(mixup_predict(loaded, COUNT, inputs, outputs[1]));
        assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
        /* the loss that it was trained with is that of an evaluation */
        network_ok(mixup_evaluate(s.model, s.set, NULL, &metrics[0]));
        network_ok(mixup_evaluate(loaded, s.set, NULL, &metrics[1]));
        expect_near(metrics[1].loss, metrics[0].loss, 0.0);
        assert_true(fabs(metrics[1].loss - metrics[1].nll) > 1e-3);
        mixup_model_destroy(loaded);
        scene_end(&s);
    }
}

static void saved_again_it_is_the_same_file(void **state) {
    (void)state;
    scene s;
    char again[320];
    scene_begin(&s, MIXUP_ENGINE_AUTO);
    snprintf(again, sizeof again, "%s", temporary_file(&s.folder, "again"));
    mixup_model *loaded = load(s.path, MIXUP_ENGINE_REFERENCE);
    network_ok(mixup_model_save(loaded, again));
    assert_same_bytes(again, s.path);
    mixup_model_destroy(loaded);
    scene_end(&s);
}

/* A network as JSON and back; the graph made of it is `out`. */
static void travel(const graph *from, const mixup_allocator *allocator, text *json, graph **out) {
    network_description description;
    text_init(json, allocator);
    network_ok(network_to_json(from, json));
    network_ok(network_from_json(json->data, NULL, 0, allocator, &description));
    network_ok(graph_create(out, description.input, description.layers, description.layer_count, allocator));
    network_description_clear(&description);
}

static void fields_of_images_come_back_with_both_sizes(void **state) {
    (void)state;
    static const mixup_layer images[] = {
        {.op = MIXUP_CONV2D,
         .filters = 4,
         .kernel = {3, 2},
         .stride = {1, 2},
         .padding = {1, MIXUP_NO_PADDING},
         .dilation = {2, 1}},
        {.op = MIXUP_CONV2D, .filters = 6, .kernel = {1}, .padding = {0, 2}, .groups = 2},
        {.op = MIXUP_DROPOUT, .rate = 0.5f, .by_channel = true},
        {.op = MIXUP_GROUP_NORM, .groups = 3},
        {.op = MIXUP_PAD, .padding = {2, MIXUP_NO_PADDING}},
        {.op = MIXUP_UPSAMPLE, .stride = {1, 3}},
        {.op = MIXUP_MAX_POOL, .kernel = {2}, .stride = {1}, .padding = {1}},
        {.op = MIXUP_AVERAGE_POOL, .kernel = {2, 3}},
        {.op = MIXUP_GLOBAL_AVERAGE_POOL},
    };
    const mixup_allocator allocator = memory_allocator(NULL);
    const size_t input[MIXUP_MAX_RANK] = {2, 9, 8};
    graph *first = NULL, *second = NULL, *third = NULL;
    text once, twice;
    network_ok(graph_create(&first, input, images, MIXUP_COUNT(images), &allocator));
    travel(first, &allocator, &once, &second);
    travel(second, &allocator, &twice, &third);
    assert_string_equal(once.data, twice.data);
    assert_non_null(strstr(once.data, "\"padding\":[1,0]"));
    for (size_t l = 0; l < MIXUP_COUNT(images); l++) {
        const mixup_layer *a = &first->layers[l].attributes, *b = &second->layers[l].attributes;
        assert_memory_equal(a->kernel, b->kernel, sizeof a->kernel);
        assert_memory_equal(a->stride, b->stride, sizeof a->stride);
        assert_memory_equal(a->padding, b->padding, sizeof a->padding);
        assert_memory_equal(a->dilation, b->dilation, sizeof a->dilation);
        assert_int_equal(a->filters, b->filters);
        assert_int_equal(a->groups, b->groups);
        assert_int_equal(a->by_channel, b->by_channel);
    }
    text_clear(&once);
    text_clear(&twice);
    graph_destroy(first);
    graph_destroy(second);
    graph_destroy(third);
}

static void classes_and_preprocessing_travel_with_the_model(void **state) {
    (void)state;
    scene s;
    size_t count = 0;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    mixup_model *loaded = load(s.path, MIXUP_ENGINE_REFERENCE);
    const char *const *names = mixup_model_class_names(loaded, &count);
    assert_int_equal(count, CLASSES);
    assert_string_equal(names[0], "cat");
    assert_string_equal(names[2], "\"ox\", käse");
    assert_non_null(mixup_model_preprocess(loaded));
    mixup_model_destroy(loaded);
    mixup_model *fresh = training_model(MIXUP_ENGINE_REFERENCE, FEATURES, layers, MIXUP_COUNT(layers), 1);
    assert_null(mixup_model_class_names(fresh, &count));
    assert_int_equal(count, 0);
    assert_null(mixup_model_preprocess(fresh));
    mixup_model_destroy(fresh);
    scene_end(&s);
}

static void training_goes_on_from_a_loaded_model(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    mixup_model *loaded = load(s.path, MIXUP_ENGINE_REFERENCE);
    const mixup_fit_desc desc = {.train = s.set, .epochs = 2, .mix = {.alpha = 1.0f}};
    network_ok(mixup_fit(s.model, &desc)); /* frozen layers and sites are the file's as well */
    network_ok(mixup_fit(loaded, &desc));
    training_expect_same(loaded, s.model);
    mixup_model_destroy(loaded);
    scene_end(&s);
}

static void expect_entry(const safetensors *file, const char *name, size_t rows, size_t columns) {
    const safetensors_entry *entry = safetensors_find(file, name);
    if (entry == NULL) {
        fail_msg("there is no %s", name);
        return;
    }
    assert_int_equal(entry->type, MIXUP_FLOAT32);
    assert_int_equal(entry->shape.rank, columns == 0 ? 1 : 2);
    assert_int_equal(entry->shape.sizes[0], rows);
    assert_int_equal(entry->shape.sizes[1], columns);
}

static void names_and_shapes_are_those_of_pytorch(void **state) {
    (void)state;
    scene s;
    safetensors *file = NULL;
    scene_begin(&s, MIXUP_ENGINE_AUTO);
    network_ok(safetensors_read(&file, s.path, 0, NULL));
    expect_entry(file, "hidden.weight", 5, 4); /* [out][in] */
    expect_entry(file, "hidden.bias", 5, 0);
    expect_entry(file, "batch_norm1.weight", 5, 0);
    expect_entry(file, "batch_norm1.bias", 5, 0);
    expect_entry(file, "batch_norm1.running_mean", 5, 0);
    expect_entry(file, "batch_norm1.running_var", 5, 0);
    expect_entry(file, "dense2.weight", 5, 5);
    expect_entry(file, "layer_norm1.weight", 10, 0);
    expect_entry(file, "dense3.weight", 3, 10);
    assert_null(safetensors_find(file, "dense2.bias"));
    assert_int_equal(safetensors_count(file), 11);
    assert_string_equal(safetensors_metadata(file, "format"), "pt");
    safetensors_destroy(file);
    scene_end(&s);
}

/* ---- custom layers */

static mixup_status same_shape(void *user, const size_t input[MIXUP_MAX_RANK],
                               size_t output[MIXUP_MAX_RANK]) {
    (void)user;
    memcpy(output, input, MIXUP_MAX_RANK * sizeof *output);
    return MIXUP_OK;
}

static mixup_status add_number(const mixup_custom_call *call) {
    for (size_t i = 0; i < call->batch * FEATURES; i++)
        call->output[i] = call->input[i] + *(const float *)call->user;
    return MIXUP_OK;
}

static mixup_status pass_gradient(const mixup_custom_call *call) {
    if (call->input_gradient != NULL)
        memcpy(call->input_gradient, call->output_gradient, call->batch * FEATURES * sizeof(float));
    return MIXUP_OK;
}

static void custom_layers_are_found_by_kind_and_missing_ones_named(void **state) {
    (void)state;
    float one = 1.0f, two = 2.0f;
    const mixup_custom custom = {"add_number", same_shape, add_number, pass_gradient, NULL, 0, &one};
    const mixup_custom other = {"something_else", same_shape, add_number, pass_gradient, NULL, 0, &one};
    const mixup_custom later = {"add_number", same_shape, add_number, pass_gradient, NULL, 0, &two};
    const mixup_custom *found[] = {&other, &later}, *wrong[] = {&other};
    const mixup_layer own[] = {{.op = MIXUP_CUSTOM, .custom = &custom}};
    const float inputs[FEATURES] = {0, 1, 2, 3};
    float outputs[FEATURES];
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "model");
    mixup_model *model = training_model(MIXUP_ENGINE_AUTO, FEATURES, own, 1, 1);
    mixup_model *loaded = NULL;
    network_ok(mixup_model_save(model, path));
    training_refused(mixup_model_load(&loaded, path, NULL), MIXUP_ERROR_NOT_FOUND, "'add_number'");
    training_refused(mixup_model_load(&loaded, path,
                                      &(mixup_load_desc){.customs = wrong, .custom_count = 1, .threads = 1}),
                     MIXUP_ERROR_NOT_FOUND, path);
    assert_null(loaded);
    network_ok(mixup_model_load(&loaded, path,
                                &(mixup_load_desc){.customs = found, .custom_count = 2, .threads = 1}));
    network_ok(mixup_predict(loaded, 1, inputs, outputs));
    expect_near(outputs[3], 5.0, 0.0);
    mixup_model_destroy(model);
    mixup_model_destroy(loaded);
    temporary_folder_remove(&folder);
}

/* ---- parameters of another file */

typedef struct lines {
    size_t count;
    char text[4096];
} lines;

static void collect_line(const char *line, void *user) {
    lines *out = user;
    out->count++;
    const size_t length = strlen(out->text);
    snprintf(out->text + length, sizeof out->text - length, "%s\n", line);
}

static void a_foreign_file_is_taken_where_it_fits_and_the_rest_reported(void **state) {
    (void)state;
    const float weight[20] = {[7] = 7.0f}, bias[5] = {[2] = 2.0f};
    const int32_t steps[1] = {1};
    const safetensors_entry entries[] = {
        {"hidden.weight", MIXUP_FLOAT32, {2, {5, 4}}, weight},
        {"hidden.bias", MIXUP_FLOAT32, {1, {4}}, bias}, /* another shape */
        {"batch_norm1.weight", MIXUP_FLOAT32, {1, {5}}, bias},
        {"batch_norm1.num_batches_tracked", MIXUP_INT32, {1, {1}}, steps}, /* not ours */
        {"head.weight", MIXUP_FLOAT32, {2, {5, 4}}, weight},
    };
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "pretrained");
    network_ok(safetensors_write(path, entries, MIXUP_COUNT(entries), NULL, 0, NULL));
    lines log = {0};
    mixup_model *model = NULL;
    network_ok(mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                              .layers = layers,
                                                              .layer_count = MIXUP_COUNT(layers),
                                                              .threads = 1,
                                                              .log = {collect_line, &log}}));
    float before[5], after[5], taken[20];
    mixup_match match = {0};
    network_ok(mixup_parameter_read(model, "hidden.bias", before, 5));
    network_ok(mixup_model_load_parameters(model, path, &match));
    network_ok(mixup_parameter_read(model, "hidden.bias", after, 5));
    network_ok(mixup_parameter_read(model, "hidden.weight", taken, 20));
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(taken, weight, sizeof taken);
    assert_int_equal(match.loaded, 2);
    assert_int_equal(match.misfits, 1);
    assert_int_equal(match.missing, 8);
    assert_int_equal(match.unknown, 2);
    assert_int_equal(log.count, 11);
    assert_non_null(strstr(log.text, "'hidden.bias' is float32 of 4 in the file but float32 of 5"));
    assert_non_null(strstr(log.text, "'head.weight'"));
    assert_non_null(strstr(log.text, "'dense3.weight'"));
    network_ok(mixup_model_load_parameters(model, path, NULL));
    mixup_model *loaded = NULL;
    training_refused(mixup_model_load(&loaded, path, NULL), MIXUP_ERROR_FORMAT, "load_parameters");
    mixup_model_destroy(model);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_model_predicts_the_same),
        cmocka_unit_test(saved_again_it_is_the_same_file),
        cmocka_unit_test(fields_of_images_come_back_with_both_sizes),
        cmocka_unit_test(classes_and_preprocessing_travel_with_the_model),
        cmocka_unit_test(training_goes_on_from_a_loaded_model),
        cmocka_unit_test(names_and_shapes_are_those_of_pytorch),
        cmocka_unit_test(custom_layers_are_found_by_kind_and_missing_ones_named),
        cmocka_unit_test(a_foreign_file_is_taken_where_it_fits_and_the_rest_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
