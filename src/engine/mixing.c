/* engine/mixing: see mixing.h. Places of an image matter to CutMix alone; but the same plan serves any draw,
 * so how an image lies is found out for all. */
#include "engine/mixing.h"

/* A buffer like `model`: as many values, in the same layout. */
static mixup_status buffer_like(builder *self, size_t model, size_t *buffer) {
    MIXUP_TRY(builder_buffer(self, builder_count(self, model), buffer));
    builder_set_layout(self, *buffer, builder_layout(self, model), builder_count(self, model));
    return MIXUP_OK;
}

/* How samples lie in the buffer, a state or gradient at the site; *buffer becomes a plain copy where that
 * cannot be said of it as it is. */
static mixup_status find_layout(builder *self, size_t *buffer, mix_layout *out) {
    shape image;
    if (!graph_site_image(self->network, self->plan->key.site, &image)) {
        *out = (mix_layout){1, 1, 1, builder_count(self, *buffer) / builder_batch(self), MIX_REAL};
        return MIXUP_OK;
    }
    const void *layout = builder_layout(self, *buffer);
    if (layout != NULL && builder_engine(self)->image_layout(layout, out))
        return MIXUP_OK;
    MIXUP_TRY(builder_make_plain(self, *buffer));
    *buffer = builder_plain(self, *buffer);
    *out = (mix_layout){image.sizes[0], image.sizes[1], image.sizes[2], 1, MIX_REAL};
    return MIXUP_OK;
}

typedef struct mix_arguments {
    mix_layout layout;
    uint32_t *inverse; /* [batch]; the gradient only */
    const real *from;  /* [batch][..layout], of whatever values that says */
    real *to;          /* likewise */
} mix_arguments;

static void run_mix(void *arguments, plan_run *run, size_t begin, size_t end) {
    const mix_arguments *a = arguments;
    for (size_t i = begin; i < end; i++)
        mix_sample(run->draw, &a->layout, i, a->from, a->to);
}

static void run_invert(void *inverse, plan_run *run) {
    mix_invert(run->draw, inverse);
}

static void run_mix_gradient(void *arguments, plan_run *run, size_t begin, size_t end) {
    const mix_arguments *a = arguments;
    for (size_t i = begin; i < end; i++)
        mix_sample_gradient(run->draw, &a->layout, a->inverse, i, a->from, a->to);
}

static mixup_status prepare(builder *self, size_t from, size_t to, const mix_layout *layout,
                            mix_arguments **out) {
    mix_arguments *a = builder_arguments(self, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->layout = *layout;
    MIXUP_TRY(builder_bind_const(self, from, &a->from));
    MIXUP_TRY(builder_bind(self, to, &a->to));
    *out = a;
    return MIXUP_OK;
}

static mixup_status emit_mix(builder *self, size_t from, size_t mixed, const mix_layout *layout) {
    mix_arguments *a = NULL;
    MIXUP_TRY(prepare(self, from, mixed, layout, &a));
    return builder_divided_step(self, run_mix, a, builder_batch(self), builder_count(self, from));
}

static mixup_status emit_mix_gradient(builder *self, size_t mixed_gradient, size_t gradient,
                                      const mix_layout *layout) {
    uint32_t *inverse = builder_arguments(self, builder_batch(self) * sizeof *inverse);
    mix_arguments *a = NULL;
    if (inverse == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_step(self, run_invert, inverse));
    MIXUP_TRY(prepare(self, mixed_gradient, gradient, layout, &a));
    a->inverse = inverse;
    return builder_divided_step(self, run_mix_gradient, a, builder_batch(self),
                                builder_count(self, mixed_gradient));
}

mixup_status mixing_emit_state(builder *self, size_t value) {
    size_t state = self->forward[self->root[value]];
    mix_layout layout;
    MIXUP_TRY(find_layout(self, &state, &layout));
    MIXUP_TRY(buffer_like(self, state, &self->mixed));
    MIXUP_TRY(emit_mix(self, state, self->mixed, &layout));
    if (!builder_may_remake(self))
        return MIXUP_OK;
    MIXUP_TRY(emit_mix(self, state, self->mixed, &layout));
    builder_remakes(self, self->mixed);
    return MIXUP_OK;
}

mixup_status mixing_emit_gradient(builder *self, size_t value) {
    size_t gradient = self->gradient[self->root[value]];
    mix_layout layout;
    MIXUP_TRY(find_layout(self, &gradient, &layout));
    MIXUP_TRY(buffer_like(self, gradient, &self->unmixed_gradient));
    return emit_mix_gradient(self, gradient, self->unmixed_gradient, &layout);
}

typedef struct target_arguments {
    size_t height, width; /* of the site */
    size_t columns;
    float *weight, *partner_weight; /* [batch] */
    const real *plain;              /* [batch][columns] */
    real *mixed;                    /* likewise */
} target_arguments;

static void run_targets(void *arguments, plan_run *run) {
    const target_arguments *a = arguments;
    mix_weights(run->draw, a->height, a->width, a->weight, a->partner_weight);
    mix_targets(run->draw, a->weight, a->partner_weight, a->columns, a->plain, a->mixed);
    run->weight = a->weight;
    run->partner_weight = a->partner_weight;
}

mixup_status mixing_emit_targets(builder *self, size_t plain, size_t columns, size_t *mixed) {
    *mixed = plain;
    if (self->plan->key.site == PLAN_NO_SITE)
        return MIXUP_OK;
    target_arguments *a = builder_arguments(self, sizeof *a);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->weight = builder_arguments(self, builder_batch(self) * sizeof *a->weight);
    a->partner_weight = builder_arguments(self, builder_batch(self) * sizeof *a->partner_weight);
    if (a->weight == NULL || a->partner_weight == NULL)
        return MIXUP_ERROR_MEMORY;
    shape image = {.rank = 3, .sizes = {1, 1, 1}};
    graph_site_image(self->network, self->plan->key.site, &image);
    a->height = image.sizes[1];
    a->width = image.sizes[2];
    a->columns = columns;
    MIXUP_TRY(builder_buffer(self, builder_count(self, plain), mixed));
    MIXUP_TRY(builder_bind_const(self, plain, &a->plain));
    MIXUP_TRY(builder_bind(self, *mixed, &a->mixed));
    return builder_step(self, run_targets, a);
}
