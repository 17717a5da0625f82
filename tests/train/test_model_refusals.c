/* Models that cannot be written, and files that are damaged, strange or missing: clear refusals, and nothing
 * lost. */
#include "train/saved_model.h"

#include "data/preprocess.h"
#include "format/safetensors.h"
#include "support/damaged_file.h"
#include "support/refused_write.h"
#include "train/model.h"
#include "train/network_json.h"

static mixup_status save_small(const char *path, const mixup_allocator *allocator) {
    const mixup_layer small[] = {{.op = MIXUP_DENSE, .units = 2}};
    mixup_model *model = NULL;
    const mixup_model_desc desc = {.input = {2},
                                   .layers = small,
                                   .layer_count = 1,
                                   .engine = MIXUP_ENGINE_REFERENCE,
                                   .threads = 1,
                                   .allocator = allocator};
    mixup_status status = mixup_model_create(&model, &desc);
    if (status == MIXUP_OK)
        status = mixup_model_save(model, path);
    mixup_model_destroy(model);
    return status;
}

static void a_refused_save_leaves_the_old_file(void **state) {
    (void)state;
    write_where_it_is_refused(save_small);
}

static mixup_status load_and_predict(const char *path, const mixup_allocator *allocator) {
    mixup_model *model = NULL;
    size_t input[MIXUP_MAX_RANK], output[MIXUP_MAX_RANK];
    const mixup_load_desc desc = {.engine = MIXUP_ENGINE_REFERENCE, .threads = 1, .allocator = allocator};
    const mixup_status status = mixup_model_load(&model, path, &desc);
    if (status != MIXUP_OK) {
        assert_null(model);
        return status;
    }
    mixup_model_input_shape(model, input);
    mixup_model_output_shape(model, output);
    if (input[0] <= 64 && input[1] == 0 && output[0] <= 64 && output[1] == 0) {
        float inputs[64] = {0}, outputs[64];
        (void)mixup_predict(model, 1, inputs, outputs);
    }
    mixup_model_destroy(model);
    return status;
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    temporary_folder folder;
    temporary_folder_make(&folder);
    char path[320];
    snprintf(path, sizeof path, "%s", temporary_file(&folder, "small"));
    network_ok(save_small(path, NULL));
    cut_at_every_byte(path, load_and_predict);
    temporary_folder_remove(&folder);
}

/* What reads a part of the metadata; `json` is changed in every byte. In memory, where that is quick. */
typedef void (*read_text)(const char *json, const mixup_allocator *allocator);

static void read_network(const char *json, const mixup_allocator *allocator) {
    network_description description;
    graph *made = NULL;
    if (network_from_json(json, NULL, 0, allocator, &description) != MIXUP_OK)
        return;
    if (graph_create(&made, description.input, description.layers, description.layer_count, allocator) ==
        MIXUP_OK)
        graph_destroy(made);
    network_description_clear(&description);
}

static void read_preprocess(const char *json, const mixup_allocator *allocator) {
    mixup_preprocess *preprocess = NULL;
    if (preprocess_from_json(json, allocator, &preprocess) == MIXUP_OK)
        preprocess_destroy(preprocess);
}

static void change_text(const char *json, read_text read) {
    static const char replacements[] = "\"0-9{}[],:x\\\xFF";
    const size_t length = strlen(json);
    char *changed = malloc(length + 1);
    assert_non_null(changed);
    memcpy(changed, json, length + 1);
    for (size_t at = 0; at < length; at++) {
        for (size_t r = 0; r + 1 < sizeof replacements; r++) {
            failing_allocator memory = {0};
            const mixup_allocator hooks = failing_allocator_hooks(&memory);
            changed[at] = replacements[r];
            read(changed, &hooks);
            assert_int_equal(atomic_load(&memory.live), 0);
        }
        changed[at] = json[at];
    }
    free(changed);
}

static void changed_metadata_never_crashes(void **state) {
    (void)state;
    scene s;
    safetensors *file = NULL;
    scene_begin(&s, MIXUP_ENGINE_REFERENCE);
    network_ok(safetensors_read(&file, s.path, 0, NULL));
    change_text(safetensors_metadata(file, "mixup.network"), read_network);
    change_text(safetensors_metadata(file, "mixup.preprocess"), read_preprocess);
    safetensors_destroy(file);
    scene_end(&s);
}

