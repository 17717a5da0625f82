/* analysis/neighbors: see neighbors.h. */
#include "analysis/neighbors.h"

#include "analysis/states.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>

/* Room for the states of tested samples and for those of a block of training ones, in values, and the most
 * rows of either; together they stay below 100 MB. */
enum { ROOM = 1 << 22, MOST_TESTED = 2048, MOST_TRAINING = 1024 };

static const char *const names[NEIGHBORS_DISTANCES] = {"euclidean", "cosine"};

const char *neighbors_distance_name(neighbors_distance distance) {
    return (unsigned)distance < NEIGHBORS_DISTANCES ? names[distance] : NULL;
}

mixup_status neighbors_resolve(const neighbors_desc *given, neighbors_desc *out) {
    static const size_t usual[] = {1, 5, 20};
    neighbors_desc desc = *given;
    if (desc.layer == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "neighbours need the name of a layer, or input");
    if (desc.count_count == 0) {
        desc.counts = usual;
        desc.count_count = MIXUP_COUNT(usual);
    }
    for (size_t i = 0; i < desc.count_count; i++)
        if (desc.counts[i] == 0)
            return error(MIXUP_ERROR_ARGUMENT, "0 nearest neighbours: at least one is needed");
    *out = desc;
    return MIXUP_OK;
}

/* ---- what is compared */

/* Chosen samples of a set. */
typedef struct chosen {
    const mixup_dataset *set;
    size_t count;
    size_t *indices; /* [count] */
    int32_t *labels; /* [count] */
} chosen;

/* Rows of states as doubles. */
typedef struct block {
    size_t rows;
    float *values;   /* [rows][width] as the network makes them */
    double *wide;    /* [rows][width]; of tested samples [width][rows] */
    double *squares; /* [rows] squared lengths */
} block;

/* The k nearest so far of each tested row, nearest first. */
typedef struct nearest {
    size_t most;       /* the largest k */
    size_t seen;       /* training rows */
    double *distances; /* [tested][most] */
    int32_t *labels;   /* [tested][most] */
} nearest;

typedef struct comparison {
    mixup_allocator allocator;
    mixup_model *model;
    const neighbors_desc *desc;
    size_t width, classes;
    chosen training, tested;
    block train, test;
    double *products; /* [training rows][tested rows] */
    nearest found;
    size_t *votes; /* [classes] */
    size_t *right; /* [count_count] */
} comparison;

static mixup_status block_make(block *out, size_t rows, size_t width, const mixup_allocator *allocator) {
    MIXUP_TRY(MEMORY_NEW(allocator, out->values, rows * width));
    MIXUP_TRY(MEMORY_NEW(allocator, out->wide, rows * width));
    return MEMORY_NEW(allocator, out->squares, rows);
}

static void block_clear(block *out, const mixup_allocator *allocator) {
    memory_release(allocator, out->values);
    memory_release(allocator, out->wide);
    memory_release(allocator, out->squares);
}

/* Reads states of samples first to first + rows. `across`: wide[width][rows], so that BLAS runs along the
 * rows. */
static mixup_status block_read(const comparison *self, const chosen *from, size_t first, size_t rows,
                               bool across, block *out) {
    const size_t width = self->width;
    MIXUP_TRY(states_of(self->model, from->set, self->desc->layer, from->indices + first, rows,
                        &self->allocator, out->values));
    out->rows = rows;
    for (size_t i = 0; i < rows; i++) {
        double square = 0.0;
        for (size_t k = 0; k < width; k++) {
            const double value = (double)out->values[i * width + k];
            square += value * value;
        }
        if (!isfinite(square))
            return error(MIXUP_ERROR_NOT_FINITE, "layer '%s': the state of sample %zu is not finite",
                         self->desc->layer, from->indices[first + i]);
        const bool turned = self->desc->distance == NEIGHBORS_COSINE;
        const double length = turned && square > 0.0 ? sqrt(square) : 1.0;
        for (size_t k = 0; k < width; k++)
            out->wide[across ? k * rows + i : i * width + k] = (double)out->values[i * width + k] / length;
        out->squares[i] = turned ? 1.0 : square; /* |a - b|² / 2 is then the distance, for zeros too */
    }
    return MIXUP_OK;
}

/* ---- the nearest */

/* Keeps the row where it is nearer than the last one kept; behind those at the same distance. */
static void keep(nearest *in, size_t tested, double distance, int32_t label) {
    double *distances = in->distances + tested * in->most;
    int32_t *labels = in->labels + tested * in->most;
    size_t at = in->seen < in->most ? in->seen : in->most;
    if (at == in->most && !(distance < distances[at - 1]))
        return;
    at -= at == in->most;
    for (; at > 0 && distance < distances[at - 1]; at--) {
        distances[at] = distances[at - 1];
        labels[at] = labels[at - 1];
    }
    distances[at] = distance;
    labels[at] = label;
}

/* Training samples first to first + train.rows against all tested ones of the block. */
static void compare(comparison *self, size_t first) {
    const int m = (int)self->test.rows;
    const int n = (int)self->train.rows;
    const int k = (int)self->width;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1.0, self->test.wide, m, self->train.wide,
                k, 0.0, self->products, m);
    for (size_t j = 0; j < self->train.rows; j++, self->found.seen++)
        for (size_t i = 0; i < self->test.rows; i++)
            keep(&self->found, i,
                 self->test.squares[i] + self->train.squares[j] -
                     2.0 * self->products[j * self->test.rows + i],
                 self->training.labels[first + j]);
}

