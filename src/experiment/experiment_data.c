/* experiment/experiment: the data sets. */
#include "data/standardize.h"
#include "experiment/experiment_parts.h"

/* ---------------------------------------------------------------- sources */

typedef struct source_hooks {
    const mixup_allocator *allocator;
    mixup_log log;
    size_t threads;
} source_hooks;

/* A source as the file describes it, made to fit the training data (`train` NULL: these are they). */
typedef mixup_status (*source_reader)(const settings_part *part, const mixup_dataset *train,
                                      const source_hooks *hooks, mixup_dataset **set);

/* The number of classes counts for all parts, also where the largest label is missing from one. */
static size_t class_count(size_t given, const mixup_dataset *train) {
    if (given > 0 || train == NULL)
        return given;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    return info.class_count;
}

static const char *const *class_names(const char *const *given, const mixup_dataset *train) {
    if (given != NULL || train == NULL)
        return given;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    return info.class_names;
}

static mixup_status read_idx(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_idx_desc desc = part->idx;
    desc.threads = hooks->threads;
    desc.class_count = class_count(desc.class_count, train);
    desc.class_names = class_names(desc.class_names, train);
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_idx(set, &desc);
}

static mixup_status read_npy(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_npy_desc desc = part->npy;
    desc.threads = hooks->threads;
    if (desc.labels != NULL) {
        desc.class_count = class_count(desc.class_count, train);
        desc.class_names = class_names(desc.class_names, train);
    }
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_npy(set, &desc);
}

static mixup_status read_csv(const settings_part *part, const mixup_dataset *train, const source_hooks *hooks,
                             mixup_dataset **set) {
    mixup_csv_desc desc = part->csv;
    desc.like = train != NULL ? mixup_dataset_preprocess(train) : NULL;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_csv(set, &desc);
}

static mixup_status read_spirals(const settings_part *part, const mixup_dataset *train,
                                 const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_spirals_desc desc = part->spirals;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_spirals(set, &desc);
}

static mixup_status read_cifar(const settings_part *part, const mixup_dataset *train,
                               const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_cifar_desc desc = part->cifar;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_cifar(set, &desc);
}

/* Of training images; a folder too high or too low has one class or none. */
static mixup_status check_image_classes(const char *path, const mixup_dataset *set) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    if (info.class_count >= 2)
        return MIXUP_OK;
    if (info.class_count == 0)
        return error(MIXUP_ERROR_DATA,
                     "%s: the images lie in no folders; each must be in the folder of its class", path);
    return error(
        MIXUP_ERROR_DATA,
        "%s: all images lie in one folder, '%s'; where its folders are the classes, give part: \"%s\"", path,
        info.class_names[0], info.class_names[0]);
}

/* Adds to the message on an image that cannot be decoded how to do without it. */
static mixup_status mention_skipping(mixup_status status, bool skipped) {
    if (skipped || (status != MIXUP_ERROR_FORMAT && status != MIXUP_ERROR_UNSUPPORTED))
        return status;
    return error(status, "%s; with skip_damaged: true images that cannot be decoded are left out",
                 mixup_last_error());
}

static mixup_status read_images(const settings_part *part, const mixup_dataset *train,
                                const source_hooks *hooks, mixup_dataset **set) {
    mixup_images_desc desc = part->images;
    desc.like = train != NULL ? mixup_dataset_preprocess(train) : NULL;
    desc.allocator = hooks->allocator;
    desc.log = hooks->log;
    desc.threads = hooks->threads;
    mixup_dataset *opened = NULL;
    mixup_status status = mixup_dataset_from_images(&opened, &desc);
    if (status != MIXUP_OK)
        return mention_skipping(status, desc.skip_damaged);
    status = train == NULL ? check_image_classes(desc.path, opened) : MIXUP_OK;
    if (status == MIXUP_OK)
        *set = opened;
    else
        mixup_dataset_destroy(opened);
    return status;
}

static mixup_status read_factors(const settings_part *part, const mixup_dataset *train,
                                 const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_factors_desc desc = part->factors;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_factors(set, &desc);
}

static mixup_status read_svhn(const settings_part *part, const mixup_dataset *train,
                              const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    mixup_svhn_desc desc = part->svhn;
    desc.allocator = hooks->allocator;
    return mixup_dataset_from_svhn(set, &desc);
}

