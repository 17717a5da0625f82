/* report/kind_neighbors: accuracy of the nearest neighbours in the states of a layer. */
#include "report/ratings.h"

#include <math.h>
#include <stdio.h>

static const char GROUP[] = "neighbors";

static mixup_status measure(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out) {
    neighbors_desc desc;
    const mixup_dataset *training = NULL;
    double *accuracy = NULL;
    MIXUP_TRY(neighbors_resolve(&item->neighbors, &desc));
    MIXUP_TRY(trained_part(run, SETTINGS_FIGURE_TRAIN, &training));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->ratings, desc.count_count));
    MIXUP_TRY(MEMORY_NEW(&out->allocator, accuracy, desc.count_count));
    const mixup_status status =
        neighbors_measure(run->model, training, set, &desc, &out->allocator, accuracy, &out->samples);
    for (size_t i = 0; i < desc.count_count && status == MIXUP_OK; i++)
        ratings_add(out, GROUP, (double)desc.counts[i], accuracy[i], (double)NAN, "k = %zu", desc.counts[i]);
    memory_release(&out->allocator, accuracy);
    return status;
}

static void axes(const request *item, ratings_axes *out) {
    snprintf(out->title, sizeof out->title, "neighbours at %.60s, %s", item->neighbors.layer,
             neighbors_distance_name(item->neighbors.distance));
    out->items[0] = (ratings_axis){GROUP, out->title, "k, the nearest that vote", (double)NAN};
    out->count = 1;
}

const report_kind kind_neighbors = {
    .title = "Nearest neighbours in hidden states",
    .explanation =
        "A sample is given the class that most of its k nearest training samples have, by the distance of "
        "their "
        "states at one layer; of equally many the class of the nearest one. A layer at which this works has "
        "brought the samples of a class together.",
    .data = SETTINGS_FIGURE_TEST,
    .every_run = true,
    .measure = measure,
    .show = ratings_show,
    .tabulate = ratings_tabulate,
    .axes = axes,
};
