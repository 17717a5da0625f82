/* format/image_fit: an image resized and cropped to one size; see image.h.
 *
 * Resizing is separable: an output position takes input positions with the weights of a triangle around its
 * centre, as wide as one input pixel where the image grows and as one output pixel where it shrinks (what
 * Pillow calls BILINEAR). Columns first, then rows, in float between. */
#include "format/image.h"

#include <math.h>
#include <string.h>

/* One output position: `count` input positions from `first`. */
typedef struct window {
    size_t first, count;
    const float *weights; /* [count], their sum 1 */
} window;

typedef struct axis {
    window *windows; /* [size] of what is kept */
    float *weights;
    size_t size;
} axis;

static void axis_clear(axis *in, const mixup_allocator *allocator) {
    memory_release(allocator, in->windows);
    memory_release(allocator, in->weights);
}

/* Windows for positions [from, from + size) of `length` pixels resized to `resized`. */
static mixup_status axis_make(axis *out, size_t length, size_t resized, size_t from, size_t size,
                              const mixup_allocator *allocator) {
    const double scale = (double)length / (double)resized;
    const double support = scale > 1.0 ? scale : 1.0;
    const size_t room = 2 * (size_t)ceil(support) + 2;
    size_t total = 0;
    MIXUP_TRY(memory_product(size, room, &total));
    MIXUP_TRY(MEMORY_NEW(allocator, out->windows, size));
    MIXUP_TRY(MEMORY_NEW(allocator, out->weights, total));
    out->size = size;
    for (size_t i = 0; i < size; i++) {
        const double centre = ((double)(from + i) + 0.5) * scale;
        const double low = centre - support;
        const double high = centre + support;
        const size_t first = low > 0.0 ? (size_t)low : 0;
        const size_t end = high < (double)length ? (size_t)ceil(high) : length;
        float *weights = out->weights + i * room;
        double sum = 0.0;
        for (size_t k = first; k < end; k++)
            sum += fmax(0.0, 1.0 - fabs((double)k + 0.5 - centre) / support);
        for (size_t k = first; k < end; k++)
            weights[k - first] = (float)(fmax(0.0, 1.0 - fabs((double)k + 0.5 - centre) / support) / sum);
        out->windows[i] = (window){first, end - first, weights};
    }
    return MIXUP_OK;
}

static uint8_t to_byte(float value) {
    const float shifted = value + 0.5f; /* not lroundf, which is a call for every pixel */
    return shifted <= 0.0f ? 0 : shifted >= 255.0f ? 255 : (uint8_t)shifted;
}

/* Sample at (y, x) of output channel `channel`, from the planes of `in`. */
static float source(const image *in, size_t channels, size_t channel, size_t at) {
    const size_t plane = in->height * in->width;
    if (in->channels == channels)
        return (float)in->pixels[channel * plane + at];
    if (in->channels == 1)
        return (float)in->pixels[at];
    return 0.299f * (float)in->pixels[at] + 0.587f * (float)in->pixels[plane + at] +
           0.114f * (float)in->pixels[2 * plane + at];
}

/* Row `y` of output channel `channel` as floats. */
static void take_line(const image *in, size_t channels, size_t channel, size_t y, float *line) {
    const size_t start = y * in->width;
    if (in->channels == channels || in->channels == 1) {
        const uint8_t *row = in->pixels + (in->channels == 1 ? 0 : channel) * in->height * in->width + start;
        for (size_t x = 0; x < in->width; x++)
            line[x] = (float)row[x];
        return;
    }
    for (size_t x = 0; x < in->width; x++)
        line[x] = source(in, channels, channel, start + x);
}

/* Rows [first, first + count) of the input with their columns resized, to `between` [count][columns->size].
 * `line` has room for an input row. */
static void resize_columns(const image *in, size_t channels, size_t channel, const axis *columns,
                           size_t first, size_t count, float *line, float *between) {
    for (size_t y = 0; y < count; y++) {
        take_line(in, channels, channel, first + y, line);
        for (size_t x = 0; x < columns->size; x++) {
            const window *taken = &columns->windows[x];
            float sum = 0.0f;
            for (size_t k = 0; k < taken->count; k++)
                sum += taken->weights[k] * line[taken->first + k];
            between[y * columns->size + x] = sum;
        }
    }
}

static void resize_rows(const axis *rows, size_t width, size_t first, const float *between, uint8_t *pixels) {
    for (size_t y = 0; y < rows->size; y++)
        for (size_t x = 0; x < width; x++) {
            const window *taken = &rows->windows[y];
            float sum = 0.0f;
            for (size_t k = 0; k < taken->count; k++)
                sum += taken->weights[k] * between[(taken->first - first + k) * width + x];
            pixels[y * width + x] = to_byte(sum);
        }
}

static mixup_status resize(const image *in, size_t channels, const axis *rows, const axis *columns,
                           const mixup_allocator *allocator, uint8_t *pixels) {
    const window *last = &rows->windows[rows->size - 1];
    const size_t first = rows->windows[0].first;
    const size_t count = last->first + last->count - first;
    size_t room = 0;
    float *between = NULL; /* and a line of the input behind it */
    MIXUP_TRY(memory_product(count, columns->size, &room));
    if (__builtin_add_overflow(room, in->width, &room))
        return error(MIXUP_ERROR_MEMORY, "out of memory: %zu rows to resize", count);
    MIXUP_TRY(MEMORY_NEW(allocator, between, room));
    float *line = between + count * columns->size;
    for (size_t channel = 0; channel < channels; channel++) {
        resize_columns(in, channels, channel, columns, first, count, line, between);
        resize_rows(rows, columns->size, first, between, pixels + channel * rows->size * columns->size);
    }
    memory_release(allocator, between);
    return MIXUP_OK;
}

/* No resizing: the size is right, only the channels may differ. */
static void copy_pixels(const image *in, size_t channels, uint8_t *pixels) {
    const size_t plane = in->height * in->width;
    if (in->channels == channels) {
        memcpy(pixels, in->pixels, channels * plane);
        return;
    }
    for (size_t channel = 0; channel < channels; channel++)
        for (size_t at = 0; at < plane; at++)
            pixels[channel * plane + at] = to_byte(source(in, channels, channel, at));
}

/* `length` × scale, rounded, but not below `least` (the side that decides the scale rounds to itself). */
static size_t scaled(size_t length, double scale, size_t least) {
    const size_t size = (size_t)llround((double)length * scale);
    return size < least ? least : size;
}

mixup_status image_fit(const image *in, size_t channels, size_t height, size_t width,
                       const mixup_allocator *allocator, uint8_t *pixels) {
    const mixup_allocator hooks = memory_allocator(allocator);
    if (in->height == height && in->width == width) {
        copy_pixels(in, channels, pixels);
        return MIXUP_OK;
    }
    const double scale = fmax((double)height / (double)in->height, (double)width / (double)in->width);
    const size_t rows_size = scaled(in->height, scale, height);
    const size_t columns_size = scaled(in->width, scale, width);
    axis rows = {0};
    axis columns = {0};
    mixup_status status = axis_make(&rows, in->height, rows_size, (rows_size - height) / 2, height, &hooks);
    if (status == MIXUP_OK)
        status = axis_make(&columns, in->width, columns_size, (columns_size - width) / 2, width, &hooks);
    if (status == MIXUP_OK)
        status = resize(in, channels, &rows, &columns, &hooks, pixels);
    axis_clear(&rows, &hooks);
    axis_clear(&columns, &hooks);
    return status;
}
