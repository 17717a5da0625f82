/* Only the heart of Manifold Mixup, in a network of your own.
 *
 *     cc own_network.c $(pkg-config --cflags --libs mixup) -lm -o own_network
 *
 * A hand-written network with one hidden layer learns exclusive or. Four calls of the library do the mixing:
 * mixup_draw chooses, mixup_mix_states and mixup_mix_targets blend on the way forward, and mixup_mix_gradient
 * takes the gradient back through the blend. They need no model and allocate nothing. */
#include <mixup.h>

#include <math.h>
#include <stdio.h>

enum { BATCH = 64, INPUTS = 2, HIDDEN = 16, STEPS = 3000 };

typedef struct network {
    float w1[HIDDEN][INPUTS], b1[HIDDEN]; /* hidden = tanh(w1 input + b1) */
    float w2[HIDDEN], b2;                 /* output = sigmoid(w2 · hidden + b2) */
} network;

/* A number in [0, 1) from a simple generator; for real work take a better one. */
static float uniform(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 16777216.0f;
}

static void make_batch(unsigned *random, float inputs[BATCH][INPUTS], float targets[BATCH]) {
    for (int i = 0; i < BATCH; i++) {
        const int a = uniform(random) < 0.5f;
        const int b = uniform(random) < 0.5f;
        inputs[i][0] = (float)a + 0.2f * uniform(random);
        inputs[i][1] = (float)b + 0.2f * uniform(random);
        targets[i] = a != b ? 1.0f : 0.0f;
    }
}

static void hidden_states(const network *net, float inputs[BATCH][INPUTS], float hidden[BATCH][HIDDEN]) {
    for (int i = 0; i < BATCH; i++)
        for (int h = 0; h < HIDDEN; h++)
            hidden[i][h] = tanhf(net->w1[h][0] * inputs[i][0] + net->w1[h][1] * inputs[i][1] + net->b1[h]);
}

static float output(const network *net, const float hidden[HIDDEN]) {
    float sum = net->b2;
    for (int h = 0; h < HIDDEN; h++)
        sum += net->w2[h] * hidden[h];
    return 1.0f / (1.0f + expf(-sum));
}

/* Binary cross-entropy and its gradient for the states that the output layer read; updates that layer. */
static float upper_half(network *net, float states[BATCH][HIDDEN], const float targets[BATCH],
                        float state_gradient[BATCH][HIDDEN], float rate) {
    float loss = 0.0f;
    const network old = *net;
    for (int i = 0; i < BATCH; i++) {
        const float p = output(&old, states[i]);
        const float g = (p - targets[i]) / BATCH; /* of the sum before the sigmoid */
        loss -= (targets[i] * logf(p + 1e-7f) + (1.0f - targets[i]) * logf(1.0f - p + 1e-7f)) / BATCH;
        for (int h = 0; h < HIDDEN; h++) {
            state_gradient[i][h] = g * old.w2[h];
            net->w2[h] -= rate * g * states[i][h];
        }
        net->b2 -= rate * g;
    }
    return loss;
}

static void lower_half(network *net, float inputs[BATCH][INPUTS], float hidden[BATCH][HIDDEN],
                       float gradient[BATCH][HIDDEN], float rate) {
    for (int i = 0; i < BATCH; i++)
        for (int h = 0; h < HIDDEN; h++) {
            const float g = gradient[i][h] * (1.0f - hidden[i][h] * hidden[i][h]);
            net->w1[h][0] -= rate * g * inputs[i][0];
            net->w1[h][1] -= rate * g * inputs[i][1];
            net->b1[h] -= rate * g;
        }
}

int main(void) {
    static float inputs[BATCH][INPUTS], targets[BATCH], mixed_targets[BATCH];
    static float hidden[BATCH][HIDDEN], mixed[BATCH][HIDDEN];
    static float mixed_gradient[BATCH][HIDDEN], gradient[BATCH][HIDDEN];
    uint32_t partner[BATCH];
    float weight[BATCH], partner_weight[BATCH];
    mixup_batch_draw draw = {
        .batch = BATCH, .partner = partner, .weight = weight, .partner_weight = partner_weight};
    const mixup_mix_desc mix = {.alpha = 0.2f};
    network net = {.b2 = 0.0f};
    unsigned random = 1;
    for (int h = 0; h < HIDDEN; h++) {
        net.w1[h][0] = 2.0f * uniform(&random) - 1.0f;
        net.w1[h][1] = 2.0f * uniform(&random) - 1.0f;
        net.w2[h] = uniform(&random) - 0.5f;
    }

    for (uint32_t step = 0; step < STEPS; step++) {
        make_batch(&random, inputs, targets);
        /* λ, the partners, and the site (one of one here) are a function of seed, epoch and step. */
        if (mixup_draw(&(mixup_draw_desc){.seed = 1, .step = step, .mix = &mix, .site_count = 1}, &draw) !=
            MIXUP_OK) {
            fprintf(stderr, "own_network: %s\n", mixup_last_error());
            return 1;
        }
        hidden_states(&net, inputs, hidden);
        mixup_mix_states(&draw, HIDDEN, hidden[0], mixed[0]);
        mixup_mix_targets(&draw, 1, targets, mixed_targets);
        const float loss = upper_half(&net, mixed, mixed_targets, mixed_gradient, 0.5f);
        mixup_mix_gradient(&draw, HIDDEN, mixed_gradient[0], gradient[0]);
        lower_half(&net, inputs, hidden, gradient, 0.5f);
        if (step % 500 == 0)
            printf("step %4u: loss %.3f, mixed with weight %.3f\n", (unsigned)step, (double)loss,
                   (double)weight[0]);
    }

    int right = 0;
    make_batch(&random, inputs, targets);
    hidden_states(&net, inputs, hidden);
    for (int i = 0; i < BATCH; i++)
        right += (output(&net, hidden[i]) > 0.5f) == (targets[i] > 0.5f);
    printf("%d of %d right\n", right, BATCH);
    return right == BATCH ? 0 : 1;
}
