/* format/mat_bytes: see mat_bytes.h. */
#include "format/mat_bytes.h"

#include <inttypes.h>

/* No deflate stream unpacks to more than so many times its size. */
enum { MAX_RATIO = 1032 };

static void *zlib_allocate(void *user, unsigned count, unsigned size) {
    return memory_allocate(user, count, size);
}

static void zlib_release(void *user, void *pointer) {
    memory_release(user, pointer);
}

static mixup_status refuse_short(const mat_bytes *from) {
    return error(MIXUP_ERROR_FORMAT,
                 "%s: the variable that ends at offset %" PRIu64 " is shorter than its contents",
                 from->in->path, from->in->offset + from->left);
}

/* The next of its bytes in the file, at most `size`. */
static mixup_status take_stored(mat_bytes *from, void *data, size_t size) {
    if (size > from->left)
        return refuse_short(from);
    MIXUP_TRY(reader_exact(from->in, data, size));
    from->left -= size;
    return MIXUP_OK;
}

static mixup_status zlib_failure(const mat_bytes *from, int code) {
    if (code == Z_MEM_ERROR)
        return MIXUP_ERROR_MEMORY; /* stored by zlib_allocate */
    return error(MIXUP_ERROR_FORMAT, "%s: a compressed variable is corrupt near offset %" PRIu64 " (%s)",
                 from->in->path, from->in->offset, from->zlib.msg != NULL ? from->zlib.msg : zError(code));
}

static mixup_status refill(mat_bytes *from) {
    const size_t size = from->left < sizeof from->input ? (size_t)from->left : sizeof from->input;
    if (from->zlib.avail_in > 0 || size == 0)
        return MIXUP_OK;
    MIXUP_TRY(take_stored(from, from->input, size));
    from->zlib.next_in = from->input;
    from->zlib.avail_in = (unsigned)size;
    return MIXUP_OK;
}

/* Unpacks up to `size` bytes; *got < size only where the stream ends. */
static mixup_status unpack(mat_bytes *from, uint8_t *data, size_t size, size_t *got) {
    *got = 0;
    while (*got < size && !from->ended) {
        const size_t room = size - *got < MAT_PIECE ? size - *got : MAT_PIECE;
        MIXUP_TRY(refill(from));
        const bool dry = from->zlib.avail_in == 0;
        from->zlib.next_out = data + *got;
        from->zlib.avail_out = (unsigned)room;
        const int code = inflate(&from->zlib, Z_NO_FLUSH);
        *got += room - from->zlib.avail_out;
        if (code == Z_STREAM_END)
            from->ended = true;
        else if (code != Z_OK)
            return dry && code == Z_BUF_ERROR ? refuse_short(from) : zlib_failure(from, code);
    }
    return MIXUP_OK;
}

mixup_status mat_bytes_take(mat_bytes *from, void *data, size_t size) {
    size_t got = 0;
    if (!from->packed)
        return take_stored(from, data, size);
    MIXUP_TRY(unpack(from, data, size, &got));
    return got == size ? MIXUP_OK : refuse_short(from);
}

mixup_status mat_bytes_finish(mat_bytes *from) {
    uint8_t more = 0;
    size_t got = 0;
    if (from->packed)
        MIXUP_TRY(unpack(from, &more, 1, &got));
    if (got > 0 || from->left > 0 || (from->packed && (!from->ended || from->zlib.avail_in > 0)))
        return error(MIXUP_ERROR_FORMAT, "%s: bytes follow the matrix of a variable, before offset %" PRIu64,
                     from->in->path, from->in->offset + from->left);
    return MIXUP_OK;
}

mixup_status mat_bytes_skip(mat_bytes *from) {
    while (from->left > 0)
        MIXUP_TRY(take_stored(from, from->input,
                              from->left < sizeof from->input ? (size_t)from->left : sizeof from->input));
    return MIXUP_OK;
}

uint64_t mat_bytes_limit(const mat_bytes *from) {
    return from->packed ? (from->left + from->zlib.avail_in + 1) * MAX_RATIO : from->left;
}

mixup_status mat_bytes_open(mat_bytes *out, reader *in, uint64_t size, bool packed) {
    *out = (mat_bytes){.in = in, .left = size, .packed = packed};
    if (!packed)
        return MIXUP_OK;
    out->zlib.zalloc = zlib_allocate;
    out->zlib.zfree = zlib_release;
    out->zlib.opaque = &in->allocator;
    const int code = inflateInit(&out->zlib);
    return code == Z_OK ? MIXUP_OK : zlib_failure(out, code);
}

void mat_bytes_close(mat_bytes *from) {
    if (from->packed)
        inflateEnd(&from->zlib); /* also of one that could not be begun */
}