/* Writes `json` as the metadata of a file whose tensors are those of a dense layer of 2 × 2. */
static mixup_status load_network(const char *path, const char *json, const char *loss) {
    const float weight[4] = {0}, bias[2] = {0};
    const safetensors_entry entries[] = {{"dense1.weight", MIXUP_FLOAT32, {2, {2, 2}}, weight},
                                         {"dense1.bias", MIXUP_FLOAT32, {1, {2}}, bias}};
    const safetensors_text metadata[] = {{"mixup.network", json}, {"mixup.loss", loss}};
    network_ok(safetensors_write(path, entries, 2, metadata, 2, NULL));
    mixup_model *model = NULL;
    const mixup_status status =
        mixup_model_load(&model, path, &(mixup_load_desc){.engine = MIXUP_ENGINE_REFERENCE, .threads = 1});
    mixup_model_destroy(model);
    return status;
}

/* Predictions are led back column by column. */
static void statistics_for_other_columns_than_the_outputs_are_refused(void **state) {
    (void)state;
    static const char json[] =
        "{\"version\":1,\"source\":\"arrays\",\"shape\":[2],\"scale\":1.0,\"missing\":\"refuse\","
        "\"filled\":null,\"mean\":null,\"deviation\":null,\"classes\":[],\"features\":[],\"targets\":[],"
        "\"ignored\":[],\"label\":null,\"separator\":\",\",\"no_header\":false,"
        "\"target_mean\":[1,2,3],\"target_deviation\":[1,2,3]}";
    const float weight[4] = {0}, bias[2] = {0};
    const safetensors_entry entries[] = {{"dense1.weight", MIXUP_FLOAT32, {2, {2, 2}}, weight},
                                         {"dense1.bias", MIXUP_FLOAT32, {1, {2}}, bias}};
    const safetensors_text metadata[] = {{"mixup.network",
                                          "{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2}]}"},
                                         {"mixup.loss", "default"},
                                         {"mixup.preprocess", json}};
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "strange");
    mixup_model *model = NULL;
    network_ok(safetensors_write(path, entries, 2, metadata, 3, NULL));
    training_refused(mixup_model_load(&model, path, NULL), MIXUP_ERROR_FORMAT, path);
    training_expect_message("3 columns of targets for 2 outputs");
    assert_null(model);
    temporary_folder_remove(&folder);
}

static void strange_metadata_is_refused_with_the_place(void **state) {
    (void)state;
    static const struct {
        const char *json, *part;
    } cases[] = {
        {"", "JSON"},
        {"[1]", "'network'"},
        {"{\"layers\":[{\"op\":\"dense\",\"units\":2}]}", "'input'"},
        {"{\"input\":[2]}", "'layers'"},
        {"{\"input\":[2],\"layers\":[]}", "'layers'"},
        {"{\"input\":[2],\"layers\":[7]}", "layers[0]"},
        {"{\"input\":[-2],\"layers\":[{\"op\":\"dense\",\"units\":2}]}", "'input'"},
        {"{\"input\":[1,1,1,1,1],\"layers\":[{\"op\":\"dense\",\"units\":2}]}", "'input'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dence\",\"units\":2}]}", "layers[0]"},
        {"{\"input\":[2],\"layers\":[{\"op\":7,\"units\":2}]}", "'op'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":\"2\"}]}", "'units'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"name\":3}]}", "'name'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"mix\":1}]}", "'mix'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"activation\":\"relo\"}]}",
         "'activation'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"initial\":0}]}", "'initial'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"slope\":\"x\"}]}", "'slope'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"slope\":1e39}]}", "'slope'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2,\"colour\":1}]}", "'colour'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"add\",\"with\":\"a\"}]}", "'with'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"reshape\",\"shape\":[1,1,1,1,2]}]}", "'shape'"},
        {"{\"input\":[2],\"layers\":[{\"op\":\"custom\",\"custom\":1}]}", "'custom'"},
    };
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "strange");
    network_ok(load_network(path, "{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2}]}",
                            "mean_squared_error"));
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        training_refused(load_network(path, cases[c].json, "default"), MIXUP_ERROR_FORMAT, path);
        training_expect_message(cases[c].part);
    }
    /* What reads well but does not hold together is the graph's to refuse, or the tensors'. */
    training_refused(load_network(path, "{\"input\":[2],\"layers\":[{\"op\":\"dense\"}]}", "default"),
                     MIXUP_ERROR_NETWORK, path);
    training_refused(load_network(path, "{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":3}]}",
                                  "default"),
                     MIXUP_ERROR_SHAPE, "dense1.weight");
    assert_int_not_equal(
        load_network(path, "{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":9223372036854775807}]}",
                     "default"),
        MIXUP_OK);
    training_refused(load_network(path, "{\"input\":[2],\"layers\":[{\"op\":\"dense\",\"units\":2}]}",
                                  "hinge"),
                     MIXUP_ERROR_FORMAT, "'hinge'");
    temporary_folder_remove(&folder);
}

