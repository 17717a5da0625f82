/* analysis/deform: test images rotated, sheared and zoomed (the paper's tables 4 and 9).
 *
 * A deformation is a matrix that takes the place of an output pixel, (row, column) from the centre of the
 * image, to the place in the input that it shows:
 *
 *     rotation by a:  [[cos a, -sin a], [sin a, cos a]]
 *     shear by s:     [[1, -sin s], [0, cos s]]
 *     zoom z %:       [[z/100, 0], [0, z/100]]
 *
 * The angle of a rotation or shear is drawn for each image uniformly from [-amount, amount]; a zoom is the
 * same for all. So zoom 20 % shows the middle fifth of each side, enlarged five times, and zoom 180 % the
 * whole image at 1/1.8 of its size within a border. The centre is ((height - 1) / 2, (width - 1) / 2) with
 * pixels at whole numbers, so that turns by 90 degrees are exact (the published code takes a centre one pixel
 * further down and to the right). What lies outside the image is 0 as the network sees it, after
 * standardisation.
 *
 * Draws depend on seed, kind and the sample's number alone: all models see the same images, and an image is
 * turned by twice as much under twice the amount. */
#ifndef ANALYSIS_DEFORM_H
#define ANALYSIS_DEFORM_H

#include "analysis/robustness.h"
#include "data/preprocess.h"

typedef enum deform_kind { DEFORM_ROTATION, DEFORM_SHEAR, DEFORM_ZOOM, DEFORM_KINDS } deform_kind;

/* "rotation", "shear", "zoom"; NULL for other numbers. */
const char *deform_kind_name(deform_kind kind);

/* Amounts to try, each by itself: degrees of rotation and shear, ≥ 0, and per cent of zoom, > 0. Where all
 * three lists are empty they are the paper's: 20, 40, 60, 80; 28.6, 57.3, 114.6, 143.2, 171.9; 20, 40, 60,
 * 80, 120, 140, 160, 180. */
typedef struct deform_desc {
    const float *amounts[DEFORM_KINDS]; /* [counts] each */
    size_t counts[DEFORM_KINDS];
    bool bilinear;  /* between the four pixels around a place; default: the nearest, as in the paper's code */
    uint64_t seed;  /* of the angles */
    size_t samples; /* at most so many, spread over the set; 0: all */
} deform_desc;

/* With the paper's amounts where there are none; the lists stay the caller's. */
mixup_status deform_resolve(const deform_desc *given, deform_desc *out);

/* How many rows deform_measure gives; and which one row i is. */
size_t deform_count(const deform_desc *resolved);
void deform_row(const deform_desc *resolved, size_t i, deform_kind *kind, double *amount);

/* The matrix {row by row, row by column, column by row, column by column} for an amount and the sample of
 * this number in its set. */
void deform_matrix(deform_kind kind, double amount, uint64_t seed, size_t sample, double matrix[4]);

/* image and out: [channels][height][width]. Places that round to no pixel are 0; between pixels (`bilinear`)
 * those outside count as 0. */
void deform_apply(const image_shape *size, const double matrix[4], bool bilinear, const float *image,
                  float *out);

/* Fills out[deform_count] and the accuracy on the images as they are. Samples must be [height][width] or
 * [channels][height][width]. */
mixup_status deform_measure(mixup_model *model, const mixup_dataset *set, const deform_desc *resolved,
                            const mixup_allocator *allocator, robustness_baseline *clean,
                            robustness_outcome *out);

#endif
