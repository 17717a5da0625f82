/* engine: what an engine must do.
 *
 * An engine turns nodes of a graph into prepared steps. While a plan is built (builder.h), the plan asks the
 * engine's kernels to emit the steps of each node's forward and backward pass; at run time only the emitted
 * functions are called. Two engines exist: `reference`, plain C written to be read and the oracle for the
 * other, and `dnnl`, on oneDNN. A kernel that the fast engine has no better version of is the reference's. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/memory.h"
#include "engine/team.h"
#include "graph/graph.h"
#include "mix/mix.h"
#include "tensor/real.h"

typedef struct engine engine;
typedef struct builder builder;
typedef struct parameter_store parameter_store;
struct plan_run;

/* How an op is computed: emit the steps of node `node` (an index into the graph's nodes). */
typedef struct engine_kernel {
    mixup_status (*forward)(builder *to, size_t node);
    mixup_status (*backward)(builder *to, size_t node);
} engine_kernel;

/* What enter keeps of the caller's environment. */
typedef struct engine_environment {
    int threads;
    unsigned control_word;
} engine_environment;

/* Work that makes `count` things one by one, each of them alike whatever becomes of the others: rows, planes,
 * groups. run is called with [begin, end) of them. `values`: how many are touched in all, for the engine to
 * judge whether several threads pay. */
typedef void (*divided_function)(void *arguments, struct plan_run *run, size_t begin, size_t end);
typedef struct divided_step {
    divided_function run;
    void *arguments;
    size_t count, values;
} divided_step;

struct engine {
    const char *name;
    char description[96]; /* "dnnl 2.6.3 avx512_core, 2 threads" */
    mixup_allocator allocator;
    size_t threads;
    mixup_convolution convolution; /* AUTO at first; to be set before parameters are laid out */
    mixup_precision precision;     /* F32 at first; likewise, by engine_set_precision */
    const engine_kernel *kernels;  /* [MIXUP_OP_COUNT] */

    /* Whether this machine has bf16; the error says what it lacks. NULL: the engine computes in f32 only. */
    mixup_status (*check_bf16)(const engine *self);

    /* Whether the node's kernel looks at the layout of the buffers that it reads (builder_layout) and says
     * which one it writes. For all others the builder converts to plain row-major order first. NULL: none
     * does. */
    bool (*any_layout)(const graph_node *node);
    /* Whether the kernel of node `producer` also does what node `behind` it does to its output: a BATCH_NORM
     * by running statistics, an ADD, an ACTIVATION; asked in that order (builder_fused). It then
     * differentiates the activation; a plan with a backward pass asks for no norm, and differentiates an ADD
     * by itself. */
    bool (*absorbs)(const builder *to, size_t producer, size_t behind);
    /* How the images lie that have a layout (builder_layout); false: not in rows. NULL: the engine makes no
     * layouts. */
    bool (*image_layout)(const void *layout, mix_layout *out);
    /* Runs the body on all threads of the engine, and comes back when all are done. NULL: it has one thread.
     */
    void (*run_team)(engine *self, team_body body, void *user);
    /* Emits sum += from; the two may differ in layout. */
    mixup_status (*accumulate)(builder *to, size_t from, size_t sum);
    /* Emits a copy of `from`, which has a layout, in plain order. NULL: the engine makes no other layouts. */
    mixup_status (*make_plain)(builder *to, size_t from, size_t plain);

    /* Number of stored values of each parameter, and its layout. NULL: plain. */
    mixup_status (*layout_create)(engine *self, const graph *network, size_t parameter, void **layout,
                                  size_t *stored);
    void (*layout_destroy)(engine *self, void *layout);
    /* Converts between the layout and plain row-major order. */
    mixup_status (*layout_read)(engine *self, const void *layout, const real *stored, real *plain);
    mixup_status (*layout_write)(engine *self, const void *layout, const real *plain, real *stored);

    /* Around every use of plans by a public call: sets up the thread's environment and restores it. */
    void (*enter)(engine *self, engine_environment *saved);
    void (*leave)(engine *self, const engine_environment *saved);

    void (*destroy)(engine *self);
};

/* How many threads to use: `threads` where it is not 0, else MIXUP_THREADS of the environment, else one a
 * core; but one alone for a network of so few multiply-adds a sample that the threads would mostly wait for
 * each other. */
mixup_status engine_choose_threads(uint64_t multiply_adds, size_t *threads);

/* `kind` AUTO takes the fastest that the library was built with. threads 0: MIXUP_THREADS, else all cores. */
mixup_status engine_create(engine **out, mixup_engine kind, size_t threads, const mixup_allocator *allocator);
void engine_destroy(engine *self);
/* Before parameters are laid out. */
mixup_status engine_set_precision(engine *self, mixup_precision precision);
void engine_enter(engine *self, engine_environment *saved);
void engine_leave(engine *self, const engine_environment *saved);
/* Between enter and leave: runs the body on all threads, on the caller's alone where there is one. */
void engine_run_team(engine *self, team_body body, void *user);
/* The member's part of the work, and whether there is enough for several. */
void divided_part(const divided_step *work, struct plan_run *run, const team_member *me);
bool divided_pays(const divided_step *work);
/* Does the work now, between enter and leave; `run` gets no plan_run. */
void engine_divide(engine *self, divided_step *work);

mixup_status engine_create_reference(engine **out, size_t threads, const mixup_allocator *allocator);
#ifdef MIXUP_WITH_DNNL
mixup_status engine_create_dnnl(engine **out, size_t threads, const mixup_allocator *allocator);
#endif

#endif
