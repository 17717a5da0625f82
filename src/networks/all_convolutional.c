/* networks/all_convolutional: the network "All-CNN-C" of Springenberg et al. 2015, which has neither pools
 * nor dense layers: convolutions with stride 2 make the image smaller, and the last convolution, of one
 * filter a class, is averaged over all positions. Every other convolution is followed by a ReLU.
 *
 * The seventh convolution is not padded, which makes 6×6 of 8×8 as the paper's table 1 says. That table shows
 * a ReLU behind the last convolution too; it is left out, since it would cut the logits at zero. In the paper
 * 20 % of the inputs and 50 % behind each stride are dropped; here both rates are 0 unless given. */
#include "networks/family.h"

enum { CONVOLUTIONS = 8 };

typedef struct convolution {
    size_t kernel, stride;
    size_t multiple; /* filters, as a multiple of `width` */
    bool unpadded;
    size_t stage; /* the stage that ends here, or 0 */
} convolution;

/* All but the last one. */
static const convolution convolutions[CONVOLUTIONS] = {
    {3, 1, 1, false, 0}, {3, 1, 1, false, 0}, {3, 2, 1, false, 1}, {3, 1, 2, false, 0},
    {3, 1, 2, false, 0}, {3, 2, 2, false, 2}, {3, 1, 2, true, 0},  {1, 1, 2, false, 3},
};

static void add(layer_list *to, const mixup_network_desc *desc) {
    layer_add_dropout(to, "input_dropout", desc->input_dropout);
    for (size_t c = 0; c < CONVOLUTIONS; c++) {
        const convolution *row = &convolutions[c];
        mixup_layer layer = layer_convolution(desc, layer_name(to, "conv%zu", c + 1),
                                              desc->width * row->multiple, row->kernel, row->stride);
        layer.activation = MIXUP_RELU;
        if (row->unpadded)
            layer.padding[0] = 0;
        layer_add(to, layer);
        if (row->stride > 1)
            layer_add_dropout(to, layer_name(to, "dropout%zu", row->stage), desc->dropout);
        if (row->stage > 0)
            layer_add_site(to, row->stage);
    }
    mixup_layer last = layer_convolution(desc, "conv9", desc->classes, 1, 1);
    last.initial = MIXUP_INITIAL_DEFAULT;
    layer_add(to, last);
    layer_add(to, (mixup_layer){.op = MIXUP_GLOBAL_AVERAGE_POOL,
                                .name = "pool",
                                .activation = layer_output_activation(desc)});
}

const network_family family_all_convolutional = {
    .name = "all_convolutional",
    .reads = READS_WIDTH | READS_DROPOUT | READS_INPUT_DROPOUT,
    .width = 96,
    .images = true,
    .add = add,
};
