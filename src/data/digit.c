/* data/digit: see digit.h. */
#include "data/digit.h"

#include <math.h>
#include <stddef.h>

/* A straight stroke with round ends; the origin is the image's middle. */
typedef struct stroke {
    double x0, y0, x1, y1;
} stroke;

static const double ink = 0.3;
static const double stem = 200.0 / 256; /* from the bar's left end down to the foot */

static double squared_distance(const stroke *of, double x, double y) {
    const double dx = of->x1 - of->x0;
    const double dy = of->y1 - of->y0;
    const double length = fmax(dx * dx + dy * dy, 1e-12); /* a bar may be a dot */
    const double along = ((x - of->x0) * dx + (y - of->y0) * dy) / length;
    const double at = fmin(fmax(along, 0.0), 1.0);
    const double across = x - of->x0 - at * dx;
    const double down = y - of->y0 - at * dy;
    return across * across + down * down;
}

/* The share of a pixel that lies inside an edge at `distance` (in units of the side; inside is positive). */
static double covered(double distance) {
    return fmin(fmax(distance * (double)DIGIT_SIDE + 0.5, 0.0), 1.0);
}

void digit_draw(const digit *of, float *image) {
    const double pi = 3.14159265358979323846;
    const double side = (double)DIGIT_SIDE;
    const double cosine = cos(of->degrees * pi / 180.0);
    const double sine = sin(of->degrees * pi / 180.0);
    const double left = of->x - 0.5;
    const double top = of->y - 0.5;
    const stroke strokes[2] = {
        {left, top, left + of->bar, top + of->drop},
        {left + of->bar, top + of->drop, left + of->bar + of->slant, top + stem},
    };
    for (size_t row = 0; row < DIGIT_SIDE; row++)
        for (size_t column = 0; column < DIGIT_SIDE; column++) {
            const double x = ((double)column + 0.5) / side - 0.5;
            const double y = ((double)row + 0.5) / side - 0.5;
            /* The pixel turned back, clockwise; y points down. */
            const double turned_x = cosine * x - sine * y;
            const double turned_y = sine * x + cosine * y;
            const double nearest = sqrt(fmin(squared_distance(&strokes[0], turned_x, turned_y),
                                             squared_distance(&strokes[1], turned_x, turned_y)));
            const double inked = covered(0.5 * of->width - nearest);
            const double sheet = covered(0.5 - fmax(fabs(turned_x), fabs(turned_y)));
            image[row * DIGIT_SIDE + column] = (float)(sheet * (1.0 - inked * (1.0 - ink)));
        }
}