enum { MOST_FREE_STATES = 10000 }; /* their matrix has this many bytes squared */

static mixup_status read_identity(const settings_part *part, const mixup_dataset *train,
                                  const source_hooks *hooks, mixup_dataset **set) {
    (void)train;
    const size_t classes = part->identity.class_count;
    const size_t count = classes * part->identity.count_per_class; /* each at most 1,000 */
    if (count > MOST_FREE_STATES)
        return error(MIXUP_ERROR_ARGUMENT,
                     "class_count times count_per_class is %zu; at most %d are possible", count,
                     MOST_FREE_STATES);
    uint8_t *inputs = NULL; /* [count][count] */
    int32_t *labels = NULL; /* [count] */
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(hooks->allocator, inputs, count * count), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(hooks->allocator, labels, count), done);
    for (size_t i = 0; i < count; i++) {
        inputs[i * count + i] = 1;
        labels[i] = (int32_t)(i % classes);
    }
    status = mixup_dataset_from_arrays(set, &(mixup_arrays_desc){.inputs = inputs,
                                                                 .type = MIXUP_UINT8,
                                                                 .count = count,
                                                                 .shape = {count},
                                                                 .labels = labels,
                                                                 .class_count = classes,
                                                                 .allocator = hooks->allocator});
done:
    memory_release(hooks->allocator, labels);
    memory_release(hooks->allocator, inputs);
    return status;
}

static mixup_status read_tiny_imagenet(const settings_part *part, const mixup_dataset *train,
                                       const source_hooks *hooks, mixup_dataset **set) {
    mixup_tiny_imagenet_desc desc = part->tiny_imagenet;
    mixup_dataset_info info;
    mixup_dataset_describe(train, &info);
    if (train != NULL && info.shape[2] > 0) { /* the size of the training images */
        desc.size[0] = info.shape[1];
        desc.size[1] = info.shape[2];
    }
    desc.allocator = hooks->allocator;
    desc.log = hooks->log;
    desc.threads = hooks->threads;
    return mention_skipping(mixup_dataset_from_tiny_imagenet(set, &desc), desc.skip_damaged);
}

static const source_reader readers[] = {
    [SETTINGS_IDX] = read_idx,           [SETTINGS_CSV] = read_csv,
    [SETTINGS_NPY] = read_npy,           [SETTINGS_SPIRALS] = read_spirals,
    [SETTINGS_CIFAR] = read_cifar,       [SETTINGS_IMAGES] = read_images,
    [SETTINGS_FACTORS] = read_factors,   [SETTINGS_SVHN] = read_svhn,
    [SETTINGS_IDENTITY] = read_identity, [SETTINGS_TINY_IMAGENET] = read_tiny_imagenet,
};

static mixup_status data_context(const experiment *of, const char *key, mixup_status status) {
    const yaml_node *node = yaml_find(of->root, key);
    return error_context(status, "%s: %s", yaml_where(node != NULL ? node : of->root).text, key);
}

/* ---------------------------------------------------------------- parts */

/* Cuts `part` off *train, which becomes what is left. */
static mixup_status split(mixup_dataset **train, const mixup_split_desc *desc, mixup_dataset **part) {
    mixup_dataset *rest = NULL;
    MIXUP_TRY(mixup_dataset_split(*train, desc, &rest, part));
    mixup_dataset_destroy(*train);
    *train = rest;
    return MIXUP_OK;
}

static mixup_status load_part(const experiment *of, const char *key, const settings_part *part,
                              const source_hooks *hooks, mixup_dataset **train, mixup_dataset **set) {
    mixup_status status = MIXUP_OK;
    if (part->format == SETTINGS_SPLIT)
        status = split(train, &part->split, set);
    else if (part->format != SETTINGS_ABSENT)
        status = readers[part->format](part, *train, hooks, set);
    return status == MIXUP_OK ? status : data_context(of, key, status);
}

/* What missing cells become is learned from the training part alone, also when the parts were cut off one
 * file. */
static mixup_status refill(experiment_data *data) {
    if (data->validation != NULL)
        MIXUP_TRY(dataset_refill(data->validation, data->train));
    if (data->test != NULL)
        MIXUP_TRY(dataset_refill(data->test, data->train));
    return dataset_refill(data->train, data->train);
}

