/* data/augment: see augment.h. Rows are produced one after the other: row y of the result is row
 * y + top - padding of the (resized) image, shifted by left - padding, and turned round for a flip. */
#include "data/augment.h"

#include "random/stream.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- settings */

bool augment_wanted(const mixup_augment *how) {
    return how->horizontal_flip || how->crop_padding > 0 || how->resized_crop || how->cutout > 0;
}

/* A pair of numbers, lowest and highest; {0, 0} is the default. */
static mixup_status resolve_range(float range[2], float low, float high, float most, const char *key) {
    if (range[0] == 0.0f && range[1] == 0.0f) {
        range[0] = low;
        range[1] = high;
    }
    if (!(range[0] > 0.0f && range[0] <= range[1] && range[1] <= most))
        return error(MIXUP_ERROR_ARGUMENT, "%s: [%g, %g] is not lowest and highest, above 0 and up to %g",
                     key, (double)range[0], (double)range[1], (double)most);
    return MIXUP_OK;
}

static mixup_status check_sizes(const mixup_augment *how, const image_shape *image) {
    const size_t shorter = image->height < image->width ? image->height : image->width;
    const size_t longer = image->height < image->width ? image->width : image->height;
    if (how->crop_padding >= shorter && how->crop_padding > 0)
        return error(MIXUP_ERROR_ARGUMENT, "crop_padding: %zu for images of %zu x %zu; must be below %zu",
                     how->crop_padding, image->height, image->width, shorter);
    if (how->cutout > longer)
        return error(MIXUP_ERROR_ARGUMENT, "cutout: %zu for images of %zu x %zu; must be at most %zu",
                     how->cutout, image->height, image->width, longer);
    return MIXUP_OK;
}

