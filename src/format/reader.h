/* format/reader: bytes of a plain or gzip file, in order.
 *
 * All readers of this part sit on it. Offsets and sizes are those of the unpacked content. A truncated or
 * corrupt gzip stream is an error where it is met, not a short file. A newcomer's mistake: allocating what a
 * header promises; reader_block checks the promise against the file first. */
#ifndef FORMAT_READER_H
#define FORMAT_READER_H

#include "base/memory.h"

/* The formats below read little-endian values by copying bytes. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "src/format needs a little-endian machine"
#endif

typedef struct reader {
    mixup_allocator allocator;
    void *stream;    /* zlib's gzFile */
    int descriptor;  /* the stream's */
    char *path;      /* as given; for messages */
    uint64_t offset; /* unpacked bytes read so far */
    uint64_t limit;  /* the unpacked content has at most so many bytes; UINT64_MAX: unknown (pipes) */
    bool packed;     /* gzip: `limit` is far above the real length */
    size_t threads;  /* that read a large block; 0, as it is at first: MIXUP_THREADS, else one a processor */
} reader;

/* On failure `out` is untouched and nothing is to be closed. */
mixup_status reader_open(reader *out, const char *path, const mixup_allocator *allocator);
void reader_close(reader *in);

/* Exactly `size` bytes; else MIXUP_ERROR_FORMAT with the offset and the number of missing bytes. */
mixup_status reader_exact(reader *in, void *data, size_t size);

/* Up to `size` bytes; *got < size only at the end of the file. */
mixup_status reader_some(reader *in, void *data, size_t size, size_t *got);

/* The next `size` bytes in a new block of the reader's allocator (the caller's to release). A size that the
 * file cannot hold fails before much is allocated. */
mixup_status reader_block(reader *in, size_t size, void **block);

/* MIXUP_ERROR_FORMAT when the file is known to hold fewer than `size` further bytes. Reads nothing. */
mixup_status reader_expect(const reader *in, size_t size);

/* MIXUP_ERROR_FORMAT when bytes follow; `what` names what should have been the last, e.g. "the array". */
mixup_status reader_finish(reader *in, const char *what);

/* Whether all bytes were read; needs to look ahead, so it can fail. */
mixup_status reader_at_end(reader *in, bool *at_end);

#endif