/* Leaves so many of the training samples. */
static mixup_status take_subset(const settings_subset *subset, mixup_dataset **train) {
    const mixup_split_desc desc = {
        .count = subset->count, .stratified = subset->stratified, .seed = subset->seed};
    mixup_dataset *others = NULL;
    mixup_dataset *taken = NULL;
    if (subset->count == 0 || subset->count == (*train)->count)
        return MIXUP_OK;
    if (subset->count > (*train)->count)
        return error(MIXUP_ERROR_DATA, "count: %zu, but test and validation leave %zu training samples",
                     subset->count, (*train)->count);
    MIXUP_TRY(mixup_dataset_split(*train, &desc, &others, &taken));
    mixup_dataset_destroy(others);
    mixup_dataset_destroy(*train);
    *train = taken;
    return MIXUP_OK;
}

/* What makes mean and deviation of `set`, by the training part. */
static mixup_status normalize_set(const settings *in, const mixup_dataset *train, mixup_dataset *set) {
    const settings_normalize *how = &in->normalize;
    if (set == NULL)
        return MIXUP_OK;
    if (in->standardize || how->by == SETTINGS_BY_FEATURE)
        return mixup_dataset_standardize(set, train);
    if (how->by == SETTINGS_NOT_NORMALIZED)
        return MIXUP_OK;
    if (how->mean != NULL)
        return mixup_dataset_normalize_by(set, how->mean, how->deviation, how->mean_count);
    return mixup_dataset_normalize(set, train);
}

/* The others first: they are normalised by what the training part is before its own turn. */
static mixup_status normalize(const settings *in, experiment_data *data) {
    MIXUP_TRY(normalize_set(in, data->train, data->validation));
    MIXUP_TRY(normalize_set(in, data->train, data->test));
    return normalize_set(in, data->train, data->train);
}

static mixup_status standardize_targets(experiment_data *data) {
    if (data->validation != NULL)
        MIXUP_TRY(mixup_dataset_standardize_targets(data->validation, data->train));
    if (data->test != NULL)
        MIXUP_TRY(mixup_dataset_standardize_targets(data->test, data->train));
    return mixup_dataset_standardize_targets(data->train, data->train);
}

/* The library checks it too, but only when training begins, and it knows no line. */
static mixup_status check_augment(const settings *in, const experiment_data *data) {
    augmentation checked;
    return augment_resolve(&in->fit.augment, data->train->preprocess, in->seed, &checked);
}

static mixup_status load(const experiment *of, experiment_data *data) {
    const settings *in = &of->settings;
    const source_hooks hooks = {&of->memory.allocator, data->log, in->threads};
    mixup_status status = readers[in->train.format](&in->train, NULL, &hooks, &data->train);
    if (status != MIXUP_OK)
        return data_context(of, "data.train", status);
    MIXUP_TRY(load_part(of, "data.test", &in->test, &hooks, &data->train, &data->test));
    MIXUP_TRY(load_part(of, "data.validation", &in->validation, &hooks, &data->train, &data->validation));
    status = take_subset(&in->subset, &data->train);
    if (status != MIXUP_OK)
        return data_context(of, "data.subset", status);
    status = refill(data);
    if (status != MIXUP_OK)
        return data_context(of, "data.train", status);
    status = normalize(in, data);
    if (status != MIXUP_OK)
        return data_context(of, in->standardize ? "data.standardize" : "data.normalize", status);
    status = in->standardize_targets ? standardize_targets(data) : MIXUP_OK;
    if (status != MIXUP_OK)
        return data_context(of, "data.standardize_targets", status);
    status = check_augment(in, data);
    return status == MIXUP_OK ? status : data_context(of, "data.augment", status);
}

mixup_status experiment_load_data(const experiment *of, experiment_data *data) {
    experiment_data loaded = {.log = data->log};
    if (of->lacks_data != NULL)
        return schema_error(of->lacks_data, "data", "is missing; it must be a mapping (key: value)");
    const mixup_status status = load(of, &loaded);
    if (status != MIXUP_OK) {
        experiment_data_clear(&loaded);
        return status;
    }
    *data = loaded;
    return MIXUP_OK;
}

void experiment_data_clear(experiment_data *data) {
    mixup_dataset_destroy(data->train);
    mixup_dataset_destroy(data->validation);
    mixup_dataset_destroy(data->test);
    *data = (experiment_data){.log = data->log};
}