/* The class with most votes among the k nearest; the first of equals to have its member. */
static int32_t vote(const comparison *self, size_t tested, size_t k) {
    const int32_t *labels = self->found.labels + tested * self->found.most;
    int32_t winner = labels[0];
    for (size_t c = 0; c < self->classes; c++)
        self->votes[c] = 0;
    for (size_t i = 0; i < k; i++)
        self->votes[labels[i]]++;
    for (size_t i = 1; i < k; i++)
        if (self->votes[labels[i]] > self->votes[winner])
            winner = labels[i];
    return winner;
}

/* Tested samples first to first + rows. */
static mixup_status judge(comparison *self, size_t first, size_t rows, size_t training_rows) {
    MIXUP_TRY(block_read(self, &self->tested, first, rows, true, &self->test));
    self->found.seen = 0;
    for (size_t t = 0; t < self->training.count; t += training_rows) {
        const size_t left = self->training.count - t;
        MIXUP_TRY(block_read(self, &self->training, t, left < training_rows ? left : training_rows, false,
                             &self->train));
        compare(self, t);
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < self->desc->count_count; k++)
            self->right[k] += vote(self, i, self->desc->counts[k]) == self->tested.labels[first + i];
    return MIXUP_OK;
}

/* ---- the whole */

static mixup_status check_sets(comparison *self) {
    mixup_dataset_info training;
    mixup_dataset_info tested;
    mixup_dataset_describe(self->training.set, &training);
    mixup_dataset_describe(self->tested.set, &tested);
    if (training.target_count == 0 || tested.target_count == 0)
        return error(MIXUP_ERROR_DATA, "neighbours vote on classes, and the %s samples have none",
                     training.target_count == 0 ? "training" : "tested");
    if (training.class_count < 2 || training.class_count != tested.class_count)
        return error(
            MIXUP_ERROR_DATA,
            "neighbours give their classes: the training data have %zu and the tested ones %zu; both "
            "need the same, two or more",
            training.class_count, tested.class_count);
    self->classes = training.class_count;
    return states_width(self->model, self->desc->layer, &self->width);
}

static mixup_status choose(comparison *self) {
    MIXUP_TRY(states_choose(&(states_desc){.set = self->training.set,
                                           .layer = self->desc->layer,
                                           .per_class = self->desc->per_class,
                                           .allocator = &self->allocator},
                            &self->training.indices, &self->training.labels, &self->training.count));
    MIXUP_TRY(states_spread(self->tested.set, self->desc->samples, &self->allocator, &self->tested.indices,
                            &self->tested.labels, &self->tested.count));
    for (size_t i = 0; i < self->desc->count_count; i++) {
        const size_t k = self->desc->counts[i];
        if (k > self->training.count)
            return error(MIXUP_ERROR_ARGUMENT, "%zu nearest neighbours of %zu training samples", k,
                         self->training.count);
        self->found.most = k > self->found.most ? k : self->found.most;
    }
    return MIXUP_OK;
}

static size_t rows_of(size_t width, size_t most, size_t count) {
    const size_t fit = ROOM / width > 0 ? ROOM / width : 1;
    const size_t rows = fit < most ? fit : most;
    return rows < count ? rows : count;
}

static mixup_status allocate(comparison *self, size_t tested, size_t training) {
    size_t kept = 0;
    if (self->width > INT_MAX)
        return error(MIXUP_ERROR_UNSUPPORTED, "layer '%s': states of %zu values are more than BLAS takes",
                     self->desc->layer, self->width);
    MIXUP_TRY(block_make(&self->test, tested, self->width, &self->allocator));
    MIXUP_TRY(block_make(&self->train, training, self->width, &self->allocator));
    MIXUP_TRY(memory_product(tested, self->found.most, &kept));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->products, tested * training));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->found.distances, kept));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->found.labels, kept));
    MIXUP_TRY(MEMORY_NEW(&self->allocator, self->votes, self->classes));
    return MEMORY_NEW(&self->allocator, self->right, self->desc->count_count);
}

static void clear(comparison *self) {
    const mixup_allocator *allocator = &self->allocator;
    block_clear(&self->train, allocator);
    block_clear(&self->test, allocator);
    memory_release(allocator, self->training.indices);
    memory_release(allocator, self->training.labels);
    memory_release(allocator, self->tested.indices);
    memory_release(allocator, self->tested.labels);
    memory_release(allocator, self->products);
    memory_release(allocator, self->found.distances);
    memory_release(allocator, self->found.labels);
    memory_release(allocator, self->votes);
    memory_release(allocator, self->right);
}

static mixup_status run(comparison *self) {
    MIXUP_TRY(check_sets(self));
    MIXUP_TRY(choose(self));
    const size_t rows = rows_of(self->width, MOST_TESTED, self->tested.count);
    const size_t training_rows = rows_of(self->width, MOST_TRAINING, self->training.count);
    MIXUP_TRY(allocate(self, rows, training_rows));
    for (size_t first = 0; first < self->tested.count; first += rows) {
        const size_t left = self->tested.count - first;
        MIXUP_TRY(judge(self, first, left < rows ? left : rows, training_rows));
    }
    return MIXUP_OK;
}

mixup_status neighbors_measure(mixup_model *model, const mixup_dataset *training, const mixup_dataset *tested,
                               const neighbors_desc *resolved, const mixup_allocator *allocator,
                               double *accuracy, size_t *samples) {
    comparison self = {.allocator = memory_allocator(allocator),
                       .model = model,
                       .desc = resolved,
                       .training = {.set = training},
                       .tested = {.set = tested}};
    const mixup_status status = run(&self);
    for (size_t k = 0; k < resolved->count_count && status == MIXUP_OK; k++)
        accuracy[k] = (double)self.right[k] / (double)self.tested.count;
    if (status == MIXUP_OK && samples != NULL)
        *samples = self.tested.count;
    clear(&self);
    return status;
}
