/* bench/step: how long a training step or a prediction of a network takes. Prints one JSON object.
 *
 *   bench_step NETWORK [--work train|predict] [--batch N] [--width N] [--threads N] [--steps N]
 *              [--mix manifold|input|none] [--engine auto|dnnl|reference] [--precision f32|bf16] [--repeats
 * N]
 *
 * --steps 0 ends after the first step, for the time from the process's start to there. `multiply_adds` is
 * what the step cannot do without: the products of the whole batch, in training those of both gradients too.
 *
 * A sample is --repeats steps in a row; by default one, or as many as take a tenth of a millisecond. On a
 * machine that others use too, compare minima, of runs that alternate with those of the other contender; with
 * one thread also the processor time. Inputs and targets are random, the same in every run. */
#include "networks.h"
#include "timing.h"

#include <mixup.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 5 }; /* steps before measuring: every site has its plan, memory is touched */
static const double LEAST_SAMPLE = 1e-4; /* seconds: the clock's own time vanishes in it */

typedef struct options {
    const char *network, *mix;
    bool predict;
    mixup_engine engine;
    mixup_precision precision;
    size_t batch, width, threads, steps, repeats; /* repeats 0: chosen by the clock */
} options;

typedef struct bench {
    options options;
    network network;
    mixup_network *ready;              /* or NULL */
    size_t input_width, output_width;  /* of a sample */
    float *inputs, *targets, *outputs; /* [batch][input_width], [batch][output_width] twice */
    mixup_model *model;
    mixup_trainer *trainer;
} bench;

/* ---- the command line */

static bool take_number(const char *text, size_t least, size_t *out) {
    char *end = NULL;
    const unsigned long value = strtoul(text, &end, 10);
    *out = value;
    return end != text && *end == '\0' && value >= least && value <= 1000000;
}

static bool take_engine(const char *value, mixup_engine *out) {
    static const char *const names[] = {"auto", "dnnl", "reference"};
    static const mixup_engine engines[] = {MIXUP_ENGINE_AUTO, MIXUP_ENGINE_DNNL, MIXUP_ENGINE_REFERENCE};
    for (size_t i = 0; i < MIXUP_COUNT(names); i++)
        if (strcmp(value, names[i]) == 0) {
            *out = engines[i];
            return true;
        }
    return false;
}

static bool take_option(options *o, const char *name, const char *value) {
    if (strcmp(name, "--work") == 0) {
        o->predict = strcmp(value, "predict") == 0;
        return o->predict || strcmp(value, "train") == 0;
    }
    if (strcmp(name, "--mix") == 0) {
        o->mix = value;
        return strcmp(value, "manifold") == 0 || strcmp(value, "input") == 0 || strcmp(value, "none") == 0;
    }
    if (strcmp(name, "--engine") == 0)
        return take_engine(value, &o->engine);
    if (strcmp(name, "--precision") == 0) {
        o->precision = strcmp(value, "bf16") == 0 ? MIXUP_PRECISION_BF16 : MIXUP_PRECISION_F32;
        return o->precision == MIXUP_PRECISION_BF16 || strcmp(value, "f32") == 0;
    }
    if (strcmp(name, "--repeats") == 0)
        return take_number(value, 1, &o->repeats);
    if (strcmp(name, "--batch") == 0)
        return take_number(value, 1, &o->batch);
    if (strcmp(name, "--width") == 0)
        return take_number(value, 1, &o->width);
    if (strcmp(name, "--threads") == 0)
        return take_number(value, 1, &o->threads);
    if (strcmp(name, "--steps") == 0)
        return take_number(value, 0, &o->steps);
    return false;
}

static bool parse(int count, char **words, options *o) {
    *o = (options){.mix = "manifold", .width = 1024, .steps = 100};
    if (count < 2 || count % 2 != 0)
        return false;
    o->network = words[1];
    for (int i = 2; i < count; i += 2)
        if (!take_option(o, words[i], words[i + 1]))
            return false;
    return true;
}

/* ---- the work */

/* Uniform in [0, 1), by the constants of Numerical Recipes. */
static float next_random(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) / 16777216.0f;
}

