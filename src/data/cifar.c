/* data/cifar: data sets from CIFAR-10 and CIFAR-100: which files there are and what their classes are called.
 * A folder holds the published binary files, or the same images as JPEG or PNG by class; those are read as
 * data/images does, and since the published classes are in alphabetical order, both number them alike. */
#include "format/cifar.h"

#include "base/file.h"
#include "base/path.h"
#include "data/draft.h"

/* Files of a published folder. */
static const char *const train_10[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                       "data_batch_4.bin", "data_batch_5.bin"};
static const char *const test_10[] = {"test_batch.bin"};
static const char *const train_100[] = {"train.bin"};
static const char *const test_100[] = {"test.bin"};

static const struct {
    const char *const *files;
    size_t count;
} published[2][2] = {
    /* [hundred][part] */
    {{train_10, MIXUP_COUNT(train_10)}, {test_10, MIXUP_COUNT(test_10)}},
    {{train_100, MIXUP_COUNT(train_100)}, {test_100, MIXUP_COUNT(test_100)}},
};

static const char image_archive[] = "images.tar"; /* scripts/fetch_data.sh leaves it */

enum { MAX_FILES = MIXUP_COUNT(train_10), MAX_CLASSES = 100 };

/* What is to be read. */
typedef struct cifar_source {
    cifar_kind kind;
    const char *const *paths; /* [count]: the caller's, or `joined` */
    size_t count;
    char *joined[MAX_FILES]; /* its own */
    char *folder;            /* its own: where class names may be */
} cifar_source;

static void source_clear(cifar_source *source, const mixup_allocator *allocator) {
    for (size_t i = 0; i < MAX_FILES; i++)
        memory_release(allocator, source->joined[i]);
    memory_release(allocator, source->folder);
}