mixup_status augment_resolve(const mixup_augment *how, const mixup_preprocess *preprocess, uint64_t seed,
                             augmentation *out) {
    augmentation resolved = {.how = *how, .seed = seed};
    mixup_augment *to = &resolved.how;
    if (augment_wanted(how) && !preprocess_image(preprocess, &resolved.image))
        return error(MIXUP_ERROR_SHAPE,
                     "the inputs are %s; only images can be changed at random, channels x height x width or "
                     "height x width",
                     shape_to_text(&preprocess->shape).text);
    if (to->flip_probability == 0.0f)
        to->flip_probability = 0.5f;
    if (!(to->flip_probability > 0.0f && to->flip_probability <= 1.0f))
        return error(MIXUP_ERROR_ARGUMENT, "flip_probability: %g; must be above 0 and at most 1",
                     (double)to->flip_probability);
    MIXUP_TRY(resolve_range(to->crop_area, 0.08f, 1.0f, 1.0f, "crop_area"));
    MIXUP_TRY(resolve_range(to->crop_ratio, 3.0f / 4.0f, 4.0f / 3.0f, 1e6f, "crop_ratio"));
    if (augment_wanted(how))
        MIXUP_TRY(check_sizes(to, &resolved.image));
    *out = resolved;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- choices */

static random_stream open_stream(const augmentation *in, random_purpose purpose, uint32_t epoch,
                                 uint32_t sample) {
    return random_open(in->seed, purpose, 0, epoch, 0, sample);
}

static size_t choose_below(random_stream *stream, size_t bound) {
    return random_below(stream, (uint32_t)bound);
}

static double choose_between(random_stream *stream, double low, double high) {
    return low + (high - low) * random_uniform(stream);
}

/* The largest box in the middle whose ratio of width to height is allowed. */
static void middle_box(const augmentation *in, size_t box[4]) {
    const double height = (double)in->image.height;
    const double width = (double)in->image.width;
    const double low = (double)in->how.crop_ratio[0];
    const double high = (double)in->how.crop_ratio[1];
    const double ratio = width / height;
    const double rows = ratio < low ? fmax(1.0, nearbyint(width / low)) : height;
    const double columns = ratio > high ? fmax(1.0, nearbyint(height * high)) : width;
    box[2] = (size_t)fmin(rows, height);
    box[3] = (size_t)fmin(columns, width);
    box[0] = (in->image.height - box[2]) / 2;
    box[1] = (in->image.width - box[3]) / 2;
}

/* A box of a share of the area (uniform) and a ratio of width to height (uniform in its logarithm) that fits
 * into the image, as "inception" crops are drawn (Szegedy et al. 2015): ten tries, then the middle. */
static void choose_box(const augmentation *in, random_stream *stream, size_t box[4]) {
    enum { TRIES = 10 };
    const double height = (double)in->image.height;
    const double width = (double)in->image.width;
    for (int i = 0; i < TRIES; i++) {
        const double area =
            height * width *
            choose_between(stream, (double)in->how.crop_area[0], (double)in->how.crop_area[1]);
        const double ratio = exp(
            choose_between(stream, log((double)in->how.crop_ratio[0]), log((double)in->how.crop_ratio[1])));
        const double rows = nearbyint(sqrt(area / ratio));
        const double columns = nearbyint(sqrt(area * ratio));
        if (!(rows >= 1.0 && rows <= height && columns >= 1.0 && columns <= width))
            continue;
        box[2] = (size_t)rows;
        box[3] = (size_t)columns;
        box[0] = choose_below(stream, in->image.height - box[2] + 1);
        box[1] = choose_below(stream, in->image.width - box[3] + 1);
        return;
    }
    middle_box(in, box);
}

augment_choice augment_choose(const augmentation *in, uint32_t epoch, uint32_t sample) {
    augment_choice choice = {.box = {0, 0, in->image.height, in->image.width}};
    if (in->how.resized_crop) {
        random_stream stream = open_stream(in, RANDOM_RESIZED_CROP, epoch, sample);
        choose_box(in, &stream, choice.box);
    }
    if (in->how.crop_padding > 0) {
        random_stream stream = open_stream(in, RANDOM_CROP, epoch, sample);
        choice.top = choose_below(&stream, 2 * in->how.crop_padding + 1);
        choice.left = choose_below(&stream, 2 * in->how.crop_padding + 1);
    }
    if (in->how.horizontal_flip) {
        random_stream stream = open_stream(in, RANDOM_FLIP, epoch, sample);
        choice.flip = random_uniform(&stream) < (double)in->how.flip_probability;
    }
    if (in->how.cutout > 0) {
        random_stream stream = open_stream(in, RANDOM_CUTOUT, epoch, sample);
        choice.row = choose_below(&stream, in->image.height);
        choice.column = choose_below(&stream, in->image.width);
    }
    return choice;
}

/* ---------------------------------------------------------------- moving */

bool augment_moves(const augmentation *in) {
    return in->how.horizontal_flip || in->how.crop_padding > 0 || in->how.resized_crop;
}

/* Where pixel `at` of `length` lies among the `size` pixels from `start`: pixel centres meet, and beyond the
 * outer ones the value stays (bilinear, no corners aligned). */
typedef struct between {
    size_t low, high;
    double share; /* of `high` */
} between;

static between find_between(size_t at, size_t length, size_t start, size_t size) {
    const double place = fmax(0.0, ((double)at + 0.5) * (double)size / (double)length - 0.5);
    const size_t low = (size_t)place;
    return (between){
        .low = start + low, .high = start + (low + 1 < size ? low + 1 : low), .share = place - (double)low};
}

/* Row y of the image that the box becomes when it is resized to all of [height][width]. */
static void resize_row(const image_shape *image, const size_t box[4], const float *plane, size_t y,
                       float *row) {
    const between vertical = find_between(y, image->height, box[0], box[2]);
    const float *above = plane + vertical.low * image->width;
    const float *below = plane + vertical.high * image->width;
    for (size_t x = 0; x < image->width; x++) {
        const between across = find_between(x, image->width, box[1], box[3]);
        const double left = 1.0 - across.share;
        const double first = left * (double)above[across.low] + across.share * (double)above[across.high];
        const double second = left * (double)below[across.low] + across.share * (double)below[across.high];
        row[x] = (float)((1.0 - vertical.share) * first + vertical.share * second);
    }
}

/* row[x] = row[x + left - padding], 0 where there is none. */
static void shift_row(float *row, size_t width, size_t left, size_t padding) {
    const size_t distance = left > padding ? left - padding : padding - left;
    const size_t kept = width - distance; /* padding < width */
    if (left > padding) {
        memmove(row, row + distance, kept * sizeof *row);
        memset(row + kept, 0, distance * sizeof *row);
    } else {
        memmove(row + distance, row, kept * sizeof *row);
        memset(row, 0, distance * sizeof *row);
    }
}

static void turn_row(float *row, size_t width) {
    for (size_t x = 0; x < width / 2; x++) {
        const float left = row[x];
        row[x] = row[width - 1 - x];
        row[width - 1 - x] = left;
    }
}

void augment_move(const augmentation *in, const augment_choice *choice, const float *from, float *to) {
    const image_shape *image = &in->image;
    const size_t padding = in->how.crop_padding;
    for (size_t c = 0; c < image->channels; c++) {
        const float *plane = from + c * image->height * image->width;
        for (size_t y = 0; y < image->height; y++) {
            float *row = to + (c * image->height + y) * image->width;
            const size_t source = y + choice->top; /* in the padded image */
            if (source < padding || source - padding >= image->height) {
                memset(row, 0, image->width * sizeof *row);
                continue;
            }
            if (in->how.resized_crop)
                resize_row(image, choice->box, plane, source - padding, row);
            else
                memcpy(row, plane + (source - padding) * image->width, image->width * sizeof *row);
            shift_row(row, image->width, choice->left, padding);
            if (choice->flip)
                turn_row(row, image->width);
        }
    }
}

/* ---------------------------------------------------------------- cutting */

/* [from, to) of the square's side, the part beyond the border left out. */
static void clip(size_t centre, size_t side, size_t length, size_t *from, size_t *to) {
    const size_t before = side / 2;
    const size_t end = centre + (side - before);
    *from = centre > before ? centre - before : 0;
    *to = end < length ? end : length;
}

void augment_cut(const augmentation *in, const augment_choice *choice, float *values) {
    const image_shape *image = &in->image;
    size_t top, bottom, left, right;
    if (in->how.cutout == 0)
        return;
    clip(choice->row, in->how.cutout, image->height, &top, &bottom);
    clip(choice->column, in->how.cutout, image->width, &left, &right);
    for (size_t c = 0; c < image->channels; c++)
        for (size_t y = top; y < bottom; y++)
            memset(values + (c * image->height + y) * image->width + left, 0,
                   (right - left) * sizeof *values);
}
