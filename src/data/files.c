/* data/files: data sets from array files, IDX and NPY. Inputs keep the file's element type; they are read
 * into memory, or stay in their file (array_reader.h). */
#include "data/array_reader.h"

#include "base/file.h"
#include "format/idx.h"
#include "format/npy.h"

typedef mixup_status (*file_reader)(const char *path, size_t threads, const mixup_allocator *allocator,
                                    array *out);
typedef mixup_status (*file_locator)(const char *path, const mixup_allocator *allocator, array_place *out);

/* What both descriptions say. */
typedef struct file_source {
    file_reader read;
    file_locator locate;
    const char *inputs;
    const char *labels;  /* or NULL */
    const char *targets; /* or NULL */
    size_t class_count;
    const char *const *class_names;
    double scale;
    mixup_keep keep;
    size_t memory_limit;
    size_t threads;
} file_source;

/* Whether the elements stay in the file, where `place` says. A pipe must not be opened twice, so what is to
 * be in memory is not looked at first. */
static mixup_status choose_keep(const file_source *source, const mixup_allocator *allocator, bool *on_disk,
                                array_place *place) {
    *on_disk = false;
    if ((unsigned)source->keep > MIXUP_KEEP_ON_DISK || source->keep == MIXUP_KEEP_ENCODED)
        return error(MIXUP_ERROR_ARGUMENT, "keep: %d; arrays are kept in memory or on disk",
                     (int)source->keep);
    if (source->keep == MIXUP_KEEP_IN_MEMORY ||
        (source->keep == MIXUP_KEEP_AUTO &&
         !file_is_larger(source->inputs, draft_memory_limit(source->memory_limit))))
        return MIXUP_OK;
    MIXUP_TRY(source->locate(source->inputs, allocator, place));
    *on_disk = !place->streamed;
    if (place->streamed && source->keep == MIXUP_KEEP_ON_DISK)
        return error(
            MIXUP_ERROR_UNSUPPORTED,
            "%s: is compressed or a pipe, so that single samples cannot be read from it; keep it in memory",
            source->inputs);
    return MIXUP_OK;
}

/* Storage and shape, from the array's. */
static mixup_status describe_inputs(dataset_draft *draft, const file_source *source, mixup_type type,
                                    const shape *all) {
    shape sample = {.rank = all->rank - 1};
    for (size_t i = 0; i < sample.rank; i++)
        sample.sizes[i] = all->sizes[i + 1];
    if (sample.rank == 0) /* [count]: one number a sample */
        sample = (shape){.rank = 1, .sizes = {1}};
    if (all->sizes[0] == 0)
        return error(MIXUP_ERROR_DATA, "%s: holds no samples", source->inputs);
    draft->storage->type = type;
    draft->storage->count = all->sizes[0];
    const mixup_status status = preprocess_set_shape(draft->preprocess, &sample);
    if (status != MIXUP_OK)
        return error_context(status, "%s", source->inputs);
    return preprocess_set_scale(draft->preprocess, source->scale);
}

static mixup_status load_inputs(dataset_draft *draft, const file_source *source) {
    dataset_storage *storage = draft->storage;
    array_place place;
    array inputs;
    bool on_disk = false;
    MIXUP_TRY(choose_keep(source, &storage->allocator, &on_disk, &place));
    if (on_disk) {
        MIXUP_TRY(describe_inputs(draft, source, place.type, &place.shape));
        return array_reader_attach(draft, source->inputs, &place);
    }
    MIXUP_TRY(source->read(source->inputs, source->threads, &storage->allocator, &inputs));
    storage->inputs = inputs.data;
    MIXUP_TRY(describe_inputs(draft, source, inputs.type, &inputs.shape));
    return draft_check_inputs(draft, source->inputs);
}

static mixup_status check_count(const dataset_draft *draft, const file_source *source, const char *path,
                                const array *in, const char *what) {
    if (in->shape.sizes[0] != draft->storage->count)
        return error(MIXUP_ERROR_DATA, "%s: %zu %s for the %zu samples of %s; the numbers must be the same",
                     path, in->shape.sizes[0], what, draft->storage->count, source->inputs);
    return MIXUP_OK;
}

static bool is_integer(mixup_type type) {
    return type != MIXUP_FLOAT16 && type != MIXUP_FLOAT32 && type != MIXUP_FLOAT64;
}

