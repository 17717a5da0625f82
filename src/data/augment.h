/* data/augment: random changes of training images: what a sample gets in an epoch, and doing it.
 *
 * The order, as in the field's usual recipes: on raw values a random resized crop, then pad-and-crop, then
 * the flip; then gather.c divides by the scale and standardises; then the cutout, so that its zeros are zeros
 * for the network while padding is black before normalisation. Each decision is a stream of its own of (seed,
 * purpose, epoch, sample), sample being a number of the training set: switching one change on or off leaves
 * the others as they were, a resumed run sees the same images, and neither threads nor the order of samples
 * matter. A newcomer's mistake: changing finished values; where every feature has a mean of its own, a moved
 * pixel must be standardised by the place where it ends up. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include "data/preprocess.h"

/* Checked settings, every default filled in, for images of one shape. */
typedef struct augmentation {
    mixup_augment how;
    image_shape image;
    uint64_t seed;
} augmentation;

/* Whether anything is to be done at all. */
bool augment_wanted(const mixup_augment *how);

/* For inputs as `preprocess` describes them; what is no image is an error. Messages begin with the key,
 * "crop_padding: ". */
mixup_status augment_resolve(const mixup_augment *how, const mixup_preprocess *preprocess, uint64_t seed,
                             augmentation *out);

/* What one sample gets in one epoch. */
typedef struct augment_choice {
    bool flip;
    size_t box[4];      /* of the resized crop: top, left, height, width */
    size_t top, left;   /* of the crop, in the padded image */
    size_t row, column; /* centre of the cutout */
} augment_choice;

augment_choice augment_choose(const augmentation *in, uint32_t epoch, uint32_t sample);

/* Whether augment_move does anything, whatever is chosen. */
bool augment_moves(const augmentation *in);

/* Crops and flips: `to` from the raw image `from`, both [channels][height][width], not overlapping. */
void augment_move(const augmentation *in, const augment_choice *choice, const float *from, float *to);

/* Sets the square to zero, on finished values [channels][height][width]. */
void augment_cut(const augmentation *in, const augment_choice *choice, float *values);

#endif
