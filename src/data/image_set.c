/* data/image_set: see image_set.h.
 *
 * Until the first image that can be read has said what size all have, images are looked at one by one; then
 * by several threads, each of which writes what belongs to its image alone. A packed archive is read by this
 * thread in heaps that the others then decode. */
#include "data/image_set.h"

#include "base/parallel.h"
#include "data/image_reader.h"

#include <stdio.h>
#include <string.h>

/* Of a packed archive, decoded at once. */
enum { HEAP_IMAGES = 1024, HEAP_BYTES = 1 << 26 };

typedef struct filling {
    const image_set_desc *desc;
    dataset_draft *draft;
    image_tree *tree;
    const mixup_allocator *allocator;
    size_t threads;
    bool ready;           /* size and keep are decided, and there is room */
    size_t height, width; /* once ready */
    size_t features;
    size_t first; /* the image whose size all must have, where none was asked for */
    mixup_keep keep;
    uint8_t *pixels;    /* [tree->count][features], in memory; the draft's */
    image_bytes *bytes; /* [tree->count], encoded; those not read yet are empty */
    uint64_t *hashes;   /* [tree->count], unless in memory */
    bool *missing;      /* [tree->count] left out */
    char **notes;       /* [tree->count] why; NULL where nobody is told */
} filling;

/* ---------------------------------------------------------------- decisions */

static size_t encoded_bytes(const image_tree *tree) {
    size_t total = 0;
    for (size_t i = 0; i < tree->count; i++)
        if (__builtin_add_overflow(total, tree->entries[i].size, &total))
            return SIZE_MAX;
    return total;
}

static mixup_status choose_keep(filling *in) {
    const size_t limit = draft_memory_limit(in->desc->memory_limit);
    size_t decoded = 0;
    in->keep = in->desc->keep;
    if (in->keep == MIXUP_KEEP_AUTO) {
        if (__builtin_mul_overflow(in->tree->count, in->features, &decoded))
            decoded = SIZE_MAX;
        in->keep = decoded <= limit                   ? MIXUP_KEEP_IN_MEMORY
                   : encoded_bytes(in->tree) <= limit ? MIXUP_KEEP_ENCODED
                                                      : MIXUP_KEEP_ON_DISK;
    }
    if (in->keep != MIXUP_KEEP_ON_DISK || !in->tree->packed)
        return MIXUP_OK;
    if (in->desc->keep == MIXUP_KEEP_ON_DISK)
        return error(
            MIXUP_ERROR_UNSUPPORTED,
            "%s: is compressed, so that its images cannot be read one by one from disk; unpack it to a "
            "folder or to a plain .tar",
            in->tree->path);
    return error(
        MIXUP_ERROR_UNSUPPORTED,
        "%s: its images take %zu bytes, more than the memory limit of %zu, and are compressed, so that "
        "they cannot be read one by one from disk; unpack it to a folder or to a plain .tar, or raise "
        "the limit",
        in->tree->path, encoded_bytes(in->tree), limit);
}

static mixup_status make_room(filling *in) {
    const size_t count = in->tree->count;
    if (in->keep == MIXUP_KEEP_IN_MEMORY) {
        in->pixels = memory_allocate(in->allocator, count, in->features);
        in->draft->storage->inputs = in->pixels;
        return in->pixels != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
    }
    if (in->keep == MIXUP_KEEP_ENCODED)
        MIXUP_TRY(MEMORY_NEW(in->allocator, in->bytes, count));
    return MEMORY_NEW(in->allocator, in->hashes, count);
}

