/* format/image_tree: the images of a folder, or of a tar archive (plain, gzip, bzip2, xz, zstd), by class; or
 * a single image, which has none.
 *
 * The class of an image is the first folder of its path; files without one have no class, and then none has
 * (image_tree_check_classes). Counted are regular files that end in .jpg, .jpeg or .png (in any case) and
 * have no part of their path begin with a dot. Classes and files come in natural order: img2 before img10. An
 * archive is read as a stream, once for the names and once for the contents, and need not fit into memory;
 * one that is not packed is kept open instead, so that any image can be read by itself. A newcomer's mistake:
 * expecting image_tree_read to call in that order; an archive's contents come as the archive has them, which
 * is why the call says the index. */
#ifndef FORMAT_IMAGE_TREE_H
#define FORMAT_IMAGE_TREE_H

#include "base/memory.h"

enum { IMAGE_TREE_MAX_BYTES = 1 << 28 }; /* of one file */

typedef struct image_tree_entry {
    char *path;          /* below `part` */
    size_t class_length; /* of the path's first folder; 0: no class */
    size_t class_number; /* into `classes` */
    size_t serial;       /* archive: among the images, as they come */
    uint64_t size;       /* of the file, when it was listed */
    uint64_t offset;     /* archive that is not packed: of its content */
} image_tree_entry;

typedef struct image_tree {
    mixup_allocator allocator;
    char *path;
    char *part; /* "" or the leading folders, without a '/' at the end */
    bool archive;
    bool packed;               /* an archive that can only be read as a stream */
    int descriptor;            /* of an archive that is not packed; else -1 */
    image_tree_entry *entries; /* [count], in natural order */
    size_t count;              /* ≥ 1 */
    char **classes;            /* [class_count] in natural order */
    size_t class_count;        /* 0: no image has a class, */
    bool stray;                /*    or some lie in folders and the first one in none */
    size_t others;             /* images of kinds that cannot be read: they do not count, */
    char *other;               /*    but the first one's path below `part` is known; or NULL */
} image_tree;

/* Lists the images at `path`; `part` NULL or "": all, else those below that folder. `allocator` may be NULL
 * (malloc). On failure `out` is untouched. */
mixup_status image_tree_open(image_tree *out, const char *path, const char *part,
                             const mixup_allocator *allocator);
void image_tree_clear(image_tree *in);

/* For who wants classes: an error where an image lies beside their folders. */
mixup_status image_tree_check_classes(const image_tree *in);

/* Gives every image's bytes, valid during the call; anything but MIXUP_OK stops and is returned. */
typedef mixup_status (*image_tree_function)(const image_tree *in, size_t index, const void *data, size_t size,
                                            void *user);
mixup_status image_tree_read(const image_tree *in, image_tree_function on_image, void *user);

/* The bytes of one image, in a new block of `allocator`. Not for a packed archive. Several threads may call
 * it at once. */
mixup_status image_tree_bytes(const image_tree *in, size_t index, const mixup_allocator *allocator,
                              char **data, size_t *size);

/* Forgets the images for which `left_out` [count] says so, at least one of all stays. */
void image_tree_leave_out(image_tree *in, const bool *left_out);

/* For qsort and tests: < 0, 0, > 0; digits count as numbers, equal ones as text. */
int image_tree_compare(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
