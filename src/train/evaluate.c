/* train/evaluate: metrics of a model on a data set. */
#include "train/evaluate.h"

#include "train/metrics.h"

typedef struct evaluation {
    size_t batch_size;
    size_t *indices; /* [batch_size] */
    float *inputs;   /* [batch_size][..input shape] */
    float *targets;  /* [batch_size][columns] */
    float *logits;   /* [batch_size][columns] */
    int32_t *labels; /* [batch_size] */
} evaluation;

int32_t evaluate_label(mixup_loss loss, int32_t label, const float *targets, size_t columns) {
    const bool classes = loss == MIXUP_SOFTMAX_CROSS_ENTROPY || loss == MIXUP_SOFTMAX_BINARY;
    return label >= 0 || !classes ? label : (int32_t)loss_largest(targets, columns);
}

static mixup_status allocate(evaluation *e, const mixup_model *model, size_t columns) {
    const mixup_allocator *allocator = &model->allocator;
    size_t inputs = 0;
    MIXUP_TRY(memory_product(e->batch_size, model_input_width(model), &inputs));
    MIXUP_TRY(MEMORY_NEW(allocator, e->indices, e->batch_size));
    MIXUP_TRY(MEMORY_NEW(allocator, e->inputs, inputs));
    MIXUP_TRY(MEMORY_NEW(allocator, e->targets, e->batch_size * columns));
    MIXUP_TRY(MEMORY_NEW(allocator, e->logits, e->batch_size * columns));
    return MEMORY_NEW(allocator, e->labels, e->batch_size);
}

static void release(evaluation *e, const mixup_allocator *allocator) {
    memory_release(allocator, e->indices);
    memory_release(allocator, e->inputs);
    memory_release(allocator, e->targets);
    memory_release(allocator, e->logits);
    memory_release(allocator, e->labels);
}

static mixup_status add_batch(evaluation *e, mixup_model *model, const mixup_dataset *set, size_t first,
                              metrics_sums *sums) {
    const size_t columns = sums->columns;
    const size_t count = set->count - first < e->batch_size ? set->count - first : e->batch_size;
    for (size_t i = 0; i < count; i++)
        e->indices[i] = first + i;
    MIXUP_TRY(dataset_gather(set, e->indices, count, e->inputs, e->targets, e->labels));
    MIXUP_TRY(predictor_run_to(model->predictor, plan_logits(model->network), count, e->inputs, e->logits));
    for (size_t i = 0; i < count; i++) {
        const float *targets = e->targets + i * columns;
        metrics_add(sums, e->logits + i * columns, targets,
                    evaluate_label(sums->loss, e->labels[i], targets, columns));
    }
    return MIXUP_OK;
}

static mixup_status run(mixup_model *model, const mixup_dataset *set, const mixup_evaluate_desc *desc,
                        metrics_sums *sums) {
    evaluation e = {.batch_size = desc->batch_size < set->count ? desc->batch_size : set->count};
    mixup_status status = allocate(&e, model, sums->columns);
    for (size_t first = 0; first < set->count && status == MIXUP_OK; first += e.batch_size)
        status = add_batch(&e, model, set, first, sums);
    release(&e, &model->allocator);
    return status;
}

mixup_status mixup_evaluate(mixup_model *model, const mixup_dataset *set, const mixup_evaluate_desc *desc,
                            mixup_metrics *metrics) {
    if (model == NULL || set == NULL || metrics == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_evaluate: model, set and metrics must not be NULL");
    mixup_evaluate_desc d = desc != NULL ? *desc : (mixup_evaluate_desc){0};
    mixup_loss loss = d.loss != MIXUP_LOSS_DEFAULT ? d.loss : model->loss;
    metrics_sums sums;
    MIXUP_TRY(loss_resolve(loss, model->network->final_activation, &loss));
    MIXUP_TRY(model_check_dataset(model, set, "evaluate", true, loss));
    d.batch_size = d.batch_size != 0 ? d.batch_size : 256;
    d.top_k = d.top_k != 0 ? d.top_k : 5;
    d.bins = d.bins != 0 ? d.bins : 15;
    MIXUP_TRY(metrics_init(&sums, loss, model_output_width(model), &d, &model->allocator));
    sums.deviation = set->preprocess->target_deviation;
    const mixup_status status = run(model, set, &d, &sums);
    if (status == MIXUP_OK)
        *metrics = metrics_result(&sums);
    metrics_clear(&sums);
    return status;
}