static bool fill_arrays(bench *b) {
    const size_t batch = b->options.batch;
    size_t shape[MIXUP_MAX_RANK];
    unsigned state = 1;
    mixup_model_input_shape(b->model, shape);
    b->input_width = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && shape[i] > 0; i++)
        b->input_width *= shape[i];
    mixup_model_output_shape(b->model, shape);
    b->output_width = shape[0];
    b->inputs = calloc(batch * b->input_width, sizeof *b->inputs);
    b->targets = calloc(batch * b->output_width, sizeof *b->targets);
    b->outputs = calloc(batch * b->output_width, sizeof *b->outputs);
    if (b->inputs == NULL || b->targets == NULL || b->outputs == NULL)
        return false;
    for (size_t i = 0; i < batch * b->input_width; i++)
        b->inputs[i] = next_random(&state);
    for (size_t i = 0; i < batch; i++)
        b->targets[i * b->output_width + i % b->output_width] = 1.0f;
    return true;
}

/* What the peers use too (bench/works.py); the rates are small because the targets are random. */
static const mixup_optimizer adam = {.kind = MIXUP_ADAM, .learning_rate = 1e-4f, .epsilon = 1e-7f};
static const mixup_optimizer nesterov = {
    .kind = MIXUP_NESTEROV, .learning_rate = 1e-3f, .momentum = 0.9f, .weight_decay = 1e-4f};

static mixup_status create_trainer(bench *b) {
    const char *const input[] = {"input"};
    const bool mixes = strcmp(b->options.mix, "none") != 0;
    const bool at_input = strcmp(b->options.mix, "input") == 0;
    mixup_fit_desc desc = {.optimizer = b->network.images ? nesterov : adam};
    if (mixes)
        desc.mix = (mixup_mix_desc){.alpha = 2.0f,
                                    .at = at_input ? input : b->network.sites,
                                    .at_count = at_input ? 1 : b->network.site_count};
    return mixup_trainer_create(&b->trainer, b->model, &desc);
}

/* The layers of a ready-made network stay until destroy. */
static mixup_status take_layers(bench *b, mixup_model_desc *desc) {
    desc->layers = b->network.layers;
    desc->layer_count = b->network.layer_count;
    if (b->network.ready.kind == MIXUP_NETWORK_NONE)
        return MIXUP_OK;
    mixup_network_desc ready = b->network.ready;
    memcpy(ready.input, b->network.input, sizeof ready.input);
    const mixup_status s = mixup_network_create(&b->ready, &ready);
    if (s == MIXUP_OK) {
        desc->layers = b->ready->layers;
        desc->layer_count = b->ready->layer_count;
    }
    return s;
}

static mixup_status create(bench *b) {
    mixup_model_desc desc = {
        .engine = b->options.engine, .threads = b->options.threads, .precision = b->options.precision};
    memcpy(desc.input, b->network.input, sizeof desc.input);
    mixup_status s = take_layers(b, &desc);
    if (s == MIXUP_OK)
        s = mixup_model_create(&b->model, &desc);
    if (s == MIXUP_OK && !fill_arrays(b))
        s = MIXUP_ERROR_MEMORY;
    if (s == MIXUP_OK && !b->options.predict)
        s = create_trainer(b);
    return s;
}

static mixup_status run(bench *b, size_t times) {
    mixup_status s = MIXUP_OK;
    for (size_t i = 0; i < times && s == MIXUP_OK; i++)
        s = b->options.predict
                ? mixup_predict(b->model, b->options.batch, b->inputs, b->outputs)
                : mixup_trainer_step(b->trainer, b->options.batch, b->inputs, b->targets, NULL, NULL);
    return s;
}

/* Steps a sample. */
static mixup_status choose_repeats(bench *b, size_t *repeats) {
    double taken = 0.0;
    *repeats = b->options.repeats;
    if (*repeats > 0)
        return MIXUP_OK;
    *repeats = 1;
    for (;; *repeats *= 2) {
        const double begin = timing_wall();
        const mixup_status s = run(b, *repeats);
        taken = timing_wall() - begin;
        if (s != MIXUP_OK || taken >= LEAST_SAMPLE || *repeats >= 4096)
            return s;
    }
}

/* The products of a step; no gradient of the network's input is wanted. Convolutions count as written out,
 * whatever algorithm computes them. */
static void count_work(const bench *b, double *multiply_adds, size_t *parameters) {
    bool lowest = true;
    *multiply_adds = 0.0;
    *parameters = 0;
    for (size_t i = 0; i < mixup_layer_count(b->model); i++) {
        mixup_layer_info layer;
        if (mixup_layer_at(b->model, i, &layer) != MIXUP_OK)
            continue;
        double passes = 1.0;
        if (!b->options.predict)
            passes = lowest && layer.multiply_adds > 0 ? 2.0 : 3.0;
        lowest = lowest && layer.multiply_adds == 0;
        *multiply_adds += passes * (double)layer.multiply_adds * (double)b->options.batch;
        *parameters += layer.parameters;
    }
}