static void *allocate_little(size_t size, void *user) {
    (void)user;
    return size <= 1U << 20 ? malloc(size) : NULL;
}

static void release_little(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

/* A few hundred bytes can describe a network of gigabytes. */
static void a_network_larger_than_its_file_is_refused_before_memory_is_taken_for_it(void **state) {
    (void)state;
    const mixup_allocator little = {allocate_little, release_little, NULL};
    const mixup_load_desc desc = {.engine = MIXUP_ENGINE_REFERENCE, .threads = 1, .allocator = &little};
    const float weight[4] = {0};
    const safetensors_entry entry = {"dense1.weight", MIXUP_FLOAT32, {2, {2, 2}}, weight};
    const safetensors_text metadata = {"mixup.network",
                                       "{\"input\":[20000],\"layers\":[{\"op\":\"dense\",\"units\":50000}]}"};
    temporary_folder folder;
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "large");
    mixup_model *model = NULL;
    network_ok(safetensors_write(path, &entry, 1, &metadata, 1, NULL));
    training_refused(mixup_model_load(&model, path, &desc), MIXUP_ERROR_SHAPE, "50000x20000");
    network_ok(safetensors_write(path, NULL, 0, &metadata, 1, NULL));
    training_refused(mixup_model_load(&model, path, &desc), MIXUP_ERROR_FORMAT,
                     "tensor 'dense1.weight' is missing");
    assert_null(model);
    temporary_folder_remove(&folder);
}

static void a_missing_file_is_named(void **state) {
    (void)state;
    mixup_model *model = NULL;
    training_refused(mixup_model_load(&model, "/nowhere/model", NULL), MIXUP_ERROR_IO, "/nowhere/model");
    training_refused(mixup_model_load(NULL, "/nowhere/model", NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_model_save(NULL, "/nowhere/model"), MIXUP_ERROR_ARGUMENT, "NULL");
    assert_null(model);
}

/* Writes a part of the array, and fails. */
static mixup_status break_off(engine *self, const void *layout, const real *plain, real *stored) {
    (void)self, (void)layout;
    stored[0] = plain[0] + 1.0f;
    return MIXUP_ERROR_ENGINE;
}

static void a_failure_among_the_parameters_leaves_all_as_they_were(void **state) {
    (void)state;
    scene s;
    scene_begin(&s, MIXUP_ENGINE_AUTO);
    mixup_model *model = training_model(MIXUP_ENGINE_AUTO, FEATURES, layers, MIXUP_COUNT(layers), 77);
    if (model->engine->layout_write != NULL) { /* plain values cannot fail */
        size_t count = 0;
        float *before = training_parameters(model, &count);
        mixup_match match = {.loaded = 77};
        model->engine->layout_write = break_off;
        network_expect(mixup_model_load_parameters(model, s.path, &match), MIXUP_ERROR_ENGINE);
        float *after = training_parameters(model, NULL);
        assert_memory_equal(before, after, count * sizeof *before);
        assert_int_equal(match.loaded, 77);
        free(before);
        free(after);
    }
    mixup_model_destroy(model);
    scene_end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_save_leaves_the_old_file),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(changed_metadata_never_crashes),
        cmocka_unit_test(statistics_for_other_columns_than_the_outputs_are_refused),
        cmocka_unit_test(strange_metadata_is_refused_with_the_place),
        cmocka_unit_test(a_network_larger_than_its_file_is_refused_before_memory_is_taken_for_it),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_failure_among_the_parameters_leaves_all_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
