/* data/image_set: the images of a tree become the inputs of a data set under construction; for the sources
 * that are folders or archives of images.
 *
 * Every image is decoded once while the set is opened, by several threads, whatever is kept of it: a damaged
 * one is found here, and each row's hash is known from then on. Kept are the decoded rows (`inputs`), the
 * files' bytes, or their names alone; in the latter two cases the storage gets a reader, which decodes again
 * when a batch is gathered. Which of them changes no result. A newcomer's mistake: a row per entry of the
 * tree; those that were left out are gone from both. */
#ifndef DATA_IMAGE_SET_H
#define DATA_IMAGE_SET_H

#include "data/draft.h"
#include "format/image.h"
#include "format/image_tree.h"

typedef struct image_set_desc {
    size_t channels;      /* 1 or 3 */
    size_t height, width; /* images are fitted to it; 0: all must have one size */
    bool skip_damaged;
    bool skip_unreadable; /* what cannot be opened or read */
    mixup_keep keep;
    size_t memory_limit; /* bytes, for MIXUP_KEEP_AUTO; 0: a quarter of the machine's memory */
    size_t threads;      /* 0: MIXUP_THREADS, else one a processor */
    mixup_log log;
    mixup_status (*on_image)(void *user, const char *name, const char *problem); /* or NULL; as in mixup.h */
    void *user;
} image_set_desc;

/* Fills in the storage's type, count and inputs or reader, and the shape. The preprocess's scale and the
 * labels [tree->count] are there already; those of images that are left out are closed up. Takes over what
 * `tree` has where names are needed later; the caller clears it anyhow. `skipped` gets the number left out.
 */
mixup_status image_set_fill(dataset_draft *draft, image_tree *tree, const image_set_desc *desc,
                            size_t *skipped);

#endif