static mixup_status holds_file(const char *folder, const char *name, const mixup_allocator *allocator,
                               bool *found) {
    char *path = path_join(allocator, folder, name);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    *found = file_exists(path);
    memory_release(allocator, path);
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- images by class */

static const char *const image_parts[] = {"train", "test"}; /* by mixup_cifar_part */

/* Sets `path`, in a new block, to what image_tree_open takes: the archive in the folder, or the folder
 * itself. NULL where there are the binary files, which go first, or nothing at all. */
static mixup_status find_images(const mixup_cifar_desc *desc, const mixup_allocator *allocator, char **path) {
    bool found = false;
    *path = NULL;
    for (size_t hundred = 0; hundred < MIXUP_COUNT(published) && !found; hundred++)
        MIXUP_TRY(holds_file(desc->folder, published[hundred][desc->part].files[0], allocator, &found));
    if (found)
        return MIXUP_OK;
    MIXUP_TRY(holds_file(desc->folder, image_archive, allocator, &found));
    if (found) {
        *path = path_join(allocator, desc->folder, image_archive);
        return *path != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
    }
    MIXUP_TRY(holds_file(desc->folder, image_parts[desc->part], allocator, &found));
    if (found)
        *path = memory_copy_text(allocator, desc->folder);
    return !found || *path != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status check_images(const mixup_dataset *set, const char *path, const char *part) {
    static const shape expected = {.rank = 3, .sizes = {CIFAR_CHANNELS, CIFAR_SIDE, CIFAR_SIDE}};
    const size_t classes = set->preprocess->class_names.count;
    if (!shape_equal(&set->preprocess->shape, &expected))
        return error(MIXUP_ERROR_SHAPE,
                     "%s: the images in %s are %s, and CIFAR's are %s; read others with %s", path, part,
                     shape_to_text(&set->preprocess->shape).text, shape_to_text(&expected).text,
                     "mixup_dataset_from_images (format: images)");
    if (classes != cifar_class_count(CIFAR_10) && classes != cifar_class_count(CIFAR_100_FINE))
        return error(MIXUP_ERROR_DATA,
                     "%s: %s holds the folders of %zu classes; CIFAR-10 has 10, CIFAR-100 100", path, part,
                     classes);
    return MIXUP_OK;
}

static mixup_status from_images(mixup_dataset **set, const mixup_cifar_desc *desc, const char *path) {
    if (desc->labels == MIXUP_CIFAR_COARSE)
        return error(MIXUP_ERROR_ARGUMENT,
                     "labels: images by class have no coarse labels; CIFAR-100's binary files have");
    const mixup_images_desc images = {
        .path = path, .part = image_parts[desc->part], .scale = desc->scale, .allocator = desc->allocator};
    mixup_dataset *made = NULL;
    MIXUP_TRY(mixup_dataset_from_images(&made, &images));
    const mixup_status status = check_images(made, path, images.part);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(made);
        return status;
    }
    made->preprocess->source = PREPROCESS_CIFAR;
    *set = made;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- binary files */

/* Which of the two a folder is, by the part that is asked for. */
static mixup_status recognise_folder(const mixup_cifar_desc *desc, const mixup_allocator *allocator,
                                     bool *hundred) {
    bool ten = false;
    MIXUP_TRY(holds_file(desc->folder, published[0][desc->part].files[0], allocator, &ten));
    MIXUP_TRY(holds_file(desc->folder, published[1][desc->part].files[0], allocator, hundred));
    if (ten == *hundred)
        return error(ten ? MIXUP_ERROR_DATA : MIXUP_ERROR_NOT_FOUND,
                     "%s: holds %s %s (CIFAR-10) and %s (CIFAR-100)%s%s; one of them must be there",
                     desc->folder, ten ? "both" : "neither", published[0][desc->part].files[0],
                     published[1][desc->part].files[0], ten ? "" : ", nor images.tar or a folder ",
                     ten ? "" : image_parts[desc->part]);
    return MIXUP_OK;
}

static mixup_status open_folder(cifar_source *source, const mixup_cifar_desc *desc,
                                const mixup_allocator *allocator, bool *hundred) {
    MIXUP_TRY(recognise_folder(desc, allocator, hundred));
    source->count = published[*hundred][desc->part].count;
    for (size_t i = 0; i < source->count; i++) {
        source->joined[i] = path_join(allocator, desc->folder, published[*hundred][desc->part].files[i]);
        if (source->joined[i] == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    source->paths = (const char *const *)source->joined;
    source->folder = memory_copy_text(allocator, desc->folder);
    return source->folder != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status open_files(cifar_source *source, const mixup_cifar_desc *desc,
                               const mixup_allocator *allocator) {
    for (size_t i = 0; i < desc->file_count; i++)
        if (desc->files[i] == NULL)
            return error(MIXUP_ERROR_ARGUMENT, "files[%zu]: is NULL", i);
    source->paths = desc->files;
    source->count = desc->file_count;
    source->folder = path_folder(allocator, desc->files[0]);
    return source->folder != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

static mixup_status check_description(const mixup_cifar_desc *desc) {
    if ((desc->folder != NULL) == (desc->file_count > 0 && desc->files != NULL))
        return error(MIXUP_ERROR_ARGUMENT, "folder and files: a CIFAR data set needs exactly one of them");
    if ((unsigned)desc->part > MIXUP_CIFAR_TEST || (unsigned)desc->labels > MIXUP_CIFAR_COARSE)
        return error(MIXUP_ERROR_ARGUMENT, "part and labels: %d and %d are not values of their enums",
                     (int)desc->part, (int)desc->labels);
    return MIXUP_OK;
}

static mixup_status open_source(cifar_source *source, const mixup_cifar_desc *desc,
                                const mixup_allocator *allocator) {
    bool hundred = desc->hundred;
    if (desc->folder != NULL)
        MIXUP_TRY(open_folder(source, desc, allocator, &hundred));
    else
        MIXUP_TRY(open_files(source, desc, allocator));
    if (!hundred && desc->labels == MIXUP_CIFAR_COARSE)
        return error(MIXUP_ERROR_ARGUMENT, "labels: CIFAR-10 has no coarse labels; CIFAR-100 has");
    source->kind = !hundred                             ? CIFAR_10
                   : desc->labels == MIXUP_CIFAR_COARSE ? CIFAR_100_COARSE
                                                        : CIFAR_100_FINE;
    return MIXUP_OK;
}

static mixup_status name_classes(dataset_draft *draft, const cifar_source *source, const int32_t *labels) {
    static const char *const files[] = {[CIFAR_10] = "batches.meta.txt",
                                        [CIFAR_100_FINE] = "fine_label_names.txt",
                                        [CIFAR_100_COARSE] = "coarse_label_names.txt"};
    const mixup_allocator *allocator = &draft->storage->allocator;
    const size_t classes = cifar_class_count(source->kind);
    char *path = path_join(allocator, source->folder, files[source->kind]);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const char *names[MAX_CLASSES];
    char *block = NULL;
    const bool named = file_exists(path);
    mixup_status status = named ? cifar_read_names(path, source->kind, allocator, names, &block) : MIXUP_OK;
    if (status == MIXUP_OK)
        status = draft_set_classes(draft, labels, classes, named ? names : NULL, path);
    memory_release(allocator, block);
    memory_release(allocator, path);
    return status;
}

static mixup_status fill(dataset_draft *draft, const cifar_source *source, double scale) {
    dataset_storage *storage = draft->storage;
    const shape sample = {.rank = 3, .sizes = {CIFAR_CHANNELS, CIFAR_SIDE, CIFAR_SIDE}};
    cifar in;
    MIXUP_TRY(cifar_read(source->paths, source->count, source->kind, &storage->allocator, &in));
    storage->inputs = in.images;
    storage->labels = in.labels;
    storage->type = MIXUP_UINT8;
    storage->count = in.count;
    MIXUP_TRY(preprocess_set_shape(draft->preprocess, &sample));
    MIXUP_TRY(preprocess_set_scale(draft->preprocess, scale));
    MIXUP_TRY(draft_check_inputs(draft, source->paths[0]));
    return name_classes(draft, source, in.labels);
}

static mixup_status from_binary(mixup_dataset **set, const mixup_cifar_desc *desc) {
    dataset_draft draft;
    cifar_source source = {0};
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_CIFAR));
    const mixup_allocator allocator = draft.storage->allocator;
    mixup_status status = open_source(&source, desc, &allocator);
    if (status == MIXUP_OK)
        status = fill(&draft, &source, desc->scale);
    source_clear(&source, &allocator);
    return draft_finish(&draft, status, set);
}

mixup_status mixup_dataset_from_cifar(mixup_dataset **set, const mixup_cifar_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_cifar: set and desc must not be NULL");
    const mixup_allocator allocator = memory_allocator(desc->allocator);
    char *images = NULL;
    MIXUP_TRY(check_description(desc));
    if (desc->folder != NULL)
        MIXUP_TRY(find_images(desc, &allocator, &images));
    if (images == NULL)
        return from_binary(set, desc);
    const mixup_status status = from_images(set, desc, images);
    memory_release(&allocator, images);
    return status;
}
