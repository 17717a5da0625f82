/* image_list: which image each sample of DATA is, and which images could not be read.
 *
 * Of these the first few are named on standard error as they are found, the others counted. A newcomer's
 * mistake: to take a sample's place for the number of its image; those that were left out have numbers too.
 */
#ifndef CLI_IMAGE_LIST_H
#define CLI_IMAGE_LIST_H

#include "command.h"

typedef struct image_list_item {
    char *name;    /* below the folder, or in the archive */
    size_t number; /* from 1, among all images */
} image_list_item;

typedef struct image_list {
    const arguments *given; /* set by the caller, for messages: the command, */
    const char *path;       /* and its DATA */
    image_list_item *items; /* [count], one a sample */
    size_t count, capacity;
    size_t left_out;
} image_list;

/* The on_image of mixup_images_desc; `user` is the list. */
mixup_status image_list_add(void *user, const char *name, const char *problem);

/* Says how many were left out beyond those that were named, if any. */
void image_list_tell_rest(const image_list *in);
void image_list_clear(image_list *in);

#endif
