/* report/trained: see trained.h. */
#include "report/trained.h"

#include "base/file.h"
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

mixup_status trained_open(trained *out, const char *folder, const mixup_allocator *allocator) {
    trained result = {0};
    mixup_status status = MIXUP_OK;
    char *path = path_join(allocator, folder, RUN_EXPERIMENT);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY_ELSE(status, experiment_open(&result.file, path, NULL, 0, allocator), done);
    const char *variant = experiment_variant_name(result.file, 0);
    MIXUP_TRY_ELSE(status, experiment_resolve(&result.experiment, result.file, variant, NULL), done);
    MIXUP_TRY_ELSE(status, experiment_load_data(result.experiment, &result.data), done);
    MIXUP_TRY_ELSE(status, open_model(&result, folder, allocator), done);
done:
    memory_release(allocator, path);
    if (status == MIXUP_OK)
        *out = result;
    else
        trained_close(&result);
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

mixup_status trained_part(const trained *in, request_data part, const mixup_dataset **set) {
    const mixup_dataset *const parts[REQUEST_PARTS] = {in->data.train, in->data.validation, in->data.test};
    static const char *const names[REQUEST_PARTS] = {"training", "validation", "test"};
    if (parts[part] == NULL)
        return error(MIXUP_ERROR_NOT_FOUND, "the experiment has no %s data", names[part]);
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
