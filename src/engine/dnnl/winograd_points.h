/* engine/dnnl/winograd_points: Winograd's transforms in one dimension, for LANES channels side by side. Not a
 * header: winograd_lanes.h includes it.
 *
 * At stride 1 the six points are 0, ±A, ±B and infinity with A = √½ and B = √2, which lose less to rounding
 * than the usual 0, ±1, ±2. With a polynomial's value at each, the transforms are
 *   filters    u_p = (g0 + p g1 + p² g2) / Π over the other finite points q of (p - q),       u_∞ = g2
 *   input      v_p = Σ_i d_i × coefficient i of Π over the other finite points q of (x - q),  v_∞ that of all
 *   output     y_i = Σ_p p^i m_p, and y_3 += m_∞
 *
 * At stride 2 output i is g0 d_2i + g1 d_2i+1 + g2 d_2i+2. Taps 0 and 2 see only the even values, among which
 * they are a convolution of two taps at stride 1: the same without the point 0. Tap 1 sees only the odd
 * values and multiplies each of the four as it is. So there are nine terms, the four first, for six
 * positions of the filters, tap 1 first. In the gradient of the input the odd values come from tap 1, the
 * even ones from the two others, which are exchanged. */

static const float A = 0.70710678118654752F, AA = 0.5F, AAA = 0.35355339059327376F;
static const float B = 1.41421356237309505F, BB = 2.0F, BBB = 2.82842712474619010F;
static const float BOTH = 2.5F;                              /* A² + B², while A² B² = 1 */
static const float OVER_A = -1.0F / 1.5F, OVER_B = 1.0F / 6; /* 1 / Π (p - q) for ±A, ±B */
/* The same without the point 0 is ∓1 / 3A, ±1 / 3B. */
static const float THIRD = 1.0F / 3, OVER_3A = 0.47140452079103168F, OVER_3B = 0.23570226039551584F;

enum { MOST_WINDOW = 9, MOST_TERMS = 9, MOST_TILE = 8 };

/* ---- states at points */

typedef enum windows {
    OF_INPUT,         /* of the input, or at stride 1 of a gradient for that of the input */
    OF_ARRIVED,       /* of a gradient for that of the filters: the transpose of what makes outputs */
    OF_STRIDED_INPUT, /* the same at stride 2 */
    OF_STRIDED_ARRIVED,
    OF_STRIDED_GRADIENT, /* of a gradient for that of the input */
} windows;

/* How many values a window has, how far it is to the next one, and how many terms are made of it. */
INLINE size_t window_of(windows kind) {
    static const size_t of[] = {WINOGRAD_SIDE, WINOGRAD_TILE, 2 * WINOGRAD_TILE + 1, WINOGRAD_TILE,
                                WINOGRAD_TILE + 1};
    return of[kind];
}

INLINE size_t advance_of(windows kind) {
    return kind == OF_STRIDED_INPUT ? 2 * WINOGRAD_TILE : WINOGRAD_TILE;
}

INLINE size_t terms_of(windows kind) {
    return kind == OF_INPUT || kind == OF_ARRIVED ? WINOGRAD_SIDE : WINOGRAD_STRIDED_TERMS;
}

INLINE void input_at_points(const lanes d[], lanes v[]) {
    const lanes even_a = d[4] - BB * d[2], odd_a = A * (d[3] - BB * d[1]);
    const lanes even_b = d[4] - AA * d[2], odd_b = B * (d[3] - AA * d[1]);
    v[0] = d[0] + (d[4] - BOTH * d[2]);
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = d[1] + (d[5] - BOTH * d[3]);
}

/* For two taps: five values d[0], d[step], ... at ±A, ±B and infinity. */
INLINE void pairs_at_points(const lanes d[], size_t step, lanes v[]) {
    const lanes even_a = A * (d[2 * step] - BB * d[0]), odd_a = d[3 * step] - BB * d[step];
    const lanes even_b = B * (d[2 * step] - AA * d[0]), odd_b = d[3 * step] - AA * d[step];
    v[0] = odd_a + even_a;
    v[1] = odd_a - even_a;
    v[2] = odd_b + even_b;
    v[3] = odd_b - even_b;
    v[4] = d[0] + (d[4 * step] - BOTH * d[2 * step]);
}

INLINE void arrived_at_points(const lanes y[], lanes m[]) {
    const lanes even_a = y[0] + AA * y[2], odd_a = A * (y[1] + AA * y[3]);
    const lanes even_b = y[0] + BB * y[2], odd_b = B * (y[1] + BB * y[3]);
    m[0] = even_a + odd_a;
    m[1] = even_a - odd_a;
    m[2] = even_b + odd_b;
    m[3] = even_b - odd_b;
    m[4] = y[3];
}

