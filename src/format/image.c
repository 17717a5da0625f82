/* format/image: see image.h; the two decoders. Both libraries report errors by a jump out of their functions
 * (setjmp), so whatever must be released afterwards lives in a struct of the caller's, not in locals. */
#include "format/image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

enum {
    MAX_SCANS = 200,           /* of a progressive JPEG; each costs a pass over the whole image */
    MAX_CHUNK_BYTES = 1 << 24, /* of a PNG chunk that is kept in memory */
    MAX_CHUNKS = 1000,
    /* PNG: deflate packs 1032 bytes into one at most, of 8 pixels each. JPEG: every block of 64 values takes
     * a bit at least; with the coarsest sampling, far less than this. */
    MAX_PIXELS_PER_BYTE = 1032 * 8,
};
static const long max_jpeg_memory = 1L << 30; /* that libjpeg may take for one image */

void image_clear(image *out, const mixup_allocator *allocator) {
    const mixup_allocator hooks = memory_allocator(allocator);
    memory_release(&hooks, out->pixels);
    *out = (image){0};
}

/* What a decoder works on; survives its jumps. */
typedef struct decoder {
    const mixup_allocator *allocator;
    const uint8_t *data;
    size_t size;
    size_t offset; /* PNG: bytes read so far */
    jmp_buf escape;
    mixup_status status; /* of what made it jump, when that was our own code; else MIXUP_OK */
    char message[200];   /* the library's */
    image out;
    uint8_t *rows; /* [height][width][channels], or one row */
} decoder;

/* Checks the size that a header claims and makes the pixels, and room for `rows` rows of `samples` bytes a
 * pixel. */
static mixup_status make_pixels(decoder *in, size_t channels, size_t height, size_t width, size_t rows,
                                size_t samples) {
    if (height == 0 || width == 0 || height > IMAGE_MAX_SIDE || width > IMAGE_MAX_SIDE ||
        height > IMAGE_MAX_PIXELS / width)
        return error(MIXUP_ERROR_UNSUPPORTED,
                     "an image of %zu × %zu pixels; at most %d altogether can be read", width, height,
                     IMAGE_MAX_PIXELS);
    if (height * width / MAX_PIXELS_PER_BYTE > in->size)
        return error(MIXUP_ERROR_FORMAT, "claims %zu × %zu pixels, more than its %zu bytes can hold", width,
                     height, in->size);
    MIXUP_TRY(MEMORY_NEW(in->allocator, in->rows, rows * width * samples));
    MIXUP_TRY(MEMORY_NEW(in->allocator, in->out.pixels, channels * height * width));
    in->out.channels = channels;
    in->out.height = height;
    in->out.width = width;
    return MIXUP_OK;
}

/* Interleaved samples of row `y` to the planes. */
static void put_row(image *out, size_t y, const uint8_t *row) {
    const size_t plane = out->height * out->width;
    for (size_t channel = 0; channel < out->channels; channel++) {
        uint8_t *to = out->pixels + channel * plane + y * out->width;
        for (size_t x = 0; x < out->width; x++)
            to[x] = row[x * out->channels + channel];
    }
}

/* ---------------------------------------------------------------- JPEG */

static void jpeg_escape(j_common_ptr common) {
    decoder *in = common->client_data;
    common->err->format_message(common, in->message);
    longjmp(in->escape, 1);
}

/* Warnings that leave every pixel as it was written. */
static bool is_harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM;
}

static void jpeg_message(j_common_ptr common, int level) {
    if (level < 0 && !is_harmless(common->err->msg_code))
        jpeg_escape(common);
}

static void jpeg_ignore(j_common_ptr common) {
    (void)common;
}

static void jpeg_progress(j_common_ptr common) {
    decoder *in = common->client_data;
    if (((j_decompress_ptr)common)->input_scan_number > MAX_SCANS) {
        snprintf(in->message, sizeof in->message, "more than %d scans", MAX_SCANS);
        longjmp(in->escape, 1);
    }
}

/* A row of inks as files have them, in place to red, green and blue: (1 - ink) (1 - black).
 *
 * Photoshop has always written inks inverted, 255 for none, and since then practically every writer does,
 * also without Adobe's marker; a file does not say. So they are taken for inverted in each, as browsers and
 * Pillow do. libjpeg hands inks out as they are stored, and makes them of YCCK without a change of sign
 * (libjpeg.txt, "Special color spaces"). */
static void inks_to_colours(uint8_t *row, size_t width) {
    for (size_t x = 0; x < width; x++) {
        const unsigned light = row[4 * x + 3];
        for (size_t channel = 0; channel < 3; channel++)
            row[3 * x + channel] = (uint8_t)((row[4 * x + channel] * light + 127) / 255);
    }
}

static mixup_status jpeg_prepare(decoder *in, struct jpeg_decompress_struct *jpeg) {
    jpeg_mem_src(jpeg, in->data, (unsigned long)in->size);
    jpeg_read_header(jpeg, TRUE);
    const bool grey = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    const bool inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    if (jpeg->jpeg_color_space == JCS_UNKNOWN)
        return error(MIXUP_ERROR_UNSUPPORTED, "a JPEG of %d components; 1, 3 or 4 can be read",
                     jpeg->num_components);
    jpeg->out_color_space = grey ? JCS_GRAYSCALE : inks ? JCS_CMYK : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW; /* the same pixels on every machine */
    return make_pixels(in, grey ? 1 : 3, jpeg->image_height, jpeg->image_width, 1,
                       (size_t)jpeg->num_components);
}

