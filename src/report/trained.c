/* report/trained: see trained.h. */
#include "report/trained.h"

#include "base/file.h"
#include "base/path.h"
#include "experiment/run.h"

static mixup_status open_model(trained *out, const char *folder, const mixup_allocator *allocator) {
    char *path = path_join(allocator, folder, RUN_MODEL);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status =
        mixup_model_load(&out->model, path, &(mixup_load_desc){.allocator = allocator});
    memory_release(allocator, path);
    return status;
}

/* Opens run.yaml and resolves it. */
static mixup_status open_experiment(trained *out, const char *folder, const mixup_allocator *allocator) {
    char *path = path_join(allocator, folder, RUN_EXPERIMENT);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = experiment_open(&out->file, path, NULL, 0, allocator);
    if (status == MIXUP_OK)
        status = experiment_resolve(&out->experiment, out->file, experiment_variant_name(out->file, 0), NULL);
    memory_release(allocator, path);
    return status;
}

mixup_status trained_open(trained *out, const char *folder, const mixup_allocator *allocator) {
    trained result = {0};
    mixup_status status = open_experiment(&result, folder, allocator);
    if (status == MIXUP_OK)
        status = experiment_load_data(result.experiment, &result.data);
    if (status == MIXUP_OK)
        status = open_model(&result, folder, allocator);
    if (status == MIXUP_OK)
        *out = result;
    else
        trained_close(&result);
    return status;
}

mixup_status trained_requests(arena *in, const char *folder, request **items, size_t *count) {
    trained opened = {0};
    mixup_status status = open_experiment(&opened, folder, &in->allocator);
    if (status == MIXUP_OK)
        status = request_read(in, experiment_settings(opened.experiment), items, count);
    trained_close(&opened);
    return status;
}

void trained_close(trained *out) {
    mixup_model_destroy(out->model);
    experiment_data_clear(&out->data);
    if (out->experiment != NULL)
        experiment_destroy(out->experiment);
    if (out->file != NULL)
        experiment_close(out->file);
    *out = (trained){0};
}

const char *trained_part_name(settings_figure_data part) {
    static const char *const names[SETTINGS_FIGURE_PARTS] = {[SETTINGS_FIGURE_USUAL] = "usual",
                                                             [SETTINGS_FIGURE_TRAIN] = "training",
                                                             [SETTINGS_FIGURE_VALIDATION] = "validation",
                                                             [SETTINGS_FIGURE_TEST] = "test"};
    return names[part];
}

mixup_status trained_part(const trained *in, settings_figure_data part, const mixup_dataset **set) {
    const mixup_dataset *const parts[SETTINGS_FIGURE_PARTS] = {[SETTINGS_FIGURE_TRAIN] = in->data.train,
                                                               [SETTINGS_FIGURE_VALIDATION] =
                                                                   in->data.validation,
                                                               [SETTINGS_FIGURE_TEST] = in->data.test};
    if (parts[part] == NULL)
        return error(MIXUP_ERROR_NOT_FOUND, "the experiment has no %s data", trained_part_name(part));
    *set = parts[part];
    return MIXUP_OK;
}

mixup_status trained_document(arena *in, const char *folder, const yaml_node **root) {
    char *path = path_join(&in->allocator, folder, RUN_EXPERIMENT);
    char *content = NULL;
    size_t size = 0;
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = file_read_all(path, YAML_MAX_BYTES, &in->allocator, &content, &size);
    if (status == MIXUP_OK)
        status = yaml_parse(in, path, true, content, size, root);
    memory_release(&in->allocator, content);
    memory_release(&in->allocator, path);
    return status;
}
