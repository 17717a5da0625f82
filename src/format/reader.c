/* format/reader: on zlib's gzFile, which reads plain files too. */
#include "format/reader.h"

#include "base/file.h"
#include "base/parallel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER_SIZE = 1 << 17,
    FIRST_BLOCK = 1 << 20, /* bytes that reader_block takes on trust */
    LARGEST_READ = 1 << 30,
    PIECE = 1 << 22,      /* of a large block that threads read side by side */
    MOST_THREADS = 4,     /* that read a block: more would wait for the memory */
    DEFLATE_RATIO = 1032, /* no deflate stream unpacks to more than so many times its size */
};

/* Fills limit and packed; only regular files have a known length. */
static void measure(reader *out, int descriptor) {
    struct stat information;
    out->packed = gzdirect(out->stream) == 0;
    out->limit = UINT64_MAX;
    if (fstat(descriptor, &information) != 0 || !S_ISREG(information.st_mode))
        return;
    const uint64_t size = (uint64_t)information.st_size;
    if (!out->packed)
        out->limit = size;
    else if (size < UINT64_MAX / DEFLATE_RATIO)
        out->limit = size * DEFLATE_RATIO;
}

/* The status behind a read that came back short. */
static mixup_status check_stream(const reader *in) {
    int code = Z_OK;
    const char *message = gzerror(in->stream, &code);
    switch (code) {
    case Z_OK:
    case Z_STREAM_END:
        return MIXUP_OK;
    case Z_ERRNO:
        return error(MIXUP_ERROR_IO, "%s: cannot read: %s", in->path, strerror(errno));
    case Z_MEM_ERROR:
        return error(MIXUP_ERROR_MEMORY, "%s: out of memory while unpacking", in->path);
    case Z_BUF_ERROR:
        return error(MIXUP_ERROR_FORMAT, "%s: the gzip file ends early (after %" PRIu64 " unpacked bytes)",
                     in->path, in->offset);
    default:
        return error(MIXUP_ERROR_FORMAT, "%s: the gzip file is corrupt near unpacked byte %" PRIu64 " (%s)",
                     in->path, in->offset, message);
    }
}

mixup_status reader_open(reader *out, const char *path, const mixup_allocator *allocator) {
    reader result = {.allocator = memory_allocator(allocator)};
    result.path = memory_copy_text(&result.allocator, path);
    if (result.path == NULL)
        return MIXUP_ERROR_MEMORY;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        const int reason = errno; /* the caller's hook may change it */
        memory_release(&result.allocator, result.path);
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(reason));
    }
    result.descriptor = descriptor;
    result.stream = gzdopen(descriptor, "rb");
    if (result.stream == NULL) {
        close(descriptor);
        memory_release(&result.allocator, result.path);
        return error(MIXUP_ERROR_MEMORY, "%s: cannot open: out of memory", path);
    }
    gzbuffer(result.stream, BUFFER_SIZE);
    errno = 0;
    measure(&result, descriptor);
    const mixup_status status = check_stream(&result); /* a folder, or the beginning of a gzip header */
    if (status != MIXUP_OK) {
        reader_close(&result);
        return status;
    }
    *out = result;
    return MIXUP_OK;
}

void reader_close(reader *in) {
    if (in->stream != NULL)
        gzclose_r(in->stream);
    memory_release(&in->allocator, in->path);
    *in = (reader){.allocator = in->allocator};
}

mixup_status reader_some(reader *in, void *data, size_t size, size_t *got) {
    size_t total = 0;
    while (total < size) {
        const size_t rest = size - total;
        errno = 0;
        const int count =
            gzread(in->stream, (char *)data + total, (unsigned)(rest < LARGEST_READ ? rest : LARGEST_READ));
        if (count > 0) {
            total += (size_t)count;
            in->offset += (uint64_t)count;
            continue;
        }
        MIXUP_TRY(check_stream(in));
        break;
    }
    *got = total;
    return MIXUP_OK;
}

