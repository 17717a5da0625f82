/* bench/limits: what this machine can do at best, as one JSON object: the rate of a large matrix product
 * (oneDNN's sgemm), and the memory bandwidth of a copy and of an update that, like Adam's, reads and writes
 * three arrays and reads a fourth.
 *
 *   bench_limits [--threads N] [--rounds N]
 *
 * A training step cannot be faster than its multiply-adds at the first rate, nor than the optimiser's arrays
 * at the last one (where they do not fit into the caches). */
#include "timing.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 1536,      /* of the square product's matrices */
    COUNT = 24 << 20, /* values an array: beyond any cache */
    UPDATE_ARRAYS = 4,
};

typedef struct limits {
    double product;      /* floating-point operations a second */
    double copy, update; /* bytes a second, each read and each write counted once */
} limits;

static float *allocate(size_t count) {
    float *values = aligned_alloc(4096, count * sizeof *values);
    if (values == NULL)
        return NULL;
#pragma omp parallel for schedule(static) /* first touched by the thread that will use it */
    for (size_t i = 0; i < count; i++)
        values[i] = 1.0f;
    return values;
}

static bool measure_product(size_t rounds, limits *out) {
    float *a = allocate((size_t)SIDE * SIDE);
    float *b = allocate((size_t)SIDE * SIDE);
    float *c = allocate((size_t)SIDE * SIDE);
    const bool allocated = a != NULL && b != NULL && c != NULL;
    bool done = allocated;
    for (size_t r = 0; r < rounds && done; r++) {
        const double begin = timing_wall();
        done = dnnl_sgemm('N', 'N', SIDE, SIDE, SIDE, 1.0f, a, SIDE, b, SIDE, 0.0f, c, SIDE) == dnnl_success;
        const double rate = 2.0 * SIDE * SIDE * SIDE / (timing_wall() - begin);
        out->product = rate > out->product ? rate : out->product;
    }
    free(c);
    free(b);
    free(a);
    return done;
}

static void copy(const float *restrict from, float *restrict to) {
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < COUNT; i++)
        to[i] = from[i];
}

static void update(const float *restrict gradient, float *restrict first, float *restrict second,
                   float *restrict value) {
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < COUNT; i++) {
        first[i] = 0.9f * first[i] + gradient[i];
        second[i] = 0.9f * second[i] + gradient[i];
        value[i] -= first[i] + second[i];
    }
}

static bool measure_bandwidth(size_t rounds, limits *out) {
    float *arrays[UPDATE_ARRAYS] = {0};
    bool allocated = true;
    for (size_t i = 0; i < UPDATE_ARRAYS; i++) {
        arrays[i] = allocate(COUNT + 1024 * i);
        allocated = allocated && arrays[i] != NULL;
    }
    for (size_t r = 0; r < rounds && allocated; r++) {
        double begin = timing_wall();
        copy(arrays[0], arrays[1]);
        const double copied = 2.0 * COUNT * sizeof(float) / (timing_wall() - begin);
        begin = timing_wall();
        /* 144 values apart, so that no two arrays are at equal offsets modulo 4 KiB */
        update(arrays[0], arrays[1] + 144, arrays[2] + 288, arrays[3] + 432);
        const double updated = 7.0 * COUNT * sizeof(float) / (timing_wall() - begin);
        out->copy = copied > out->copy ? copied : out->copy;
        out->update = updated > out->update ? updated : out->update;
    }
    for (size_t i = 0; i < UPDATE_ARRAYS; i++)
        free(arrays[i]);
    return allocated;
}

static bool take_number(const char *text, size_t *out) {
    char *end = NULL;
    const unsigned long value = strtoul(text, &end, 10);
    *out = value;
    return end != text && *end == '\0' && value > 0 && value <= 10000;
}

int main(int count, char **words) {
    size_t threads = (size_t)omp_get_max_threads();
    size_t rounds = 20;
    limits found = {0};
    bool understood = count % 2 == 1;
    for (int i = 1; i + 1 < count && understood; i += 2)
        understood = (strcmp(words[i], "--threads") == 0 && take_number(words[i + 1], &threads)) ||
                     (strcmp(words[i], "--rounds") == 0 && take_number(words[i + 1], &rounds));
    if (!understood) {
        fprintf(stderr, "usage: bench_limits [--threads N] [--rounds N]\n");
        return 2;
    }
    omp_set_num_threads((int)threads);
    if (!measure_product(rounds, &found) || !measure_bandwidth(rounds, &found)) {
        fprintf(stderr, "bench_limits: out of memory, or oneDNN failed\n");
        return 1;
    }
    printf("{\"threads\": %zu, \"sgemm_gflops\": %.1f, \"copy_gb_per_s\": %.2f, \"update_gb_per_s\": %.2f}\n",
           threads, 1e-9 * found.product, 1e-9 * found.copy, 1e-9 * found.update);
    return 0;
}
