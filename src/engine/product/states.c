/* engine/product/states: states packed as the products read them. */
#include "engine/product/kernel.h"
#include "engine/product/pieces.h"
#include "engine/product/product.h"

size_t product_terms(const product_kernels *kernels) {
    return kernels->terms;
}

size_t product_factors(const product_kernels *kernels, size_t count) {
    return kernel_factors(kernels, count);
}

/* Factors of a row of a packed panel, in whole vectors, whose columns are `width`. */
static size_t packed_row(const product_kernels *kernels, product_sum sum, size_t width) {
    return sum == PRODUCT_OVER_BATCH ? width : multiple_up(kernel_factors(kernels, width), kernels->lanes);
}

static size_t packed_rows(const product_kernels *kernels, product_sum sum, size_t batch) {
    return sum == PRODUCT_OVER_BATCH ? kernel_factors(kernels, batch) : batch;
}

across_states product_packed(const panel_layout *layout, product_sum sum, size_t batch, const float *values) {
    const size_t row = packed_row(layout->kernels, sum, layout->width);
    return (across_states){.values = values,
                           .panel = packed_rows(layout->kernels, sum, batch) * row,
                           .row = row,
                           .last_row = packed_row(layout->kernels, sum, layout->last)};
}

size_t product_packed_count(const panel_layout *layout, product_sum sum, size_t batch) {
    const across_states packed = product_packed(layout, sum, batch, NULL);
    return (layout->panels - 1) * packed.panel + packed_rows(layout->kernels, sum, batch) * packed.last_row;
}

across_states product_plain(const panel_layout *layout, const float *values) {
    return (across_states){
        .values = values, .panel = layout->width, .row = layout->across, .last_row = layout->across};
}

bool product_plain_fits(const panel_layout *layout) {
    return layout->kernels->terms == 1 && layout->across % layout->kernels->lanes == 0;
}

void product_pack_part(const product_pack *call, size_t part, size_t parts) {
    const product_kernels *kernels = call->kernels;
    const bool pair_rows = call->sum == PRODUCT_OVER_BATCH;
    const size_t width = kernels->lanes * kernels->vectors;
    const size_t panels = quotient_up(call->across, width);
    const size_t factors = pair_rows ? width : width / kernels->terms; /* of a plain row, in a panel */
    const size_t panel = packed_rows(kernels, call->sum, call->batch) * packed_row(kernels, call->sum, width);
    const size_t plain_row = pair_rows ? call->across : kernel_factors(kernels, call->across);
    float sums[KERNEL_WIDTH];
    for (size_t p = begin_of(panels, part, parts); p < begin_of(panels, part + 1, parts); p++) {
        const size_t columns = smaller(call->across - p * width, width);
        const size_t vectors = quotient_up(columns, kernels->lanes);
        kernels->pack(&(pack_panel){
            .batch = call->batch,
            .vectors = vectors,
            .last = columns - (vectors - 1) * kernels->lanes,
            .values = call->values + p * width,
            .output = call->output != NULL ? call->output + p * width : NULL,
            .row = call->across,
            .slope = call->slope,
            .out = call->out + p * (call->plain ? factors : panel),
            .out_row = !call->plain        ? packed_row(kernels, call->sum, vectors * kernels->lanes)
                       : call->out_row > 0 ? call->out_row
                                           : plain_row,
            .whole = !call->plain,
            .pair_rows = pair_rows,
            .sums = call->take_sums != NULL ? sums : NULL,
        });
        if (call->take_sums != NULL)
            call->take_sums(call->user, p * width, columns, sums);
    }
}