static void print_answer(const bench *b, size_t steps, const timing_summary *wall, const timing_summary *cpu,
                         double first) {
    double multiply_adds = 0.0;
    size_t parameters = 0;
    count_work(b, &multiply_adds, &parameters);
    printf("{\"network\": \"%s\", \"work\": \"%s\", \"mix\": \"%s\", \"batch\": %zu, \"engine\": \"%s\", "
           "\"steps\": %zu, \"ms_min\": %.6f, \"ms_median\": %.6f, \"cpu_ms_min\": %.6f, "
           "\"cpu_ms_median\": %.6f, \"first_step_ms\": %.3f, \"peak_memory_bytes\": %zu, "
           "\"multiply_adds\": %.0f, \"parameters\": %zu}\n",
           b->network.name, b->options.predict ? "predict" : "train",
           b->options.predict ? "none" : b->options.mix, b->options.batch, mixup_model_engine(b->model),
           steps, 1e3 * wall->least, 1e3 * wall->median, 1e3 * cpu->least, 1e3 * cpu->median, 1e3 * first,
           timing_peak_memory(), multiply_adds, parameters);
}

/* Fills both lists, [options.steps], with seconds a step; *repeats gets the steps of a sample. */
static mixup_status take_samples(bench *b, double *wall, double *cpu, size_t *repeats) {
    mixup_status s = MIXUP_OK;
    for (size_t i = 1; i < WARM_UP * (b->network.site_count + 1) && s == MIXUP_OK; i++)
        s = run(b, 1);
    if (s == MIXUP_OK)
        s = choose_repeats(b, repeats);
    for (size_t i = 0; i < b->options.steps && s == MIXUP_OK; i++) {
        const double cpu_begin = timing_cpu();
        const double begin = timing_wall();
        s = run(b, *repeats);
        wall[i] = (timing_wall() - begin) / (double)*repeats;
        cpu[i] = (timing_cpu() - cpu_begin) / (double)*repeats;
    }
    return s;
}

static mixup_status measure(bench *b, double started) {
    const size_t samples = b->options.steps;
    double *wall = calloc(samples + 1, sizeof *wall);
    double *cpu = calloc(samples + 1, sizeof *cpu);
    size_t repeats = 1;
    mixup_status s = wall == NULL || cpu == NULL ? MIXUP_ERROR_MEMORY : run(b, 1);
    const double first = timing_wall() - started;
    if (s == MIXUP_OK && samples > 0)
        s = take_samples(b, wall, cpu, &repeats);
    if (s == MIXUP_OK) {
        timing_summary w = {first, first};
        timing_summary c = w;
        if (samples > 0) {
            w = timing_summarize(wall, samples);
            c = timing_summarize(cpu, samples);
        }
        print_answer(b, samples > 0 ? samples * repeats : 1, &w, &c, first);
    }
    free(cpu);
    free(wall);
    return s;
}

static void destroy(bench *b) {
    mixup_trainer_destroy(b->trainer); /* before its model */
    mixup_model_destroy(b->model);
    mixup_network_destroy(b->ready);
    free(b->inputs);
    free(b->targets);
    free(b->outputs);
}

int main(int count, char **words) {
    const double started = timing_wall();
    bench b = {0};
    if (!parse(count, words, &b.options) || !network_find(b.options.network, b.options.width, &b.network)) {
        fprintf(stderr,
                "usage: bench_step NETWORK [--work train|predict] [--batch N] [--width N] [--threads N]\n"
                "                  [--steps N] [--mix manifold|input|none] [--engine auto|dnnl|reference]\n"
                "                  [--precision f32|bf16] [--repeats N]\n"
                "NETWORK is one of");
        for (size_t i = 0; network_name(i) != NULL; i++)
            fprintf(stderr, " %s", network_name(i));
        fprintf(stderr, "\n");
        return 2;
    }
    if (b.options.batch == 0)
        b.options.batch = b.network.batch;
    mixup_status s = create(&b);
    if (s == MIXUP_OK)
        s = measure(&b, started);
    if (s != MIXUP_OK)
        fprintf(stderr, "bench_step: %s: %s\n", mixup_status_name(s), mixup_last_error());
    destroy(&b);
    return s == MIXUP_OK ? 0 : 1;
}
