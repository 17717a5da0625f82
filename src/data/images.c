/* data/images: data sets from folders and archives of images. Every image is decoded once, fitted, and kept
 * as bytes at the place of its name in order; those left out are closed up at the end. */
#include "format/image.h"

#include "data/draft.h"
#include "format/image_tree.h"

#include <stdio.h>
#include <string.h>

typedef struct image_filling {
    const mixup_images_desc *desc;
    dataset_draft *draft;
    const image_tree *tree;
    size_t channels, height, width; /* height 0: those of the first image */
    size_t first;                   /* it */
    uint8_t *pixels;                /* [tree->count][channels][height][width], the draft's */
    bool *missing;                  /* [tree->count] left out */
    size_t skipped;
} image_filling;

/* ---------------------------------------------------------------- what is wanted */

static mixup_status follow(image_filling *filling, const mixup_preprocess *like) {
    const shape *in = &like->shape;
    const size_t channels = in->rank == 3 ? in->sizes[0] : 0;
    if (channels != 1 && channels != 3)
        return error(MIXUP_ERROR_SHAPE,
                     "the inputs of the set to follow are %s; images are 1x or 3x height x width",
                     shape_to_text(in).text);
    filling->channels = channels;
    filling->height = in->sizes[1];
    filling->width = in->sizes[2];
    return MIXUP_OK;
}