INLINE void at_points(windows kind, const lanes d[], lanes v[]) {
    switch (kind) {
    case OF_INPUT:
        input_at_points(d, v);
        break;
    case OF_ARRIVED:
        v[0] = d[0];
        arrived_at_points(d, v + 1);
        break;
    case OF_STRIDED_INPUT:
        EACH (i, WINOGRAD_TILE)
            v[i] = d[2 * i + 1];
        pairs_at_points(d, 2, v + WINOGRAD_TILE);
        break;
    case OF_STRIDED_ARRIVED:
        EACH (i, WINOGRAD_TILE)
            v[i] = d[i];
        arrived_at_points(d, v + WINOGRAD_TILE);
        break;
    case OF_STRIDED_GRADIENT:
        EACH (i, WINOGRAD_TILE)
            v[i] = d[i];
        pairs_at_points(d, 1, v + WINOGRAD_TILE);
        break;
    }
}

/* ---- filters at points, and the transpose for their gradient */

INLINE void filter_at_points(size_t stride, const lanes g[], lanes u[]) {
    if (stride == 1) {
        const lanes even_a = OVER_A * (g[0] + AA * g[2]), odd_a = OVER_A * A * g[1];
        const lanes even_b = OVER_B * (g[0] + BB * g[2]), odd_b = OVER_B * B * g[1];
        u[0] = g[0];
        u[1] = even_a + odd_a;
        u[2] = even_a - odd_a;
        u[3] = even_b + odd_b;
        u[4] = even_b - odd_b;
    } else {
        const lanes odd = THIRD * g[2];
        const lanes even_a = OVER_3A * g[0], even_b = OVER_3B * g[0];
        u[0] = g[1];
        u[1] = -even_a - odd;
        u[2] = even_a - odd;
        u[3] = even_b + odd;
        u[4] = odd - even_b;
    }
    u[5] = g[2];
}

INLINE void filter_from_points(size_t stride, const lanes u[], lanes g[]) {
    if (stride == 1) {
        const lanes sum_a = OVER_A * (u[1] + u[2]), difference_a = OVER_A * (u[1] - u[2]);
        const lanes sum_b = OVER_B * (u[3] + u[4]), difference_b = OVER_B * (u[3] - u[4]);
        g[0] = u[0] + (sum_a + sum_b);
        g[1] = A * difference_a + B * difference_b;
        g[2] = AA * sum_a + (BB * sum_b + u[5]);
    } else {
        g[0] = OVER_3A * (u[2] - u[1]) + OVER_3B * (u[3] - u[4]);
        g[1] = u[0];
        g[2] = THIRD * ((u[3] + u[4]) - (u[1] + u[2])) + u[5];
    }
}

/* ---- outputs from points */

typedef enum outputs {
    TO_OUTPUT,           /* of a convolution of stride 1, its gradient's too */
    TO_STRIDED_OUTPUT,   /* of one of stride 2 */
    TO_STRIDED_GRADIENT, /* of its input */
} outputs;

/* How many outputs a tile has, of how many terms. */
INLINE size_t tile_of(outputs kind) {
    return kind == TO_STRIDED_GRADIENT ? 2 * WINOGRAD_TILE : WINOGRAD_TILE;
}

INLINE size_t terms_behind(outputs kind) {
    return kind == TO_OUTPUT ? WINOGRAD_SIDE : WINOGRAD_STRIDED_TERMS;
}

INLINE void output_from_points(const lanes m[], lanes y[]) {
    const lanes sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    const lanes sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = A * difference_a + B * difference_b;
    y[2] = AA * sum_a + BB * sum_b;
    y[3] = AAA * difference_a + (BBB * difference_b + m[5]);
}

/* Of two taps: y[0], y[step], ... */
INLINE void pairs_from_points(const lanes m[], size_t step, lanes y[]) {
    const lanes sum_a = m[0] + m[1], difference_a = m[0] - m[1];
    const lanes sum_b = m[2] + m[3], difference_b = m[2] - m[3];
    y[0] = sum_a + sum_b;
    y[step] = A * difference_a + B * difference_b;
    y[2 * step] = AA * sum_a + BB * sum_b;
    y[3 * step] = AAA * difference_a + (BBB * difference_b + m[4]);
}

INLINE void from_points(outputs kind, const lanes m[], lanes y[]) {
    switch (kind) {
    case TO_OUTPUT:
        output_from_points(m, y);
        break;
    case TO_STRIDED_OUTPUT:
        pairs_from_points(m + WINOGRAD_TILE, 1, y);
        EACH (i, WINOGRAD_TILE)
            y[i] += m[i];
        break;
    case TO_STRIDED_GRADIENT:
        EACH (i, WINOGRAD_TILE)
            y[2 * i] = m[i];
        pairs_from_points(m + WINOGRAD_TILE, 2, y + 1);
        break;
    }
}