static mixup_status get_ready(filling *in, size_t height, size_t width) {
    const shape sample = {.rank = 3, .sizes = {in->desc->channels, height, width}};
    MIXUP_TRY(preprocess_set_shape(in->draft->preprocess, &sample));
    in->height = height;
    in->width = width;
    in->features = in->draft->preprocess->features;
    MIXUP_TRY(choose_keep(in));
    MIXUP_TRY(make_room(in));
    in->ready = true;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- one image */

static const char *name_of(const filling *in, size_t index) {
    return in->tree->entries[index].path;
}

static mixup_status check_size(filling *in, size_t index, const image *decoded) {
    if (!in->ready) {
        MIXUP_TRY(get_ready(in, decoded->height, decoded->width));
        in->first = index;
    }
    if (in->desc->height > 0 || (decoded->height == in->height && decoded->width == in->width))
        return MIXUP_OK;
    return error(MIXUP_ERROR_SHAPE, "is %zu x %zu (height x width), but %s is %zu x %zu; give a size",
                 decoded->height, decoded->width, name_of(in, in->first), in->height, in->width);
}

static mixup_status take_row(filling *in, size_t index, const image *decoded, uint8_t *row) {
    MIXUP_TRY(image_fit(decoded, in->desc->channels, in->height, in->width, in->allocator, row));
    MIXUP_TRY(draft_check_row(in->draft, index, row, "the image"));
    if (in->hashes != NULL)
        in->hashes[index] = hash_row(row, in->features);
    return MIXUP_OK;
}

static mixup_status take_decoded(filling *in, size_t index, const image *decoded) {
    MIXUP_TRY(check_size(in, index, decoded));
    if (in->pixels != NULL)
        return take_row(in, index, decoded, in->pixels + index * in->features);
    uint8_t *row = NULL;
    MIXUP_TRY(MEMORY_NEW(in->allocator, row, in->features));
    const mixup_status status = take_row(in, index, decoded, row);
    memory_release(in->allocator, row);
    return status;
}

/* Whether an image is left out that gave this status. */
static bool may_be_left_out(const filling *in, mixup_status status) {
    const bool damaged = status == MIXUP_ERROR_FORMAT || status == MIXUP_ERROR_UNSUPPORTED;
    return (in->desc->skip_damaged && damaged) || (in->desc->skip_unreadable && status == MIXUP_ERROR_IO);
}

/* What the thread's last message says is wrong with the image, without its name. */
static const char *problem_of(const filling *in, size_t index) {
    const char *message = mixup_last_error();
    const char *name = strstr(message, name_of(in, index));
    const size_t length = strlen(name_of(in, index));
    return name != NULL && strncmp(name + length, ": ", 2) == 0 ? name + length + 2 : message;
}

/* Notes that an image is left out; why is the thread's last message. */
static mixup_status leave_out(filling *in, size_t index) {
    in->missing[index] = true;
    if (in->notes == NULL)
        return MIXUP_OK;
    in->notes[index] = memory_copy_text(in->allocator, problem_of(in, index));
    return in->notes[index] != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

/* Looks at image `index`; the block of `bytes` is taken over where it is kept. */
static mixup_status take_image(filling *in, size_t index, image_bytes *bytes) {
    image decoded = {0};
    mixup_status status = image_decode(bytes->data, bytes->size, in->allocator, &decoded);
    if (may_be_left_out(in, status))
        return leave_out(in, index);
    if (status == MIXUP_OK)
        status = take_decoded(in, index, &decoded);
    image_clear(&decoded, in->allocator);
    if (status != MIXUP_OK)
        return error_context(status, "%s: %s", in->tree->path, name_of(in, index));
    if (in->bytes != NULL) {
        in->bytes[index] = *bytes;
        *bytes = (image_bytes){0};
    }
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- all of them, from anywhere in the tree */

static mixup_status take_from_tree(size_t index, void *user) {
    filling *in = user;
    image_bytes bytes = {0};
    mixup_status status = image_tree_bytes(in->tree, index, in->allocator, &bytes.data, &bytes.size);
    if (may_be_left_out(in, status))
        return leave_out(in, index);
    if (status == MIXUP_OK)
        status = take_image(in, index, &bytes);
    memory_release(in->allocator, bytes.data);
    return status;
}

/* Behind the images that were looked at one by one. */
typedef struct rest {
    filling *in;
    size_t start;
} rest;

static mixup_status take_rest(size_t index, void *user) {
    const rest *of = user;
    return take_from_tree(of->start + index, of->in);
}

static mixup_status take_all(filling *in) {
    rest of = {.in = in};
    while (of.start < in->tree->count && !in->ready)
        MIXUP_TRY(take_from_tree(of.start++, in));
    return parallel_run(in->tree->count - of.start, in->threads, take_rest, &of);
}

/* ---------------------------------------------------------------- all of them, as a packed archive has them
 */

typedef struct heap {
    filling *in;
    size_t count, total;
    size_t indices[HEAP_IMAGES];
    image_bytes bytes[HEAP_IMAGES];
} heap;

static mixup_status take_from_heap(size_t index, void *user) {
    heap *from = user;
    return take_image(from->in, from->indices[index], &from->bytes[index]);
}

static void heap_clear(heap *in) {
    for (size_t i = 0; i < in->count; i++)
        memory_release(in->in->allocator, in->bytes[i].data);
    in->count = 0;
    in->total = 0;
}

static mixup_status heap_take(heap *from) {
    const mixup_status status = parallel_run(from->count, from->in->threads, take_from_heap, from);
    heap_clear(from);
    return status;
}

static mixup_status on_image(const image_tree *tree, size_t index, const void *data, size_t size,
                             void *user) {
    (void)tree;
    heap *to = user;
    image_bytes *copy = &to->bytes[to->count];
    MIXUP_TRY(MEMORY_NEW(to->in->allocator, copy->data, size));
    memcpy(copy->data, data, size);
    copy->size = size;
    to->indices[to->count++] = index;
    to->total += size;
    const bool full = to->count == HEAP_IMAGES || to->total >= HEAP_BYTES;
    return full || !to->in->ready ? heap_take(to) : MIXUP_OK;
}

static mixup_status take_packed(filling *in) {
    heap *images = NULL;
    MIXUP_TRY(MEMORY_NEW(in->allocator, images, 1));
    images->in = in;
    mixup_status status = image_tree_read(in->tree, on_image, images);
    if (status == MIXUP_OK)
        status = heap_take(images);
    heap_clear(images);
    memory_release(in->allocator, images);
    return status;
}

/* ---------------------------------------------------------------- what came of it */

static void log_note(const filling *in, size_t index) {
    char line[1200];
    snprintf(line, sizeof line, "%s: %s: left out: %s", in->tree->path, name_of(in, index), in->notes[index]);
    in->desc->log.write(line, in->desc->log.user);
}

static mixup_status tell(const filling *in) {
    const image_set_desc *to = in->desc;
    for (size_t i = 0; in->notes != NULL && i < in->tree->count; i++) {
        if (to->on_image == NULL && in->notes[i] != NULL)
            log_note(in, i);
        if (to->on_image != NULL && to->on_image(to->user, name_of(in, i), in->notes[i]) != MIXUP_OK)
            return error(MIXUP_ERROR_CALLBACK, "%s: the caller's on_image failed at %s", in->tree->path,
                         name_of(in, i));
    }
    return MIXUP_OK;
}

/* Moves what belongs to image `from` to place `to`, which is free. */
static void move(filling *in, size_t from, size_t to) {
    int32_t *labels = (int32_t *)(uintptr_t)in->draft->storage->labels; /* the draft's own */
    if (in->pixels != NULL)
        memcpy(in->pixels + to * in->features, in->pixels + from * in->features, in->features);
    if (in->hashes != NULL)
        in->hashes[to] = in->hashes[from];
    if (in->bytes != NULL) {
        in->bytes[to] = in->bytes[from];
        in->bytes[from] = (image_bytes){0};
    }
    if (labels != NULL)
        labels[to] = labels[from];
}

static mixup_status close_gaps(filling *in, size_t *skipped) {
    size_t kept = 0;
    for (size_t i = 0; i < in->tree->count; i++) {
        if (in->missing[i])
            continue;
        if (kept != i)
            move(in, i, kept);
        kept++;
    }
    if (kept == 0)
        return error(MIXUP_ERROR_DATA, "%s: none of its %zu images can be read", in->tree->path,
                     in->tree->count);
    *skipped = in->tree->count - kept;
    image_tree_leave_out(in->tree, in->missing);
    in->draft->storage->count = kept;
    return MIXUP_OK;
}

/* The storage reads through the tree and what was kept of it. */
static mixup_status attach_reader(filling *in) {
    const image_reader_parts parts = {.tree = *in->tree,
                                      .bytes = in->bytes,
                                      .hashes = in->hashes,
                                      .channels = in->desc->channels,
                                      .height = in->height,
                                      .width = in->width};
    MIXUP_TRY(image_reader_create(&parts, &in->draft->storage->reader));
    *in->tree = (image_tree){.allocator = parts.tree.allocator, .descriptor = -1};
    in->bytes = NULL;
    in->hashes = NULL;
    return MIXUP_OK;
}

static mixup_status check_description(const image_set_desc *desc) {
    if ((desc->height == 0) != (desc->width == 0) || desc->height > IMAGE_MAX_SIDE ||
        desc->width > IMAGE_MAX_SIDE)
        return error(MIXUP_ERROR_ARGUMENT, "size: %zu x %zu; give height and width, each up to %d",
                     desc->height, desc->width, IMAGE_MAX_SIDE);
    if ((unsigned)desc->keep > MIXUP_KEEP_ON_DISK)
        return error(MIXUP_ERROR_ARGUMENT, "keep: %d is no mixup_keep", (int)desc->keep);
    return MIXUP_OK;
}

static mixup_status fill(filling *in, size_t *skipped) {
    in->draft->storage->type = MIXUP_UINT8;
    MIXUP_TRY(check_description(in->desc));
    MIXUP_TRY(parallel_choose_threads(&in->threads, 0));
    MIXUP_TRY(MEMORY_NEW(in->allocator, in->missing, in->tree->count));
    if (in->desc->log.write != NULL || in->desc->on_image != NULL)
        MIXUP_TRY(MEMORY_NEW(in->allocator, in->notes, in->tree->count));
    if (in->desc->height > 0)
        MIXUP_TRY(get_ready(in, in->desc->height, in->desc->width));
    MIXUP_TRY(in->tree->packed ? take_packed(in) : take_all(in));
    MIXUP_TRY(tell(in));
    MIXUP_TRY(close_gaps(in, skipped));
    return in->pixels != NULL ? MIXUP_OK : attach_reader(in);
}

mixup_status image_set_fill(dataset_draft *draft, image_tree *tree, const image_set_desc *desc,
                            size_t *skipped) {
    const mixup_allocator allocator = draft->storage->allocator;
    const size_t count = tree->count;
    filling in = {
        .desc = desc, .draft = draft, .tree = tree, .allocator = &allocator, .threads = desc->threads};
    const mixup_status status = fill(&in, skipped);
    for (size_t i = 0; in.notes != NULL && i < count; i++)
        memory_release(&allocator, in.notes[i]);
    memory_release(&allocator, in.notes);
    memory_release(&allocator, in.missing);
    memory_release(&allocator, in.hashes);
    image_bytes_release(in.bytes, count, &allocator);
    return status;
}
