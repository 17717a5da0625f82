/* engine/product/panels: the layout of weights, and conversions. */
#include "engine/product/kernel.h"
#include "engine/product/pieces.h"
#include "engine/product/product.h"

#include <string.h>

/* At most so many units, and fewer than features: vectors run across features, since most lanes of a panel of
 * units would be empty. */
enum { NARROW = 32 };

/* Columns of inner products read KERNEL_COLUMNS rows of every panel at a time. With 4 more rows than a
 * multiple of 8, those of consecutive panels fall into different lines of a cache. Short panels do not need
 * it. */
enum { GAP_UNIT = 8, GAP_REST = 4, SHORT = 256 };

const product_kernels *product_find(product_level level) {
#if defined(__x86_64__)
    if (level == PRODUCT_AVX512_BF16)
        return &product_avx512_bf16;
    if (level == PRODUCT_AVX512)
        return &product_avx512;
    if (level == PRODUCT_AVX2)
        return &product_avx2;
#else
    (void)level;
#endif
    return NULL;
}

panel_layout panel_layout_of(const product_kernels *kernels, size_t units, size_t features) {
    const size_t width = kernels->lanes * kernels->vectors;
    const bool by_unit = units > NARROW || units >= features;
    const size_t across = by_unit ? units : features;
    const size_t along = by_unit ? features : units;
    const size_t panels = quotient_up(across, width);
    const bool gaps = panels > 1 && along >= SHORT;
    const size_t rows =
        gaps ? multiple_up(along + GAP_UNIT - GAP_REST, GAP_UNIT) - GAP_UNIT + GAP_REST : along;
    return (panel_layout){.kernels = kernels,
                          .by_unit = by_unit,
                          .across = across,
                          .along = along,
                          .panels = panels,
                          .width = width,
                          .last = multiple_up(across - (panels - 1) * width, kernels->lanes),
                          .step = rows * width};
}

size_t panel_stored(const panel_layout *layout) {
    return (layout->panels - 1) * layout->step + layout->along * layout->last;
}

size_t panel_width(const panel_layout *layout, size_t panel) {
    return panel + 1 < layout->panels ? layout->width : layout->last;
}

size_t panel_columns(const panel_layout *layout, size_t panel) {
    return panel + 1 < layout->panels ? layout->width : layout->across - panel * layout->width;
}

/* Where the plain [units][features] array has W[along][across]. */
static size_t plain_index(const panel_layout *layout, size_t along, size_t across) {
    return layout->by_unit ? across * layout->along + along : along * layout->across + across;
}

/* Rows of a panel whose plain values are in cache while all columns are copied. */
enum { ROWS_AT_ONCE = 16 };

void panel_read(const panel_layout *layout, const float *stored, float *plain) {
    for (size_t p = 0; p < layout->panels; p++) {
        const float *panel = stored + p * layout->step;
        const size_t width = panel_width(layout, p);
        for (size_t begin = 0; begin < layout->along; begin += ROWS_AT_ONCE)
            for (size_t c = 0; c < panel_columns(layout, p); c++)
                for (size_t d = begin; d < layout->along && d < begin + ROWS_AT_ONCE; d++)
                    plain[plain_index(layout, d, p * layout->width + c)] = panel[d * width + c];
    }
}

/* One panel with all that is stored of it, the gap behind it included. */
static void write_panel(const panel_layout *layout, const float *plain, size_t p, float *stored) {
    float *panel = stored + p * layout->step;
    const size_t width = panel_width(layout, p);
    memset(panel, 0, (p + 1 < layout->panels ? layout->step : layout->along * width) * sizeof *panel);
    for (size_t begin = 0; begin < layout->along; begin += ROWS_AT_ONCE)
        for (size_t c = 0; c < panel_columns(layout, p); c++)
            for (size_t d = begin; d < layout->along && d < begin + ROWS_AT_ONCE; d++)
                panel[d * width + c] = plain[plain_index(layout, d, p * layout->width + c)];
}

void panel_write_part(const panel_layout *layout, const float *plain, float *stored, size_t part,
                      size_t parts) {
    for (size_t p = layout->panels * part / parts; p < layout->panels * (part + 1) / parts; p++)
        write_panel(layout, plain, p, stored);
}