mixup_status reader_exact(reader *in, void *data, size_t size) {
    const uint64_t start = in->offset;
    size_t got = 0;
    MIXUP_TRY(reader_some(in, data, size, &got));
    if (got < size)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: ends early: %zu bytes were expected at offset %" PRIu64 ", %zu of them are missing",
                     in->path, size, start, size - got);
    return MIXUP_OK;
}

mixup_status reader_expect(const reader *in, size_t size) {
    const uint64_t rest = in->limit > in->offset ? in->limit - in->offset : 0;
    if (in->limit == UINT64_MAX || size <= rest)
        return MIXUP_OK;
    if (in->packed)
        return error(MIXUP_ERROR_FORMAT,
                     "%s: ends early: %zu bytes were expected at offset %" PRIu64
                     ", more than a gzip file of this size can hold",
                     in->path, size, in->offset);
    return error(MIXUP_ERROR_FORMAT,
                 "%s: ends early: %zu bytes were expected at offset %" PRIu64 ", %" PRIu64
                 " of them are missing",
                 in->path, size, in->offset, size - rest);
}

/* A block of a plain file that is being read. */
typedef struct plain_block {
    const reader *in;
    char *data;
    size_t size;
} plain_block;

static mixup_status read_piece(size_t index, void *user) {
    const plain_block *of = user;
    const size_t first = index * PIECE;
    const size_t rest = of->size - first;
    return file_read_at(of->in->descriptor, of->in->path, of->in->offset + first, of->data + first,
                        rest < PIECE ? rest : PIECE);
}

/* Of a file that the system has in memory the reading is mostly the making of new pages, each in the thread
 * that fills it. */
static mixup_status read_plain(reader *in, void *data, size_t size) {
    plain_block block = {.in = in, .data = data, .size = size};
    size_t threads = in->threads;
    MIXUP_TRY(parallel_choose_threads(&threads, 0));
    MIXUP_TRY(parallel_run((size + PIECE - 1) / PIECE, threads < MOST_THREADS ? threads : MOST_THREADS,
                           read_piece, &block));
    if (gzseek(in->stream, (z_off_t)size, SEEK_CUR) < 0)
        return error(MIXUP_ERROR_IO, "%s: cannot go on behind offset %" PRIu64, in->path, in->offset);
    in->offset += size;
    return MIXUP_OK;
}

mixup_status reader_block(reader *in, size_t size, void **block) {
    MIXUP_TRY(reader_expect(in, size));
    /* A plain file's length is a fact; that of a gzip file or a pipe is known only once it was read. */
    const bool trusted = in->limit != UINT64_MAX && !in->packed;
    size_t capacity = trusted || size < FIRST_BLOCK ? size : FIRST_BLOCK;
    size_t filled = 0;
    char *data = NULL;
    MIXUP_TRY(MEMORY_NEW(&in->allocator, data, capacity));
    for (;;) {
        mixup_status status = trusted && size > PIECE ? read_plain(in, data, size)
                                                      : reader_exact(in, data + filled, capacity - filled);
        filled = capacity;
        if (status == MIXUP_OK && filled == size)
            break;
        if (status == MIXUP_OK) {
            capacity = size / 2 < capacity ? size : capacity * 2;
            status = MEMORY_GROW(&in->allocator, data, filled, capacity);
        }
        if (status != MIXUP_OK) {
            memory_release(&in->allocator, data);
            return status;
        }
    }
    *block = data;
    return MIXUP_OK;
}

mixup_status reader_at_end(reader *in, bool *at_end) {
    errno = 0;
    const int byte = gzgetc((gzFile)in->stream);
    if (byte < 0) {
        MIXUP_TRY(check_stream(in));
        *at_end = true;
        return MIXUP_OK;
    }
    if (gzungetc(byte, in->stream) < 0)
        return check_stream(in);
    *at_end = false;
    return MIXUP_OK;
}

mixup_status reader_finish(reader *in, const char *what) {
    bool at_end = false;
    MIXUP_TRY(reader_at_end(in, &at_end));
    if (!at_end)
        return error(MIXUP_ERROR_FORMAT, "%s: further bytes follow %s, which ends at offset %" PRIu64,
                     in->path, what, in->offset);
    return MIXUP_OK;
}