static mixup_status choose_size(image_filling *filling) {
    const mixup_images_desc *desc = filling->desc;
    if (desc->like != NULL)
        return follow(filling, desc->like);
    if ((desc->size[0] == 0) != (desc->size[1] == 0) || desc->size[0] > IMAGE_MAX_SIDE ||
        desc->size[1] > IMAGE_MAX_SIDE)
        return error(MIXUP_ERROR_ARGUMENT, "size: %zu x %zu; give height and width, each up to %d",
                     desc->size[0], desc->size[1], IMAGE_MAX_SIDE);
    filling->channels = desc->grey ? 1 : 3;
    filling->height = desc->size[0];
    filling->width = desc->size[1];
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- one image */

static const char *name_of(const image_filling *filling, size_t index) {
    return filling->tree->entries[index].path;
}

static mixup_status make_room(image_filling *filling) {
    size_t plane = 0;
    size_t features = 0;
    MIXUP_TRY(memory_product(filling->height, filling->width, &plane));
    MIXUP_TRY(memory_product(plane, filling->channels, &features));
    filling->pixels = memory_allocate(&filling->draft->storage->allocator, filling->tree->count, features);
    if (filling->pixels == NULL)
        return MIXUP_ERROR_MEMORY;
    filling->draft->storage->inputs = filling->pixels;
    return MIXUP_OK;
}

/* Without a size asked for, the first image's counts, and must be that of all. */
static mixup_status check_size(image_filling *filling, size_t index, const image *in) {
    const bool asked = filling->desc->like != NULL || filling->desc->size[0] > 0;
    if (filling->height == 0) {
        filling->height = in->height;
        filling->width = in->width;
        filling->first = index;
    }
    if (asked || (in->height == filling->height && in->width == filling->width))
        return MIXUP_OK;
    return error(MIXUP_ERROR_SHAPE, "is %zu x %zu (height x width), but %s is %zu x %zu; give a size",
                 in->height, in->width, name_of(filling, filling->first), filling->height, filling->width);
}

static mixup_status place(image_filling *filling, size_t index, const image *in) {
    MIXUP_TRY(check_size(filling, index, in));
    if (filling->pixels == NULL)
        MIXUP_TRY(make_room(filling));
    const size_t features = filling->channels * filling->height * filling->width;
    return image_fit(in, filling->channels, filling->height, filling->width,
                     &filling->draft->storage->allocator, filling->pixels + index * features);
}

static void skip(image_filling *filling, size_t index) {
    char line[1200];
    filling->missing[index] = true;
    filling->skipped++;
    if (filling->desc->log.write == NULL)
        return;
    snprintf(line, sizeof line, "%s: %s: left out: %s", filling->desc->path, name_of(filling, index),
             mixup_last_error());
    filling->desc->log.write(line, filling->desc->log.user);
}

static mixup_status take(const image_tree *tree, size_t index, const void *data, size_t size, void *user) {
    image_filling *filling = user;
    const mixup_allocator *allocator = &filling->draft->storage->allocator;
    image decoded = {0};
    mixup_status status = image_decode(data, size, allocator, &decoded);
    const bool damaged = status == MIXUP_ERROR_FORMAT || status == MIXUP_ERROR_UNSUPPORTED;
    if (damaged && filling->desc->skip_damaged) {
        skip(filling, index);
        return MIXUP_OK;
    }
    if (status == MIXUP_OK)
        status = place(filling, index, &decoded);
    image_clear(&decoded, allocator);
    return status == MIXUP_OK ? status : error_context(status, "%s: %s", tree->path, name_of(filling, index));
}

/* ---------------------------------------------------------------- all of them */

/* The number that a class of the tree has in the data set. */
static mixup_status class_number(const image_filling *filling, size_t class_index, int32_t *number) {
    const mixup_preprocess *like = filling->desc->like;
    const char *name = filling->tree->classes[class_index];
    *number = (int32_t)class_index;
    if (like == NULL || like->class_names.count == 0)
        return MIXUP_OK;
    for (size_t i = 0; i < like->class_names.count; i++)
        if (strcmp(like->class_names.items[i], name) == 0) {
            *number = (int32_t)i;
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_DATA,
                 "%s: the folder %s is none of the %zu classes of the set to follow (%s, ...)",
                 filling->tree->path, name, like->class_names.count, like->class_names.items[0]);
}

/* A label for every image; those of images that will be left out too. */
static mixup_status label(image_filling *filling) {
    const image_tree *tree = filling->tree;
    const mixup_preprocess *like = filling->desc->like;
    int32_t *labels = NULL;
    if (tree->class_count == 0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(&filling->draft->storage->allocator, labels, tree->count));
    filling->draft->storage->labels = labels;
    for (size_t i = 0; i < tree->count; i++)
        MIXUP_TRY(class_number(filling, tree->entries[i].class_number, &labels[i]));
    if (like != NULL && like->class_names.count > 0)
        return preprocess_set_classes(filling->draft->preprocess,
                                      (const char *const *)like->class_names.items, like->class_names.count);
    return preprocess_set_classes(filling->draft->preprocess, (const char *const *)tree->classes,
                                  tree->class_count);
}

static mixup_status close_gaps(image_filling *filling) {
    dataset_storage *storage = filling->draft->storage;
    const size_t features = filling->channels * filling->height * filling->width;
    int32_t *labels = (int32_t *)(uintptr_t)storage->labels; /* the draft's own */
    size_t kept = 0;
    for (size_t i = 0; i < filling->tree->count; i++) {
        if (filling->missing[i])
            continue;
        if (kept != i)
            memcpy(filling->pixels + kept * features, filling->pixels + i * features, features);
        if (labels != NULL)
            labels[kept] = labels[i];
        kept++;
    }
    storage->count = kept;
    if (kept == 0)
        return error(MIXUP_ERROR_DATA, "%s: none of its %zu images can be read", filling->tree->path,
                     filling->tree->count);
    return MIXUP_OK;
}

static mixup_status fill(image_filling *filling) {
    mixup_preprocess *preprocess = filling->draft->preprocess;
    filling->draft->storage->type = MIXUP_UINT8;
    MIXUP_TRY(preprocess_set_scale(preprocess, filling->desc->scale));
    MIXUP_TRY(choose_size(filling));
    MIXUP_TRY(label(filling));
    MIXUP_TRY(MEMORY_NEW(&filling->draft->storage->allocator, filling->missing, filling->tree->count));
    MIXUP_TRY(image_tree_read(filling->tree, take, filling));
    MIXUP_TRY(close_gaps(filling));
    const shape sample = {.rank = 3, .sizes = {filling->channels, filling->height, filling->width}};
    MIXUP_TRY(preprocess_set_shape(preprocess, &sample));
    return draft_check_inputs(filling->draft, filling->tree->path);
}

static mixup_status make(const mixup_images_desc *desc, const image_tree *tree, mixup_dataset **set,
                         size_t *skipped) {
    dataset_draft draft;
    mixup_dataset *made = NULL;
    MIXUP_TRY(draft_init(&draft, &tree->allocator, PREPROCESS_IMAGES));
    image_filling filling = {.desc = desc, .draft = &draft, .tree = tree};
    mixup_status status = fill(&filling);
    memory_release(&tree->allocator, filling.missing);
    MIXUP_TRY(draft_finish(&draft, status, &made));
    if (desc->like != NULL)
        status = dataset_apply(made, desc->like);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(made);
        return error_context(status, "%s", tree->path);
    }
    *skipped = filling.skipped;
    *set = made;
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_images(mixup_dataset **set, const mixup_images_desc *desc) {
    if (set == NULL || desc == NULL || desc->path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_images: set, desc and path must not be NULL");
    image_tree tree;
    size_t skipped = 0;
    MIXUP_TRY(image_tree_open(&tree, desc->path, desc->part, desc->allocator));
    const mixup_status status = make(desc, &tree, set, &skipped);
    image_tree_clear(&tree);
    if (status == MIXUP_OK && desc->skipped != NULL)
        *desc->skipped = skipped;
    return status;
}
