/* data/svhn: data sets from SVHN's files of cropped digits (Y. Netzer et al. 2011): train_32x32.mat,
 * test_32x32.mat, extra_32x32.mat, each with X, uint8 [height][width][3][count] in MATLAB's order, and y,
 * [count][1], where 10 stands for the digit 0. MATLAB has the columns of an image one after the other, so
 * every plane is turned here; it is done in place, in the storage itself, since the files are large. */
#include "format/mat.h"

#include "data/draft.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 10, CHANNELS = 3 };

/* What one file holds. */
typedef struct svhn_file {
    const char *path;
    mat_variable images, labels;
    size_t count, height, width;
} svhn_file;

/* Sizes as MATLAB shows them. */
static shape_text size_in_matlab(const shape *reversed) {
    shape out = {.rank = reversed->rank};
    for (size_t i = 0; i < out.rank; i++)
        out.sizes[i] = reversed->sizes[out.rank - 1 - i];
    return shape_to_text(&out);
}

static mixup_status find_images(svhn_file *file, const mixup_allocator *allocator) {
    MIXUP_TRY(mat_find(file->path, "X", allocator, &file->images));
    const shape *in = &file->images.shape; /* [count][3][width][height]; a single image: without count */
    const size_t *sizes = in->rank == 4 ? in->sizes + 1 : in->sizes;
    if (file->images.type != MIXUP_UINT8 || (in->rank != 4 && in->rank != 3) || sizes[0] != CHANNELS)
        return error(MIXUP_ERROR_DATA, "%s: X is %s of size %s; SVHN's is uint8, height x width x 3 x count",
                     file->path, type_name(file->images.type), size_in_matlab(in).text);
    file->count = in->rank == 4 ? in->sizes[0] : 1;
    file->width = sizes[1];
    file->height = sizes[2];
    return MIXUP_OK;
}

static mixup_status find_labels(svhn_file *file, const mixup_allocator *allocator) {
    MIXUP_TRY(mat_find(file->path, "y", allocator, &file->labels));
    const shape *in = &file->labels.shape;
    if (in->rank != 2 || shape_count(in) != file->count || (in->sizes[0] != 1 && in->sizes[1] != 1))
        return error(MIXUP_ERROR_DATA, "%s: y has size %s for %zu images; one label each is right",
                     file->path, size_in_matlab(in).text, file->count);
    return MIXUP_OK;
}

/* Rows become columns: from [width][height] to [height][width]. `room` is of the same size. */
static void turn_plane(uint8_t *plane, size_t height, size_t width, uint8_t *room) {
    for (size_t x = 0; x < width; x++)
        for (size_t y = 0; y < height; y++)
            room[y * width + x] = plane[x * height + y];
    memcpy(plane, room, height * width);
}

static mixup_status read_images(const svhn_file *file, uint8_t *pixels, const mixup_allocator *allocator) {
    const size_t area = file->height * file->width;
    uint8_t *room = NULL;
    MIXUP_TRY(mat_read(file->path, "X", allocator, &file->images, pixels));
    MIXUP_TRY(MEMORY_NEW(allocator, room, area));
    for (size_t i = 0; i < file->count * CHANNELS; i++)
        turn_plane(pixels + i * area, file->height, file->width, room);
    memory_release(allocator, room);
    return MIXUP_OK;
}

static mixup_status convert_labels(const svhn_file *file, const void *stored, int32_t *labels) {
    for (size_t i = 0; i < file->count; i++) {
        const double label = array_element(file->labels.type, stored, i);
        if (!(label >= 1.0 && label <= DIGITS) || label != floor(label))
            return error(MIXUP_ERROR_DATA, "%s: the label of image %zu (from 0) is %g; SVHN's are 1 to 10",
                         file->path, i, label);
        labels[i] = (int32_t)label % DIGITS;
    }
    return MIXUP_OK;
}

static mixup_status read_labels(const svhn_file *file, int32_t *labels, const mixup_allocator *allocator) {
    void *stored = memory_allocate(allocator, file->count, type_size(file->labels.type));
    if (stored == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = mat_read(file->path, "y", allocator, &file->labels, stored);
    if (status == MIXUP_OK)
        status = convert_labels(file, stored, labels);
    memory_release(allocator, stored);
    return status;
}

/* Fills `files` and the storage's count. */
static mixup_status measure(dataset_draft *draft, const mixup_svhn_desc *desc, svhn_file *files) {
    dataset_storage *storage = draft->storage;
    for (size_t i = 0; i < desc->file_count; i++) {
        files[i].path = desc->files[i];
        MIXUP_TRY(find_images(&files[i], &storage->allocator));
        MIXUP_TRY(find_labels(&files[i], &storage->allocator));
        if (files[i].height != files[0].height || files[i].width != files[0].width)
            return error(MIXUP_ERROR_SHAPE,
                         "%s: its images are %zu x %zu (height x width), those of %s %zu x %zu",
                         files[i].path, files[i].height, files[i].width, files[0].path, files[0].height,
                         files[0].width);
        if (__builtin_add_overflow(storage->count, files[i].count, &storage->count))
            return error(MIXUP_ERROR_MEMORY, "out of memory: %zu more images", files[i].count);
    }
    const shape sample = {.rank = 3, .sizes = {CHANNELS, files[0].height, files[0].width}};
    return preprocess_set_shape(draft->preprocess, &sample);
}

static mixup_status load(dataset_draft *draft, const mixup_svhn_desc *desc, svhn_file *files) {
    dataset_storage *storage = draft->storage;
    const mixup_allocator *allocator = &storage->allocator;
    MIXUP_TRY(measure(draft, desc, files));
    const size_t features = draft->preprocess->features;
    uint8_t *pixels = memory_allocate(allocator, storage->count, features);
    storage->inputs = pixels;
    storage->type = MIXUP_UINT8;
    if (pixels == NULL)
        return MIXUP_ERROR_MEMORY;
    int32_t *labels = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, labels, storage->count));
    storage->labels = labels;
    for (size_t i = 0; i < desc->file_count; i++) {
        MIXUP_TRY(read_images(&files[i], pixels, allocator));
        MIXUP_TRY(read_labels(&files[i], labels, allocator));
        pixels += files[i].count * features;
        labels += files[i].count;
    }
    MIXUP_TRY(preprocess_set_scale(draft->preprocess, desc->scale));
    MIXUP_TRY(draft_check_inputs(draft, files[0].path));
    return draft_set_classes(draft, storage->labels, DIGITS, NULL, files[0].path);
}

static mixup_status fill(dataset_draft *draft, const mixup_svhn_desc *desc) {
    svhn_file *files = NULL;
    MIXUP_TRY(MEMORY_NEW(&draft->storage->allocator, files, desc->file_count));
    const mixup_status status = load(draft, desc, files);
    memory_release(&draft->storage->allocator, files);
    return status;
}

mixup_status mixup_dataset_from_svhn(mixup_dataset **set, const mixup_svhn_desc *desc) {
    if (set == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_svhn: set and desc must not be NULL");
    if (desc->files == NULL || desc->file_count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "files: an SVHN data set needs at least one");
    for (size_t i = 0; i < desc->file_count; i++)
        if (desc->files[i] == NULL)
            return error(MIXUP_ERROR_ARGUMENT, "files[%zu]: is NULL", i);
    dataset_draft draft;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_SVHN));
    return draft_finish(&draft, fill(&draft, desc), set);
}
