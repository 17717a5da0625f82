/* train/model: what a model is inside. May use engine and data, and everything below them.
 *
 * A newcomer's mistake: touching plans outside model_enter / model_leave; the engine needs the thread's
 * environment set up around creating and running them. */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include "data/dataset.h"
#include "engine/loss.h"
#include "engine/plan.h"

struct mixup_model {
    mixup_allocator allocator;
    mixup_log log;
    graph *network;
    engine *engine;
    size_t threads; /* as asked for; 0: the library's choice. The engine's own are its number */
    parameter_store *store;
    mixup_predictor *predictor;   /* behind mixup_predict and friends */
    mixup_loss loss;              /* the one trained with; DEFAULT before */
    mixup_preprocess *preprocess; /* of the training data; NULL before */
    bool in_training;             /* a trainer exists */
};

/* mixup_model_create for values that come from elsewhere: all are 0 at first, and before memory is taken for
 * them `check` may refuse the network. */
typedef mixup_status (*model_check)(const graph *network, const void *user);
mixup_status model_create_empty(mixup_model **model, const mixup_model_desc *desc, model_check check,
                                const void *user);

/* Sends one line to the model's log hook. */
void model_log(const mixup_model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Number of values of an input or output sample. */
size_t model_input_width(const mixup_model *model);
size_t model_output_width(const mixup_model *model);

/* Whether samples of `set` can go into the model; with `targets`, whether their targets fit the loss. The
 * message begins with `what`. */
mixup_status model_check_dataset(const mixup_model *model, const mixup_dataset *set, const char *what,
                                 bool targets, mixup_loss loss);

/* Whether the network's output has as many columns as the (resolved) loss needs. */
mixup_status model_check_loss(const mixup_model *model, mixup_loss loss);

/* ---- predictor.c */

/* Runs `count` samples to `value` of the graph: out [count][..shape]. */
mixup_status predictor_run_to(mixup_predictor *predictor, size_t value, size_t count, const float *inputs,
                              float *out);

#endif
