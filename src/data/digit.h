/* data/digit: drawings of a 1, a 7 and what lies between them, on a sheet of paper that is turned with them.
 * Strokes of our own; uses nothing but the C library.
 *
 * A 7 is a bar and a stem, and a 1 is a 7 whose bar is short: how long the bar is can be blended, as can
 * every other factor. A pixel's value is the share of it that ink or paper covers, to a good approximation:
 * an edge runs from one to the other over one pixel. A newcomer's mistake: to turn an image of pixels;
 * strokes and sheet are turned, so an angle costs no sharpness and half a degree shows. */
#ifndef DATA_DIGIT_H
#define DATA_DIGIT_H

enum { DIGIT_SIDE = 64 };

/* What a drawing depends on. Lengths are in units of the side; x points right and y down. */
typedef struct digit {
    double degrees; /* counter-clockwise, about the middle of the image */
    double bar;     /* length of the bar */
    double x, y;    /* the bar's left end, from the image's upper left corner */
    double drop;    /* how far the bar's right end lies below its left one */
    double slant;   /* how far the stem's foot lies right of its head; it lies 200/256 below (x, y) */
    double width;   /* of the strokes */
} digit;

/* Draws into image [DIGIT_SIDE][DIGIT_SIDE]: the sheet 1, ink 0.3, and 0 beyond the sheet's edges. */
void digit_draw(const digit *of, float *image);

#endif
