/* data/image_reader: the reader of a storage whose images are decoded when they are asked for. */
#ifndef DATA_IMAGE_READER_H
#define DATA_IMAGE_READER_H

#include "data/dataset.h"
#include "format/image_tree.h"

/* The bytes of a file. */
typedef struct image_bytes {
    char *data;
    size_t size;
} image_bytes;

/* What it is made of; all blocks are of the tree's allocator. */
typedef struct image_reader_parts {
    image_tree tree;    /* names, and where to read */
    image_bytes *bytes; /* [tree.count]; NULL: they are read from the tree, which is not packed */
    uint64_t *hashes;   /* [tree.count] */
    size_t channels, height, width;
} image_reader_parts;

/* Adopts the parts on success. */
mixup_status image_reader_create(const image_reader_parts *parts, sample_reader **out);

/* `count` blocks and the array itself. */
void image_bytes_release(image_bytes *bytes, size_t count, const mixup_allocator *allocator);

#endif
