/* format/image: JPEG and PNG images from memory to bytes, and fitted to one size.
 *
 * Decoded are JPEG (baseline and progressive; grey, colour, or the inks of print, which become colours as in
 * Pillow) and PNG of any kind: 16 bits a sample are rounded to 8, palettes are looked up, transparency and
 * colour profiles are ignored. A file that is cut or damaged is an error even where the libraries could go on
 * with grey pixels. libjpeg and libpng keep memory of their own while they decode. A newcomer's mistake:
 * trusting a header; a few bytes can claim 65535 × 65535 pixels, so sizes are checked against
 * IMAGE_MAX_PIXELS before anything is allocated. */
#ifndef FORMAT_IMAGE_H
#define FORMAT_IMAGE_H

#include "base/memory.h"

enum {
    IMAGE_MAX_PIXELS = 1 << 26, /* width × height */
    IMAGE_MAX_SIDE = 65535,
};

typedef struct image {
    size_t channels; /* 1 grey, 3 red, green and blue */
    size_t height, width;
    uint8_t *pixels; /* [channels][height][width] */
} image;

/* MIXUP_ERROR_FORMAT for what is not a whole image of these kinds, MIXUP_ERROR_UNSUPPORTED for a sound one
 * that cannot be read here; messages do not name the file. `allocator` may be NULL (malloc). The caller
 * clears `out` with image_clear and the same allocator; on failure it is untouched. */
mixup_status image_decode(const void *data, size_t size, const mixup_allocator *allocator, image *out);
void image_clear(image *out, const mixup_allocator *allocator);

/* Writes `in` to `pixels` [channels][height][width]. The image is resized, bilinear and with an average over
 * all pixels covered where it shrinks, to the smallest size with its proportions that covers height × width,
 * and the middle of that is kept. Grey from colour by ITU-R BT.601, colour from grey by repeating. */
mixup_status image_fit(const image *in, size_t channels, size_t height, size_t width,
                       const mixup_allocator *allocator, uint8_t *pixels);

#endif
