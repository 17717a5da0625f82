/* Two spirals, a network that mixes hidden states, and what it thinks of two points.
 *
 *     cc train_spirals.c $(pkg-config --cflags --libs mixup) -o train_spirals
 *
 * Every configuration is one zeroed struct; what is not named has the default that mixup.h documents. */
#include <mixup.h>

#include <stdio.h>

/* Called after each epoch; true would stop the training. */
static bool show(void *user, const mixup_epoch *epoch) {
    (void)user;
    if (epoch->epoch % 10 == 0)
        printf("epoch %2zu: loss %.3f, validation accuracy %.3f\n", epoch->epoch, epoch->train_loss,
               epoch->validation_accuracy);
    return false;
}

static mixup_status train(mixup_model *model, const mixup_dataset *set, const mixup_dataset *validation) {
    return mixup_fit(model, &(mixup_fit_desc){.train = set,
                                              .validation = validation,
                                              .epochs = 60,
                                              .batch_size = 20,
                                              .mix = {.alpha = 1.0f}, /* at the layers that have .mix */
                                              .optimizer = {.kind = MIXUP_ADAM, .learning_rate = 3e-3f},
                                              .on_epoch = show});
}

static mixup_status run(mixup_dataset **set, mixup_dataset **train_part, mixup_dataset **test_part,
                        mixup_model **model) {
    /* Hidden layers, and where to mix: at the input of the last hidden layer and of the output layer. */
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 64, .activation = MIXUP_LEAKY_RELU},
        {.op = MIXUP_DENSE, .units = 64, .activation = MIXUP_LEAKY_RELU},
        {.op = MIXUP_DENSE, .units = 64, .activation = MIXUP_LEAKY_RELU, .mix = true},
        {.op = MIXUP_DENSE, .units = 2, .activation = MIXUP_SOFTMAX, .mix = true},
    };
    mixup_status s = mixup_dataset_from_spirals(
        set, &(mixup_spirals_desc){.count_per_class = 400, .turn = 360, .noise = 0.5, .seed = 1});
    if (s == MIXUP_OK)
        s = mixup_dataset_split(*set, &(mixup_split_desc){.fraction = 0.25, .stratified = true}, train_part,
                                test_part);
    if (s == MIXUP_OK)
        s = mixup_model_create(model, &(mixup_model_desc){.input = {2},
                                                          .layers = layers,
                                                          .layer_count = MIXUP_COUNT(layers),
                                                          .seed = 1,
                                                          .threads = 1}); /* enough for so small a network */
    if (s == MIXUP_OK)
        s = train(*model, *train_part, *test_part);

    mixup_metrics metrics;
    if (s == MIXUP_OK)
        s = mixup_evaluate(*model, *test_part, NULL, &metrics);
    if (s == MIXUP_OK)
        printf("test: accuracy %.3f, loss %.3f, calibration error %.3f\n", metrics.accuracy, metrics.loss,
               metrics.calibration_error);

    const float points[2][2] = {{1.0f, 2.0f}, {-1.0f, -2.0f}};
    float probabilities[2][2];
    if (s == MIXUP_OK)
        s = mixup_predict(*model, 2, points[0], probabilities[0]);
    for (int i = 0; s == MIXUP_OK && i < 2; i++)
        printf("(%g, %g) belongs to spiral 1 with probability %.3f\n", (double)points[i][0],
               (double)points[i][1], (double)probabilities[i][1]);
    return s;
}

int main(void) {
    mixup_dataset *set = NULL;
    mixup_dataset *train_part = NULL;
    mixup_dataset *test_part = NULL;
    mixup_model *model = NULL;
    const mixup_status s = run(&set, &train_part, &test_part, &model);
    if (s != MIXUP_OK)
        fprintf(stderr, "train_spirals: %s\n", mixup_last_error());
    mixup_model_destroy(model); /* NULL is fine */
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(train_part);
    mixup_dataset_destroy(test_part);
    return s == MIXUP_OK ? 0 : 1;
}
