/* data/images: data sets from folders and archives of images in folders named by class. */
#include "data/image_set.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- what is wanted */

static mixup_status follow(const mixup_preprocess *like, image_set_desc *out) {
    const shape *in = &like->shape;
    const size_t channels = in->rank == 3 ? in->sizes[0] : 0;
    if (channels != 1 && channels != 3)
        return error(MIXUP_ERROR_SHAPE,
                     "the inputs of the set to follow are %s; images are 1x or 3x height x width",
                     shape_to_text(in).text);
    out->channels = channels;
    out->height = in->sizes[1];
    out->width = in->sizes[2];
    return MIXUP_OK;
}

static mixup_status describe(const mixup_images_desc *desc, image_set_desc *out) {
    *out = (image_set_desc){.channels = desc->grey ? 1 : 3,
                            .height = desc->size[0],
                            .width = desc->size[1],
                            .skip_damaged = desc->skip_damaged,
                            .skip_unreadable = desc->skip_unreadable,
                            .keep = desc->keep,
                            .memory_limit = desc->memory_limit,
                            .threads = desc->threads,
                            .log = desc->log,
                            .on_image = desc->on_image,
                            .user = desc->user};
    return desc->like != NULL ? follow(desc->like, out) : MIXUP_OK;
}

/* ---------------------------------------------------------------- classes */

/* The number that a class of the tree has in the data set. */
static mixup_status class_number(const image_tree *tree, const mixup_preprocess *like, size_t class_index,
                                 int32_t *number) {
    const char *name = tree->classes[class_index];
    *number = (int32_t)class_index;
    if (like == NULL || like->class_names.count == 0)
        return MIXUP_OK;
    for (size_t i = 0; i < like->class_names.count; i++)
        if (strcmp(like->class_names.items[i], name) == 0) {
            *number = (int32_t)i;
            return MIXUP_OK;
        }
    return error(MIXUP_ERROR_DATA,
                 "%s: the folder %s is none of the %zu classes of the set to follow (%s, ...)", tree->path,
                 name, like->class_names.count, like->class_names.items[0]);
}

/* A label for every image; those of images that will be left out too. */
static mixup_status label(dataset_draft *draft, const image_tree *tree, const mixup_images_desc *desc) {
    const mixup_preprocess *like = desc->like;
    int32_t *labels = NULL;
    if (like != NULL && desc->inputs_only)
        return MIXUP_OK;
    MIXUP_TRY(image_tree_check_classes(tree));
    if (tree->class_count == 0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(&draft->storage->allocator, labels, tree->count));
    draft->storage->labels = labels;
    for (size_t i = 0; i < tree->count; i++)
        MIXUP_TRY(class_number(tree, like, tree->entries[i].class_number, &labels[i]));
    if (like != NULL && like->class_names.count > 0)
        return preprocess_set_classes(draft->preprocess, (const char *const *)like->class_names.items,
                                      like->class_names.count);
    return preprocess_set_classes(draft->preprocess, (const char *const *)tree->classes, tree->class_count);
}

/* ---------------------------------------------------------------- the set */

/* Who copied photos together may not know that some are of a kind that is not read. */
static void tell_others(const image_tree *tree, const mixup_images_desc *desc) {
    char line[1200];
    if (tree->others == 0 || desc->log.write == NULL)
        return;
    snprintf(line, sizeof line, "%s: %zu image%s of other kinds than JPEG and PNG left out, such as %s",
             tree->path, tree->others, tree->others == 1 ? "" : "s", tree->other);
    desc->log.write(line, desc->log.user);
}

static mixup_status fill(dataset_draft *draft, image_tree *tree, const mixup_images_desc *desc,
                         size_t *skipped) {
    image_set_desc images;
    tell_others(tree, desc);
    MIXUP_TRY(describe(desc, &images));
    MIXUP_TRY(preprocess_set_scale(draft->preprocess, desc->scale));
    MIXUP_TRY(label(draft, tree, desc));
    return image_set_fill(draft, tree, &images, skipped);
}

static mixup_status make(const mixup_images_desc *desc, image_tree *tree, mixup_dataset **set,
                         size_t *skipped) {
    dataset_draft draft;
    mixup_dataset *made = NULL;
    MIXUP_TRY(draft_init(&draft, &tree->allocator, PREPROCESS_IMAGES));
    mixup_status status = fill(&draft, tree, desc, skipped);
    MIXUP_TRY(draft_finish(&draft, status, &made));
    if (desc->like != NULL)
        status = dataset_apply(made, desc->like);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(made);
        return error_context(status, "%s", desc->path);
    }
    *set = made;
    return MIXUP_OK;
}

mixup_status mixup_dataset_from_images(mixup_dataset **set, const mixup_images_desc *desc) {
    if (set == NULL || desc == NULL || desc->path == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_dataset_from_images: set, desc and path must not be NULL");
    if (desc->inputs_only && desc->like == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "inputs_only goes with like, and there is none");
    image_tree tree;
    size_t skipped = 0;
    MIXUP_TRY(image_tree_open(&tree, desc->path, desc->part, desc->allocator));
    const mixup_status status = make(desc, &tree, set, &skipped);
    image_tree_clear(&tree);
    if (status == MIXUP_OK && desc->skipped != NULL)
        *desc->skipped = skipped;
    return status;
}