/* Between here and jpeg_destroy the library may jump back to the caller. */
static void jpeg_run(decoder *in, struct jpeg_decompress_struct *jpeg) {
    in->status = jpeg_prepare(in, jpeg);
    if (in->status != MIXUP_OK)
        return;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = in->rows;
        const size_t y = jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, &row, 1);
        if (jpeg->out_color_space == JCS_CMYK)
            inks_to_colours(row, in->out.width);
        put_row(&in->out, y, in->rows);
    }
    jpeg_finish_decompress(jpeg);
}

static mixup_status decode_jpeg(decoder *in) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress = {.progress_monitor = jpeg_progress};
    memset(&jpeg, 0, sizeof jpeg);
    jpeg.err = jpeg_std_error(&errors);
    jpeg.client_data = in;
    errors.error_exit = jpeg_escape;
    errors.emit_message = jpeg_message;
    errors.output_message = jpeg_ignore;
    if (setjmp(in->escape) != 0) {
        jpeg_destroy_decompress(&jpeg);
        return error(MIXUP_ERROR_FORMAT, "a damaged JPEG: %.180s", in->message);
    }
    jpeg_create_decompress(&jpeg);
    jpeg.client_data = in;
    jpeg.progress = &progress;
    jpeg.mem->max_memory_to_use = max_jpeg_memory;
    jpeg_run(in, &jpeg);
    jpeg_destroy_decompress(&jpeg);
    return in->status;
}

/* ---------------------------------------------------------------- PNG */

static void png_escape(png_structp png, png_const_charp message) {
    decoder *in = png_get_error_ptr(png);
    snprintf(in->message, sizeof in->message, "%s", message);
    longjmp(in->escape, 1);
}

static void png_ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void png_take(png_structp png, png_bytep data, size_t size) {
    decoder *in = png_get_io_ptr(png);
    if (size > in->size - in->offset)
        png_error(png, "ends early");
    memcpy(data, in->data + in->offset, size);
    in->offset += size;
}

static mixup_status png_prepare(decoder *in, png_structp png, png_infop info, int *passes) {
    png_read_info(png, info);
    const png_byte kind = png_get_color_type(png, info);
    png_set_scale_16(png);
    png_set_expand(png); /* palettes and fewer than 8 bits */
    png_set_strip_alpha(png);
    *passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    const size_t channels = (kind & (PNG_COLOR_MASK_COLOR | PNG_COLOR_MASK_PALETTE)) != 0 ? 3 : 1;
    const size_t height = png_get_image_height(png, info);
    const size_t width = png_get_image_width(png, info);
    if (png_get_rowbytes(png, info) != width * channels)
        return error(MIXUP_ERROR_UNSUPPORTED, "a PNG of an unknown kind");
    return make_pixels(in, channels, height, width, *passes > 1 ? height : 1, channels);
}

/* Between here and png_destroy_read_struct the library may jump back to the caller. */
static void png_run(decoder *in, png_structp png, png_infop info) {
    int passes = 1;
    png_set_read_fn(png, in, png_take);
    png_set_user_limits(png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(png, MAX_CHUNKS);
    in->status = png_prepare(in, png, info, &passes);
    if (in->status != MIXUP_OK)
        return;
    const size_t stride = in->out.width * in->out.channels;
    for (int pass = 0; pass < passes; pass++) /* interlaced: each pass adds pixels to all rows */
        for (size_t y = 0; y < in->out.height; y++) {
            uint8_t *row = in->rows + (passes > 1 ? y * stride : 0);
            png_read_row(png, row, NULL);
            if (pass == passes - 1)
                put_row(&in->out, y, row);
        }
    png_read_end(png, NULL);
}

static mixup_status decode_png(decoder *in) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, in, png_escape, png_ignore);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        return error(MIXUP_ERROR_MEMORY, "out of memory: cannot decode a PNG");
    }
    if (setjmp(in->escape) == 0)
        png_run(in, png, info);
    else
        in->status = error(MIXUP_ERROR_FORMAT, "a damaged PNG: %.180s", in->message);
    png_destroy_read_struct(&png, &info, NULL);
    return in->status;
}

/* ---------------------------------------------------------------- either */

mixup_status image_decode(const void *data, size_t size, const mixup_allocator *allocator, image *out) {
    static const uint8_t jpeg_start[] = {0xFF, 0xD8, 0xFF};
    static const uint8_t png_start[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    const mixup_allocator hooks = memory_allocator(allocator);
    decoder in = {.allocator = &hooks, .data = data, .size = size};
    mixup_status status = MIXUP_OK;
    if (size >= sizeof jpeg_start && memcmp(data, jpeg_start, sizeof jpeg_start) == 0)
        status = decode_jpeg(&in);
    else if (size >= sizeof png_start && memcmp(data, png_start, sizeof png_start) == 0)
        status = decode_png(&in);
    else
        status = error(MIXUP_ERROR_FORMAT, "neither a JPEG nor a PNG (%zu bytes)", size);
    memory_release(&hooks, in.rows);
    if (status != MIXUP_OK) {
        memory_release(&hooks, in.out.pixels);
        return status;
    }
    *out = in.out;
    return MIXUP_OK;
}