static mixup_status convert_labels(dataset_draft *draft, const file_source *source, const array *in) {
    if (!is_integer(in->type))
        return error(MIXUP_ERROR_DATA, "%s: labels must be integers, these are %s", source->labels,
                     type_name(in->type));
    if (shape_count(&in->shape) != in->shape.sizes[0])
        return error(MIXUP_ERROR_SHAPE, "%s: labels must be one a sample, not of shape %s", source->labels,
                     shape_to_text(&in->shape).text);
    MIXUP_TRY(check_count(draft, source, source->labels, in, "labels"));
    const size_t count = draft->storage->count;
    int32_t *labels = NULL;
    MIXUP_TRY(MEMORY_NEW(&draft->storage->allocator, labels, count));
    draft->storage->labels = labels;
    for (size_t i = 0; i < count; i++) {
        const double label = array_element(in->type, in->data, i);
        if (label < 0.0 || label > INT32_MAX)
            return error(MIXUP_ERROR_DATA,
                         "%s: the label of sample %zu (from 0) is %.0f; labels start at 0, "
                         "and one is below the number of classes",
                         source->labels, i, label);
        labels[i] = (int32_t)label;
    }
    return draft_set_classes(draft, labels, source->class_count, source->class_names, source->labels);
}

static mixup_status load_labels(dataset_draft *draft, const file_source *source) {
    array in;
    MIXUP_TRY(source->read(source->labels, source->threads, &draft->storage->allocator, &in));
    const mixup_status status = convert_labels(draft, source, &in);
    array_clear(&in, &draft->storage->allocator);
    return status;
}

static mixup_status convert_targets(dataset_draft *draft, const file_source *source, const array *in) {
    if (in->shape.rank > 2)
        return error(MIXUP_ERROR_SHAPE, "%s: targets must be [count] or [count][columns], not %s",
                     source->targets, shape_to_text(&in->shape).text);
    MIXUP_TRY(check_count(draft, source, source->targets, in, "targets"));
    const size_t columns = in->shape.rank == 2 ? in->shape.sizes[1] : 1;
    const size_t elements = shape_count(&in->shape);
    float *targets = NULL;
    MIXUP_TRY(MEMORY_NEW(&draft->storage->allocator, targets, elements));
    draft->storage->targets = targets;
    draft->storage->target_count = columns;
    array_to_float(in->type, in->data, elements, targets);
    return draft_check_targets(targets, draft->storage->count, columns, source->targets);
}

static mixup_status load_targets(dataset_draft *draft, const file_source *source) {
    array in;
    MIXUP_TRY(source->read(source->targets, source->threads, &draft->storage->allocator, &in));
    const mixup_status status = convert_targets(draft, source, &in);
    array_clear(&in, &draft->storage->allocator);
    return status;
}

static mixup_status fill(dataset_draft *draft, const file_source *source) {
    if (source->labels != NULL && source->targets != NULL)
        return error(MIXUP_ERROR_ARGUMENT, "labels and targets: a data set has one of them, not both");
    if (source->labels == NULL && (source->class_count > 0 || source->class_names != NULL))
        return error(MIXUP_ERROR_ARGUMENT,
                     "class_count and class_names: are for labels, which are not given");
    MIXUP_TRY(load_inputs(draft, source));
    if (source->labels != NULL)
        return load_labels(draft, source);
    if (source->targets != NULL)
        return load_targets(draft, source);
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_idx(mixup_dataset **set, const mixup_idx_desc *desc) {
    if (set == NULL || desc == NULL || desc->images == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_idx: set, desc and images must not be NULL");
    const file_source source = {.read = idx_read,
                                .threads = desc->threads,
                                .locate = idx_locate,
                                .keep = desc->keep,
                                .memory_limit = desc->memory_limit,
                                .inputs = desc->images,
                                .labels = desc->labels,
                                .class_count = desc->class_count,
                                .class_names = desc->class_names,
                                .scale = desc->scale};
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_IDX));
    return draft_finish(&draft, fill(&draft, &source), set);
}

mixup_status mixup_dataset_from_npy(mixup_dataset **set, const mixup_npy_desc *desc) {
    if (set == NULL || desc == NULL || desc->inputs == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_npy: set, desc and inputs must not be NULL");
    const file_source source = {.read = npy_read,
                                .threads = desc->threads,
                                .locate = npy_locate,
                                .keep = desc->keep,
                                .memory_limit = desc->memory_limit,
                                .inputs = desc->inputs,
                                .labels = desc->labels,
                                .targets = desc->targets,
                                .class_count = desc->class_count,
                                .class_names = desc->class_names,
                                .scale = desc->scale};
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_NPY));
    return draft_finish(&draft, fill(&draft, &source), set);
}
