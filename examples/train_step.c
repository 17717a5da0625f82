/* A training loop of your own: your batches, your learning rates, your end.
 *
 *     cc train_step.c $(pkg-config --cflags --libs mixup) -lm -o train_step
 *
 * mixup_trainer keeps what an optimiser keeps between steps. It draws site, λ and partners for each batch by
 * itself, or takes a draw of yours. Nothing is allocated in a step after the first of its kind. */
#include <mixup.h>

#include <math.h>
#include <stdio.h>

enum { BATCH = 32, FEATURES = 2, CLASSES = 3, STEPS = 400 };

/* Points of three clouds on a circle, with one-hot targets. Any source will do: a camera, a simulation. */
static void next_batch(unsigned *random, float inputs[BATCH][FEATURES], float targets[BATCH][CLASSES]) {
    for (int i = 0; i < BATCH; i++) {
        float noise[2];
        for (int k = 0; k < 2; k++) {
            *random = *random * 1664525u + 1013904223u;
            noise[k] = (float)(*random >> 8) / 16777216.0f - 0.5f;
        }
        const int label = i % CLASSES;
        const float angle = 2.0944f * (float)label; /* a third of a turn */
        inputs[i][0] = cosf(angle) + noise[0];
        inputs[i][1] = sinf(angle) + noise[1];
        for (int c = 0; c < CLASSES; c++)
            targets[i][c] = c == label ? 1.0f : 0.0f;
    }
}

static mixup_status train(mixup_model *model, mixup_trainer **trainer) {
    static float inputs[BATCH][FEATURES], targets[BATCH][CLASSES];
    unsigned random = 1;
    double average = 0.0;
    mixup_status s = mixup_trainer_create(
        trainer, model,
        &(mixup_fit_desc){.mix = {.alpha = 1.0f}, .optimizer = {.kind = MIXUP_SGD, .momentum = 0.9f}});
    for (int step = 0; s == MIXUP_OK && step < STEPS; step++) {
        double loss = 0.0;
        next_batch(&random, inputs, targets);
        s = mixup_trainer_set_learning_rate(*trainer, 0.1f * (1.0f - (float)step / STEPS));
        if (s == MIXUP_OK)
            s = mixup_trainer_step(*trainer, BATCH, inputs[0], targets[0], NULL, &loss);
        average = step == 0 ? loss : 0.95 * average + 0.05 * loss;
        if (s == MIXUP_OK && step % 100 == 99)
            printf("step %3d: loss %.3f\n", step + 1, average);
    }
    return s;
}

int main(void) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 32, .activation = MIXUP_RELU},
        {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .mix = true},
    };
    mixup_model *model = NULL;
    mixup_trainer *trainer = NULL;
    mixup_status s = mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                                    .layers = layers,
                                                                    .layer_count = MIXUP_COUNT(layers),
                                                                    .threads = 1});
    if (s == MIXUP_OK)
        s = train(model, &trainer);

    const float east[FEATURES] = {1.0f, 0.0f};
    float probabilities[CLASSES];
    if (s == MIXUP_OK)
        s = mixup_predict(model, 1, east, probabilities);
    if (s == MIXUP_OK)
        printf("a point in the east: %.3f %.3f %.3f\n", (double)probabilities[0], (double)probabilities[1],
               (double)probabilities[2]);
    else
        fprintf(stderr, "train_step: %s\n", mixup_last_error());
    mixup_trainer_destroy(trainer); /* before its model */
    mixup_model_destroy(model);
    return s == MIXUP_OK ? 0 : 1;
}
