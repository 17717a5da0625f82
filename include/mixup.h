/* mixup.h: Manifold Mixup (arXiv 1806.05236) for any network, in C11 (and usable from C++17).
 *
 * The whole configuration of a call is one zeroed struct with designated initialisers. Zero always means the
 * documented default; where zero would be meaningful without being the default, the field is named the other
 * way round (no_bias, no_shuffle, plain_probability).
 *
 * Every function that can fail returns a mixup_status. mixup_last_error() then says, for the calling thread,
 * what went wrong, where, and what would be right. On failure an output argument is left as it was. The
 * library never prints, never exits, and keeps no state besides that message.
 *
 * A NULL model, data set, description or array where one is needed is MIXUP_ERROR_ARGUMENT; a function that
 * returns no status then gives 0 or NULL (or zeros, where it fills something in), and takes NULL for a result
 * that is not wanted. Only the functions mixup_mix_* and mixup_cut_* do not check.
 *
 * Arrays are row-major; [a][b] in a comment is the array's shape. Strings are UTF-8 and terminated.
 *
 * Ownership: what a `_create`, `_load` or `_from_` function gives is the caller's until the matching
 * `_destroy`. Descriptions and what they point to are read during the call only, unless a field says
 * otherwise. `_destroy(NULL)` is fine.
 *
 * Threads: models are independent. One model is trained by one thread at a time; several threads can predict
 * with one model, each through a mixup_predictor of its own, while nobody trains it. mixup_fit prepares
 * batches on threads of its own (.load_threads), which end before it returns. Engines use OpenMP, whose
 * threads wait awake for milliseconds unless the process began with OMP_WAIT_POLICY=passive or, with libgomp,
 * a small GOMP_SPINCOUNT (5000, say): on machines with other work to do, set one (the program mixup does).
 *
 * ABI: the version is MAJOR.MINOR.PATCH. Before 1.0.0 a new MINOR may change layouts, so recompile; from then
 * on a MINOR only appends functions, enumerators and fields at the end of description structs. */
#ifndef MIXUP_H
#define MIXUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MIXUP_API __attribute__((visibility("default")))
#else
#define MIXUP_API
#endif

#define MIXUP_VERSION "0.1.0"

/* The number of elements of an array (not of a pointer). */
#define MIXUP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------- status */

/* The only list of status codes: name, number, text. */
#define MIXUP_STATUS_LIST(X)                                                                                 \
    X(MIXUP_OK, 0, "ok")                                                                                     \
    X(MIXUP_ERROR_ARGUMENT, 1, "invalid argument")                                                           \
    X(MIXUP_ERROR_MEMORY, 2, "out of memory")                                                                \
    X(MIXUP_ERROR_SHAPE, 3, "shapes do not fit")                                                             \
    X(MIXUP_ERROR_NETWORK, 4, "invalid network")                                                             \
    X(MIXUP_ERROR_FORMAT, 5, "malformed file")                                                               \
    X(MIXUP_ERROR_IO, 6, "input or output failed")                                                           \
    X(MIXUP_ERROR_DATA, 7, "unusable data")                                                                  \
    X(MIXUP_ERROR_NOT_FOUND, 8, "not found")                                                                 \
    X(MIXUP_ERROR_NOT_FINITE, 9, "value is not finite")                                                      \
    X(MIXUP_ERROR_UNSUPPORTED, 10, "not supported")                                                          \
    X(MIXUP_ERROR_ENGINE, 11, "the engine failed")                                                           \
    X(MIXUP_ERROR_CALLBACK, 12, "a callback failed")

typedef enum mixup_status {
#define MIXUP_STATUS_ENUMERATOR(name, number, text) name = (number),
    MIXUP_STATUS_LIST(MIXUP_STATUS_ENUMERATOR)
#undef MIXUP_STATUS_ENUMERATOR
} mixup_status;

/* The status in a few words, e.g. "malformed file". */
MIXUP_API const char *mixup_status_name(mixup_status status);

/* The calling thread's last message; "" before the first failure. Valid until this thread's next failure. */
MIXUP_API const char *mixup_last_error(void);

/* MIXUP_VERSION of the library that runs. */
MIXUP_API const char *mixup_version(void);

/* ---------------------------------------------------------------- hooks */

/* Where memory comes from. Both functions or neither (then malloc and free). `allocate` returns NULL on
 * failure; blocks need the alignment of malloc. The hooks must outlive every object made with them and be
 * callable from any thread that uses these objects, the library's own included, several at once. (oneDNN and
 * the file libraries keep their own.) */
typedef struct mixup_allocator {
    void *(*allocate)(size_t size, void *user);
    void (*release)(void *pointer, void *user);
    void *user;
} mixup_allocator;

/* Receives one line of information or warning, without newline. */
typedef struct mixup_log {
    void (*write)(const char *line, void *user);
    void *user;
} mixup_log;

/* ---------------------------------------------------------------- networks */

enum {
    MIXUP_MAX_RANK = 4, /* dimensions of a sample, the batch not counted */
    MIXUP_MAX_WITH = 7, /* further inputs of a merging layer */
    MIXUP_MAX_THREADS = 1024,
};

/* .padding[1] where the width is not padded although the height is. */
#define MIXUP_NO_PADDING SIZE_MAX

/* Kinds of layer. [..] is any shape, n its number of elements; images are [channels][height][width]. The op
 * table (src/graph/ops.c) holds, for each, the fields that it reads and their defaults. */
typedef enum mixup_op {
    MIXUP_OP_NONE,             /* an error, so that a forgotten .op is found */
    MIXUP_FLATTEN,             /* [..] -> [n] */
    MIXUP_RESHAPE,             /* [..] -> .shape, of the same n */
    MIXUP_DENSE,               /* [features] -> [units]: x W^T + b, W [units][features] */
    MIXUP_ACTIVATION,          /* [..] -> [..]: .activation alone */
    MIXUP_DROPOUT,             /* [..] -> [..]: zero with probability .rate, others divided by 1 - rate */
    MIXUP_GAUSSIAN_NOISE,      /* [..] -> [..]: adds N(0, .stddev²) in training */
    MIXUP_BATCH_NORM,          /* [features], or images: statistics over the batch (and positions) */
    MIXUP_LAYER_NORM,          /* [..] -> [..], statistics over all n of a sample */
    MIXUP_ADD,                 /* inputs of one shape -> that shape */
    MIXUP_CONCAT,              /* [a..], [b..] -> [a + b..]: along the first dimension */
    MIXUP_MULTIPLY,            /* inputs of one shape -> that shape; with an image also [channels] */
    MIXUP_CUSTOM,              /* .custom */
    MIXUP_CONV2D,              /* [channels][h][w] -> [filters][h'][w'], cross-correlation as everywhere:
                                * W [filters][channels / groups][kernel][kernel],
                                * h' = (h + 2 padding - dilation (kernel - 1) - 1) / stride + 1, rounded down */
    MIXUP_MAX_POOL,            /* [channels][h][w] -> [channels][h'][w'], padded with -infinity */
    MIXUP_AVERAGE_POOL,        /* likewise; padding counts as zeros */
    MIXUP_GLOBAL_AVERAGE_POOL, /* [channels][h][w] -> [channels] */
    MIXUP_GROUP_NORM,          /* images: statistics over each of .groups groups of channels of a sample */
    MIXUP_PAD,                 /* [channels][h][w] -> [channels][h + 2 padding][w + 2 padding], zeros */
    MIXUP_UPSAMPLE,            /* [channels][h][w] -> [channels][h stride][w stride], nearest */
    MIXUP_OP_COUNT
} mixup_op;

typedef enum mixup_activation {
    MIXUP_LINEAR, /* default: none */
    MIXUP_RELU,
    MIXUP_LEAKY_RELU, /* x < 0: .slope × x */
    MIXUP_ELU,        /* x < 0: .slope × (exp x - 1), default slope 1 */
    MIXUP_GELU,       /* x Φ(x), with the exact Φ (erf) */
    MIXUP_TANH,
    MIXUP_SIGMOID,
    MIXUP_SOFTMAX, /* over the last dimension; as part of a layer only in the last one */
    MIXUP_ACTIVATION_COUNT
} mixup_activation;

/* Initial values of weights. fan_in and fan_out are the numbers of inputs and outputs of a unit. */
typedef enum mixup_initial {
    MIXUP_INITIAL_DEFAULT, /* Glorot uniform */
    MIXUP_GLOROT_UNIFORM,  /* U(±sqrt(6 / (fan_in + fan_out))), Glorot & Bengio 2010 */
    MIXUP_GLOROT_NORMAL,   /* N(0, 2 / (fan_in + fan_out)) */
    MIXUP_HE_UNIFORM,      /* U(±sqrt(6 / fan_in)), He et al. 2015 */
    MIXUP_HE_NORMAL,       /* N(0, 2 / fan_in) */
    MIXUP_LECUN_UNIFORM,   /* U(±sqrt(3 / fan_in)), LeCun et al. 1998 */
    MIXUP_LECUN_NORMAL,    /* N(0, 1 / fan_in) */
    MIXUP_ORTHOGONAL,      /* orthonormal rows or columns, Saxe et al. 2014 */
    MIXUP_CONSTANT,        /* .initial_value */
    MIXUP_INITIAL_COUNT
} mixup_initial;

typedef struct mixup_custom mixup_custom;

/* One layer. It reads the previous layer's output (the first one the network's input), or `from`. */
typedef struct mixup_layer {
    mixup_op op;
    const char *name;                 /* default: the op's name and a number, "dense1", "dense2", ... */
    const char *from;                 /* a layer before this one, or "input" */
    const char *with[MIXUP_MAX_WITH]; /* ADD, CONCAT, MULTIPLY: the other inputs */
    bool mix;                         /* this layer's input is a site where states may be mixed */
    bool frozen;                      /* parameters stay as they are in training */

    mixup_activation activation; /* after DENSE, BATCH_NORM, LAYER_NORM, ADD, ...; the op of ACTIVATION */
    float slope;                 /* LEAKY_RELU: > 0, default 0.01; ELU: > 0, default 1 */

    size_t units;                 /* DENSE: ≥ 1 */
    bool no_bias;                 /* DENSE, CONV2D; norms: without scale and shift */
    mixup_initial initial;        /* DENSE, CONV2D: of the weight; a bias starts at 0 */
    float initial_value;          /* CONSTANT's value */
    size_t shape[MIXUP_MAX_RANK]; /* RESHAPE: ends at the first 0 */
    float rate;                   /* DROPOUT: in (0, 1) */
    float stddev;                 /* GAUSSIAN_NOISE: > 0, in units of its input */
    float epsilon;                /* norms: > 0, default 1e-5, added to the variance */
    float momentum;               /* BATCH_NORM: share of the new statistics, in (0, 1], default 0.1 */
    bool by_channel;              /* DROPOUT of images: whole channels at a time */
    size_t filters;               /* CONV2D: ≥ 1 */
    size_t kernel[2];           /* CONV2D, pools: height and width; a second 0 means the same as the first */
    size_t stride[2];           /* CONV2D: default 1; pools: default the kernel; UPSAMPLE: default 2 */
    size_t padding[2];          /* CONV2D, pools, PAD: at each side; default 0. A second 0 is 0 only where
                                 * the first is; MIXUP_NO_PADDING says 0 beside another first */
    size_t dilation[2];         /* CONV2D, pools: default 1 */
    size_t groups;              /* CONV2D: default 1; GROUP_NORM: default 32 */
    const mixup_custom *custom; /* CUSTOM; read during mixup_model_create */
} mixup_layer;

/* What a custom layer's functions get. All arrays are plain and row-major. */
typedef struct mixup_custom_call {
    void *user;
    size_t batch;
    bool training;
    const float *input;                /* [batch][..input shape] */
    float *output;                     /* [batch][..output shape]; forward writes, backward reads */
    const float *const *parameters;    /* one array a parameter */
    const float *output_gradient;      /* backward: [batch][..output shape] */
    float *input_gradient;             /* backward: to be written (not added to); NULL when not wanted */
    float *const *parameter_gradients; /* backward: to be written; NULL when not wanted */
} mixup_custom_call;

/* A parameter of a custom layer. */
typedef struct mixup_custom_parameter {
    const char *name;             /* "weight" makes LAYER.weight in files */
    size_t shape[MIXUP_MAX_RANK]; /* ends at the first 0 */
    mixup_initial initial;        /* default: constant `initial_value` */
    float initial_value;
} mixup_custom_parameter;

/* A user's own layer. Copied by mixup_model_create; `user` must outlive the model. A function that returns
 * anything but MIXUP_OK ends the running call with MIXUP_ERROR_CALLBACK. */
struct mixup_custom {
    const char *kind; /* names it in files, so that mixup_model_load finds the functions again */
    /* Writes the output's shape, ended by 0 or full length, for the given input's. */
    mixup_status (*shape)(void *user, const size_t input[MIXUP_MAX_RANK], size_t output[MIXUP_MAX_RANK]);
    mixup_status (*forward)(const mixup_custom_call *call);
    mixup_status (*backward)(const mixup_custom_call *call);
    const mixup_custom_parameter *parameters;
    size_t parameter_count; /* at most 8 */
    void *user;
};

typedef enum mixup_engine {
    MIXUP_ENGINE_AUTO, /* dnnl where the library was built with it */
    MIXUP_ENGINE_DNNL, /* oneDNN */
    MIXUP_ENGINE_REFERENCE,
} mixup_engine;

/* How the engine dnnl computes convolutions. The choice of AUTO depends on shapes and type of machine alone,
 * so that the same training computes the same bits; nothing of it is saved with a model. */
typedef enum mixup_convolution {
    MIXUP_CONVOLUTION_AUTO,   /* the faster of direct and Winograd's algorithm (Lavin & Gray 2016), which
                               * rounds to about 1e-5 of the largest value at worst */
    MIXUP_CONVOLUTION_DIRECT, /* the sum of products as the formula says */
} mixup_convolution;

/* In what the engine dnnl multiplies and keeps the states of images. Nothing of it is saved with a model. */
typedef enum mixup_precision {
    MIXUP_PRECISION_F32,
    MIXUP_PRECISION_BF16, /* Factors of dense layers' and convolutions' products in bfloat16 (8 significant
                           * bits, the range of a float), rounded as they are read, sums in float; so are
                           * images' states and their gradients, in half the memory. Weights, their gradients
                           * and moments, flat states, statistics and loss stay in float, and so does all that
                           * goes in and out. MIXUP_ERROR_UNSUPPORTED where the processor has no instructions
                           * for it (AVX512_BF16 or AMX), and from other engines. */
} mixup_precision;

typedef struct mixup_model mixup_model;

typedef struct mixup_model_desc {
    size_t input[MIXUP_MAX_RANK]; /* shape of a sample, ends at the first 0 */
    const mixup_layer *layers;
    size_t layer_count;
    uint64_t seed; /* of the initial weights; default 0 */
    mixup_engine engine;
    size_t threads;                   /* that compute, and look at the training data; at most
                                       * MIXUP_MAX_THREADS; default: MIXUP_THREADS of the environment, else
                                       * one a core, but one alone computes for small networks, where threads
                                       * would mostly wait */
    mixup_convolution convolution;    /* default: the fastest */
    mixup_precision precision;        /* default: float */
    const mixup_allocator *allocator; /* copied */
    mixup_log log;                    /* copied */
} mixup_model_desc;

MIXUP_API mixup_status mixup_model_create(mixup_model **model, const mixup_model_desc *desc);
MIXUP_API void mixup_model_destroy(mixup_model *model);

/* What a layer turned out to be. Pointers are the model's, valid while it lives. */
typedef struct mixup_layer_info {
    const char *name;
    mixup_op op;
    const char *op_name;
    size_t output_shape[MIXUP_MAX_RANK];
    size_t parameters;        /* number of trainable values */
    uint64_t multiply_adds;   /* of a forward pass, per sample */
    bool site_legal;          /* its input may be mixed */
    const char *site_problem; /* why not, with the nearest legal sites; NULL where legal */
} mixup_layer_info;

MIXUP_API size_t mixup_layer_count(const mixup_model *model);
MIXUP_API mixup_status mixup_layer_at(const mixup_model *model, size_t index, mixup_layer_info *info);

/* Shapes of a sample at the network's input and output, filled up with zeros. */
MIXUP_API void mixup_model_input_shape(const mixup_model *model, size_t shape[MIXUP_MAX_RANK]);
MIXUP_API void mixup_model_output_shape(const mixup_model *model, size_t shape[MIXUP_MAX_RANK]);

/* The engine in use, e.g. "dnnl 2.6.3 avx512_core, 2 threads". Valid while the model lives. */
MIXUP_API const char *mixup_model_engine(const mixup_model *model);

/* ---------------------------------------------------------------- ready-made networks */

/* Families of networks. Names of layers are those of the usual PyTorch modules, so that a state_dict maps to
 * them one to one; docs/networks.md lists them, with parameter counts. After each stage stands a layer that
 * does nothing and is called "after_stage1", "after_stage2", ...: sites for mixup_mix_desc.at. */
typedef enum mixup_network_kind {
    MIXUP_NETWORK_NONE,      /* an error, so that a forgotten .kind is found */
    MIXUP_PREACT_RESNET,     /* He et al. 2016 as in the code of arXiv 1806.05236; four stages */
    MIXUP_WIDE_RESNET,       /* Zagoruyko & Komodakis 2016 as in that code; three stages */
    MIXUP_VGG,               /* Simonyan & Zisserman 2015 with batch norm, for small images; five stages */
    MIXUP_LENET,             /* LeCun et al. 1998; four stages (two convolutions, two dense layers) */
    MIXUP_ALL_CONVOLUTIONAL, /* "All-CNN-C", Springenberg et al. 2015; three stages */
    MIXUP_MLP,               /* dense layers; a stage each, and "after_bottleneck" */
    MIXUP_NETWORK_COUNT
} mixup_network_kind;

/* What stands behind the last layer. */
typedef enum mixup_network_output {
    MIXUP_OUTPUT_DEFAULT, /* softmax */
    MIXUP_OUTPUT_SOFTMAX, /* one class of several */
    MIXUP_OUTPUT_SIGMOID, /* several labels at once */
    MIXUP_OUTPUT_LINEAR,  /* values, or logits */
    MIXUP_OUTPUT_COUNT
} mixup_network_output;

/* A field that the kind does not read must be 0. */
typedef struct mixup_network_desc {
    mixup_network_kind kind;
    size_t input[MIXUP_MAX_RANK]; /* shape of a sample, ends at the first 0: [channels][height][width] or
                                   * [height][width]; an MLP takes any, and flattens it */
    size_t classes;               /* number of outputs, ≥ 1 */
    mixup_network_output output;
    size_t depth;    /* PREACT_RESNET: 18 (default), 34, 50, 101, 152; WIDE_RESNET: 6 n + 4 with n ≥ 1,
                      * default 28; VGG: 11, 13, 16 (default) */
    size_t width;    /* filters of the first stage: PREACT_RESNET, VGG: default 64; ALL_CONVOLUTIONAL: 96 */
    size_t widening; /* WIDE_RESNET: stages have 16, 32, 64 times so many filters; default 10 */
    size_t stem_stride;   /* PREACT_RESNET, WIDE_RESNET: of the first convolution; default 1 */
    float dropout;        /* in [0, 1), default 0. Residual networks: before a block's last convolution; VGG:
                           * before the dense layer; LENET, MLP: behind hidden dense layers (not behind the
                           * bottleneck); ALL_CONVOLUTIONAL: behind convolutions with stride 2 */
    float input_dropout;  /* ALL_CONVOLUTIONAL, MLP: of the network's input; in [0, 1), default 0 */
    const size_t *widths; /* MLP: [width_count] units of the hidden layers, */
    size_t width_count;   /*      default 1024, 1024, 1024 */
    size_t bottleneck;    /* MLP: units of one more hidden layer; default 0: none */
    size_t bottleneck_after;     /* MLP: it stands behind so many of `widths`; default half, rounded down */
    bool linear_bottleneck;      /* MLP: without activation */
    bool batch_norm;             /* MLP: between each hidden layer and its activation */
    float noise;                 /* MLP: deviation of Gaussian noise on the input in training; default 0 */
    mixup_activation activation; /* LENET, MLP: of hidden layers; default RELU (also for LINEAR) */
    float slope;                 /* LENET, MLP: of LEAKY_RELU and ELU, as in mixup_layer */
    mixup_initial initial;       /* of the weights of all layers but the last, which begins Glorot uniform;
                                  * default HE_NORMAL (of tanh and sigmoid: GLOROT_UNIFORM); not CONSTANT */
    const mixup_allocator *allocator;
} mixup_network_desc;

/* A list of layers for mixup_model_desc, valid until mixup_network_destroy; a model copies what it needs. */
typedef struct mixup_network {
    const mixup_layer *layers; /* [layer_count] */
    size_t layer_count;
} mixup_network;
MIXUP_API mixup_status mixup_network_create(mixup_network **network, const mixup_network_desc *desc);
MIXUP_API void mixup_network_destroy(mixup_network *network);

/* ---------------------------------------------------------------- parameters */

/* Parameters and buffers by name: "dense1.weight" [units][features], "dense1.bias" [units],
 * "batch_norm1.running_mean", ... */
typedef struct mixup_parameter_info {
    const char *name;
    size_t shape[MIXUP_MAX_RANK + 1]; /* ends at the first 0 */
    size_t count;                     /* number of values */
    bool frozen;
    bool buffer; /* not trained: running statistics */
} mixup_parameter_info;

MIXUP_API size_t mixup_parameter_count(const mixup_model *model);
MIXUP_API mixup_status mixup_parameter_at(const mixup_model *model, size_t index, mixup_parameter_info *info);
/* Copies all `count` values out or in; `count` must be the parameter's. */
MIXUP_API mixup_status mixup_parameter_read(mixup_model *model, const char *name, float *values,
                                            size_t count);
MIXUP_API mixup_status mixup_parameter_write(mixup_model *model, const char *name, const float *values,
                                             size_t count);
/* Freezes or thaws one parameter ("dense1.weight") or a layer's ("dense1"). Not while a trainer exists. */
MIXUP_API mixup_status mixup_parameter_freeze(mixup_model *model, const char *name, bool frozen);

/* ---------------------------------------------------------------- data */

typedef enum mixup_type {
    MIXUP_FLOAT32, /* default */
    MIXUP_UINT8,
    MIXUP_INT8,
    MIXUP_INT16,
    MIXUP_INT32,
    MIXUP_INT64,
    MIXUP_FLOAT64,
    MIXUP_BOOL,
    MIXUP_FLOAT16,
    MIXUP_UINT16,
    MIXUP_TYPE_COUNT
} mixup_type;

/* Samples with targets. A data set is never changed after it was made, except by mixup_dataset_standardize,
 * mixup_dataset_standardize_targets and mixup_dataset_normalize; parts of it (mixup_dataset_split) share its
 * storage, which lives until the last of them is destroyed. */
typedef struct mixup_dataset mixup_dataset;

/* What a data set does to raw values before a network sees them (columns, filled-in values, scale, mean and
 * deviation) and its class names. Stored in a saved model. */
typedef struct mixup_preprocess mixup_preprocess;

/* Arrays in memory. Targets are `labels` (classes) or `targets` (regression, multi-label, soft classes) or
 * absent (prediction only). */
typedef struct mixup_arrays_desc {
    const void *inputs; /* [count][..shape] of `type` */
    mixup_type type;
    size_t count;
    size_t shape[MIXUP_MAX_RANK];
    double scale;                   /* inputs are divided by it; default 1 */
    const int32_t *labels;          /* [count], each in [0, class_count) */
    size_t class_count;             /* with labels: default the largest label + 1 */
    const char *const *class_names; /* [class_count], which must then be given; NULL: "0", "1", ...; copied */
    const float *targets;           /* [count][target_count] */
    size_t target_count;
    bool borrow; /* keep pointers instead of copies: the arrays must outlive the data set */
    const mixup_allocator *allocator;
} mixup_arrays_desc;
MIXUP_API mixup_status mixup_dataset_from_arrays(mixup_dataset **set, const mixup_arrays_desc *desc);

/* Where the samples of files lie while a data set lives. It changes no result. */
typedef enum mixup_keep {
    MIXUP_KEEP_AUTO,      /* the first of the following that stays within the limit on memory */
    MIXUP_KEEP_IN_MEMORY, /* as they are; images decoded, a byte a value */
    MIXUP_KEEP_ENCODED,   /* images: the bytes of their files, decoded when a batch is made */
    MIXUP_KEEP_ON_DISK,   /* the files must stay; they are read when a batch is made */
} mixup_keep;

/* IDX files (the MNIST format, Y. LeCun), plain or gzip. */
typedef struct mixup_idx_desc {
    const char *images; /* any rank ≥ 1: [count][..shape] */
    const char *labels; /* [count] of bytes or integers; NULL: no targets */
    size_t class_count; /* default: the largest label + 1 */
    const char *const *class_names;
    double scale;        /* inputs are divided by it; default 1 */
    mixup_keep keep;     /* not MIXUP_KEEP_ENCODED; gzip files are kept in memory */
    size_t memory_limit; /* bytes, for MIXUP_KEEP_AUTO; default: a quarter of the machine's memory */
    const mixup_allocator *allocator;
    size_t threads; /* that read a large file; default: MIXUP_THREADS of the environment, else one a
                     * processor */
} mixup_idx_desc;
MIXUP_API mixup_status mixup_dataset_from_idx(mixup_dataset **set, const mixup_idx_desc *desc);

/* NPY files (NumPy format 1 to 3, C order, little-endian). */
typedef struct mixup_npy_desc {
    const char *inputs;  /* [count][..shape] */
    const char *labels;  /* integers [count]; or NULL */
    const char *targets; /* floats [count] or [count][target_count]; or NULL */
    size_t class_count;
    const char *const *class_names;
    double scale;
    mixup_keep keep; /* this and the following as in mixup_idx_desc */
    size_t memory_limit;
    const mixup_allocator *allocator;
    size_t threads;
} mixup_npy_desc;
MIXUP_API mixup_status mixup_dataset_from_npy(mixup_dataset **set, const mixup_npy_desc *desc);

typedef enum mixup_missing {
    MIXUP_MISSING_REFUSE, /* default: an error with row and column */
    MIXUP_MISSING_MEAN,   /* the column's mean */
    MIXUP_MISSING_MEDIAN,
    MIXUP_MISSING_ZERO,
} mixup_missing;

/* CSV (RFC 4180, plain or gzip). All columns but the targets' and the ignored ones are inputs, and must be
 * numbers, or true and false (in any case), which become 1 and 0; not both in one column. Missing is an empty
 * field, "NA", "NaN", "null" or "?". Columns are named by the header or numbered from 1. */
typedef struct mixup_csv_desc {
    const char *path;
    char separator; /* default ',' */
    bool no_header;
    const char *label;          /* column of classes: any text; classes in natural order */
    const char *const *targets; /* or columns of numbers, or true and false: regression or multi-label */
    size_t target_count;
    const char *const *ignore; /* columns to leave out */
    size_t ignore_count;
    mixup_missing missing; /* among the inputs; targets must not be missing */
    /* Columns, filled-in values, statistics and classes of an earlier set; where it has true and false, 1 and
     * 0 will do. `label`, `targets`, `ignore` and `missing` are then its own, and the target columns may be
     * absent from the file. Or NULL. */
    const mixup_preprocess *like;
    bool inputs_only; /* with `like`: columns of labels and targets are not read, whatever they hold */
    const mixup_allocator *allocator;
} mixup_csv_desc;
MIXUP_API mixup_status mixup_dataset_from_csv(mixup_dataset **set, const mixup_csv_desc *desc);

typedef enum mixup_cifar_part { MIXUP_CIFAR_TRAIN, MIXUP_CIFAR_TEST } mixup_cifar_part;

/* CIFAR-100 has two labels an image; CIFAR-10's only ones count as fine. */
typedef enum mixup_cifar_labels {
    MIXUP_CIFAR_FINE,   /* 100 classes (CIFAR-10: 10) */
    MIXUP_CIFAR_COARSE, /* 20 classes */
} mixup_cifar_labels;

/* CIFAR-10 or CIFAR-100 (A. Krizhevsky): images of shape {3, 32, 32}, kept as bytes. Either a list of files
 * of the binary version, plain or gzip, or a folder that holds
 * - these files as they were published (data_batch_1.bin ... test_batch.bin, or train.bin and test.bin);
 * class names are those of the text files beside them where those are; or else
 * - the same images as JPEG or PNG, train/CLASS/NAME.jpg and test/CLASS/NAME.jpg, in folders or in a tar
 *   archive images.tar; the classes in natural order, which is that of the published labels. */
typedef struct mixup_cifar_desc {
    const char *folder;
    mixup_cifar_part part;    /* of the folder; default the training images */
    const char *const *files; /* [file_count], instead of `folder` */
    size_t file_count;
    bool hundred; /* the files are CIFAR-100's */
    mixup_cifar_labels labels;
    double scale; /* inputs are divided by it; default 1 */
    const mixup_allocator *allocator;
} mixup_cifar_desc;
MIXUP_API mixup_status mixup_dataset_from_cifar(mixup_dataset **set, const mixup_cifar_desc *desc);

/* SVHN's cropped digits (Y. Netzer et al. 2011): MATLAB files with X, uint8 height × width × 3 × count, and
 * y, one label from 1 to 10 an image, 10 for the digit 0. Images of shape {3, height, width}, kept as bytes;
 * the classes are the digits 0 to 9. */
typedef struct mixup_svhn_desc {
    const char *const *files; /* [file_count], joined in this order: train_32x32.mat, extra_32x32.mat, ... */
    size_t file_count;
    double scale; /* inputs are divided by it; default 1 */
    const mixup_allocator *allocator;
} mixup_svhn_desc;
MIXUP_API mixup_status mixup_dataset_from_svhn(mixup_dataset **set, const mixup_svhn_desc *desc);

/* JPEG and PNG images (.jpg, .jpeg, .png), in folders named by class, in a folder or in a tar archive of such
 * folders (plain, gzip, bzip2, xz, zstd), or one image: shape {3, height, width}, or {1, height, width} in
 * grey. Classes and images come in natural order (img2 before img10). Images that lie in no folder have no
 * class.
 *
 * All are decoded once when the set is made, which finds damaged ones. Those that are not kept decoded are
 * decoded again for each batch; a file that has changed by then is an error. A compressed archive can be read
 * only from its beginning to its end, so its images are in memory in one way or the other. */
typedef struct mixup_images_desc {
    const char *path;  /* folder or archive */
    const char *part;  /* only what lies below this folder of it ("train"); NULL: all */
    size_t size[2];    /* height, width: images are resized until both sides cover it (bilinear, averaged when
                        * shrinking), and their middle is taken; 0: all must have the same size */
    bool grey;         /* one channel instead of red, green and blue */
    bool skip_damaged; /* leave out what cannot be decoded; default: an error */
    size_t *skipped;   /* gets the number left out; or NULL */
    double scale;      /* inputs are divided by it; default 1 */
    const mixup_preprocess *like; /* size, channels, scale, statistics and classes of an earlier set; `size`,
                                   * `grey` and `scale` are then its own */
    bool inputs_only;             /* with `like`: folders are no classes, whatever they are called */
    mixup_log log; /* a line for each image left out (unless .on_image is told), and one if there
                    * are images of other kinds, which do not count */
    mixup_keep keep;
    size_t memory_limit; /* bytes, for MIXUP_KEEP_AUTO; default: a quarter of the machine's memory */
    size_t threads;      /* that decode while the set is made; default: MIXUP_THREADS of the environment, else
                          * one a processor */
    const mixup_allocator *allocator;
    bool skip_unreadable; /* leave out files that cannot be opened or read, too; default: an error */
    /* Is told of every image, in their order, when all were looked at: its path below `path` (and `part`),
     * and why it is left out; NULL: it is the next sample. The texts are valid during the call; anything but
     * MIXUP_OK ends with MIXUP_ERROR_CALLBACK. Or NULL. */
    mixup_status (*on_image)(void *user, const char *name, const char *problem);
    void *user;
} mixup_images_desc;
MIXUP_API mixup_status mixup_dataset_from_images(mixup_dataset **set, const mixup_images_desc *desc);

typedef enum mixup_tiny_imagenet_part {
    MIXUP_TINY_IMAGENET_TRAIN,
    MIXUP_TINY_IMAGENET_VAL
} mixup_tiny_imagenet_part;

/* Tiny-ImageNet as it was published (a folder with wnids.txt, train/WNID/images/NAME.JPEG, and
 * val/images/NAME.JPEG with val/val_annotations.txt), read as mixup_dataset_from_images does. The classes are
 * the lines of wnids.txt, in their order, called what words.txt says, if it is there; two that would be
 * called the same have their WordNet number in brackets. Its validation images serve as test images, since
 * the labels of those for testing were not published. */
typedef struct mixup_tiny_imagenet_desc {
    const char *folder;
    mixup_tiny_imagenet_part part; /* default the training images */
    size_t size[2];                /* this and the following as in mixup_images_desc */
    bool skip_damaged;
    size_t *skipped;
    double scale;
    mixup_log log;
    mixup_keep keep;
    size_t memory_limit;
    size_t threads;
    const mixup_allocator *allocator;
} mixup_tiny_imagenet_desc;
MIXUP_API mixup_status mixup_dataset_from_tiny_imagenet(mixup_dataset **set,
                                                        const mixup_tiny_imagenet_desc *desc);

/* Two interleaved spirals in the plane: with U uniform in [0, 1) and n = sqrt(U) × turn (in radians),
 * x = -cos(n) n + U noise, y = sin(n) n + U noise, and class 1 the same points negated; in random order. */
typedef struct mixup_spirals_desc {
    size_t count_per_class; /* default 2000 */
    double turn;            /* degrees; default 780 */
    double noise;           /* default 0.9 */
    uint64_t seed;
    const mixup_allocator *allocator;
} mixup_spirals_desc;
MIXUP_API mixup_status mixup_dataset_from_spirals(mixup_dataset **set, const mixup_spirals_desc *desc);

/* The synthetic tasks of the paper's table 8: images [1][64][64] of a 1 or a 7, each a stem and a bar (short
 * for a 1) on a sheet that is turned with them by an angle in degrees, counter-clockwise. The sheet is 1, ink
 * 0.3, what lies beyond the sheet's edges 0. Training angles come half from U(-70, -50), half from U(50, 80).
 * As in the authors' code, the length of the bar, place, slant and width of the strokes vary as well. */
typedef enum mixup_factors_task {
    MIXUP_FACTORS_A, /* label: the side; tested on U(-30, -10) against U(10, 30) */
    MIXUP_FACTORS_B, /* label: the side; tested on U(-30, -20) against U(-10, 30) */
    MIXUP_FACTORS_C, /* label: whether it is a 1 or a 7; tested on U(-30, 30) */
} mixup_factors_task;

typedef enum mixup_factors_part { MIXUP_FACTORS_TRAIN, MIXUP_FACTORS_TEST } mixup_factors_part;

/* A sample is a function of seed, part and its number; it is rendered when it is read. */
typedef struct mixup_factors_desc {
    mixup_factors_task task;
    mixup_factors_part part; /* whose angles */
    size_t count;            /* default 10000, at most 2^32 - 1 */
    bool angle_only;         /* the other factors (but for the digit) stay in the middle of their ranges */
    double factor_alpha; /* > 0: mix the factors themselves: a sample is rendered from λ times the factors of
                          * one draw plus 1 - λ times those of another, λ ~ Beta(factor_alpha, factor_alpha),
                          * and its target is mixed alike; default 0 */
    uint64_t seed;
    const mixup_allocator *allocator;
} mixup_factors_desc;
MIXUP_API mixup_status mixup_dataset_from_factors(mixup_dataset **set, const mixup_factors_desc *desc);

/* Samples that the caller makes on demand. `read` fills `count` samples, number indices[i] at row i. It may
 * be called from another thread than the one that trains (mixup_fit_desc.load_threads), ahead of training and
 * for samples that are then not used, but never from two threads at once, and for no training data while
 * mixup_fit validates. A failure ends the training at the step that the samples were for. */
typedef struct mixup_callback_desc {
    size_t count;
    size_t shape[MIXUP_MAX_RANK];
    size_t class_count;  /* classes: targets are one column a class, their sum 1 */
    size_t target_count; /* otherwise: columns of targets */
    const char *const *class_names;
    mixup_status (*read)(void *user, const size_t *indices, size_t count,
                         float *inputs,   /* [count][..shape] */
                         float *targets); /* [count][class_count or target_count] */
    void *user;
    const mixup_allocator *allocator;
} mixup_callback_desc;
MIXUP_API mixup_status mixup_dataset_from_callback(mixup_dataset **set, const mixup_callback_desc *desc);

/* How to cut a part off a data set; exactly one of first, last, count and fraction. */
typedef struct mixup_split_desc {
    size_t first;    /* the first so many samples */
    size_t last;     /* the last so many samples */
    size_t count;    /* so many, drawn at random */
    double fraction; /* this share, in (0, 1), drawn at random, rounded to the nearest number */
    bool stratified; /* with count and fraction: the same shares of every class, to ±1 sample */
    uint64_t seed;
} mixup_split_desc;
/* `part` gets the samples cut off and `rest` the others, both in their old order. `set` stays as it is. */
MIXUP_API mixup_status mixup_dataset_split(const mixup_dataset *set, const mixup_split_desc *desc,
                                           mixup_dataset **rest, mixup_dataset **part);

/* Subtracts from every input feature the mean that it has in `learn`, and divides by its (population)
 * deviation there; a constant feature is only centred. A filled-in mean or median is taken from `learn` as
 * well. `learn` may be `set`; learn on the training part only. Statistics that `learn` already has are used
 * as they are. */
MIXUP_API mixup_status mixup_dataset_standardize(mixup_dataset *set, const mixup_dataset *learn);

/* The same for the targets of regression, a mean and a deviation for each column: a network learns numbers
 * far from 0 and 1 slowly or not at all. Then targets are read, the network answers, and losses are counted
 * in these units (loss: MIXUP_MEAN_SQUARED_ERROR); mixup_preprocess_restore_targets leads back, and
 * mixup_metrics has its mse and mae in the units of the stored targets. Classes are an error. */
MIXUP_API mixup_status mixup_dataset_standardize_targets(mixup_dataset *set, const mixup_dataset *learn);

/* The same for inputs with one mean and one deviation for each channel, over all pixels and samples of
 * `learn`: for images, of shape [channels][height][width], or [height][width] (one channel). A set has the
 * statistics of features or those of channels: another kind in `learn` is an error. */
MIXUP_API mixup_status mixup_dataset_normalize(mixup_dataset *set, const mixup_dataset *learn);

/* The same with statistics that are known: `mean` and `deviation` (> 0), each [channel_count], in units after
 * the division by `scale`. */
MIXUP_API mixup_status mixup_dataset_normalize_by(mixup_dataset *set, const double *mean,
                                                  const double *deviation, size_t channel_count);

MIXUP_API void mixup_dataset_destroy(mixup_dataset *set);

/* Pointers are the data set's, valid while it lives. */
typedef struct mixup_dataset_info {
    size_t count;
    size_t shape[MIXUP_MAX_RANK];    /* of an input */
    size_t class_count;              /* 0: no classes */
    size_t target_count;             /* columns of a target row: class_count for classes; 0: no targets */
    const char *const *class_names;  /* [class_count], or NULL */
    const char *const *target_names; /* [target_count], or NULL */
} mixup_dataset_info;
MIXUP_API void mixup_dataset_describe(const mixup_dataset *set, mixup_dataset_info *info);

/* Reads samples as the network sees them: row i of `inputs` [count][..shape] and, unless NULL, of `targets`
 * [count][target_count] (one-hot for classes) becomes sample indices[i]. */
MIXUP_API mixup_status mixup_dataset_read(const mixup_dataset *set, const size_t *indices, size_t count,
                                          float *inputs, float *targets);

/* The class of each sample [count], -1 without one. Not for data sets of a callback, nor of mixed factors. */
MIXUP_API mixup_status mixup_dataset_labels(const mixup_dataset *set, int32_t *labels);

/* The data set's own, valid while it lives. */
MIXUP_API const mixup_preprocess *mixup_dataset_preprocess(const mixup_dataset *set);

/* Turns raw values, `inputs` [count][..shape], into what the network sees, in place: for a program that has
 * its samples in memory and a model that knows, from its training data, how to prepare them
 * (mixup_model_preprocess). Values are in the units and the order of that data; NaN is a missing value, an
 * error where those are refused. Without a preprocess nothing is changed. */
MIXUP_API mixup_status mixup_preprocess_inputs(const mixup_preprocess *preprocess, size_t count,
                                               float *inputs);

/* The way back: turns `outputs` [count][target_count], what a network answered, into the units of the stored
 * targets; does nothing where these were not standardised, or without a preprocess. For a model:
 * mixup_model_preprocess. */
MIXUP_API void mixup_preprocess_restore_targets(const mixup_preprocess *preprocess, size_t count,
                                                float *outputs);

/* ---------------------------------------------------------------- mixing */

/* Random changes of training images, of shape [channels][height][width] or [height][width]. Zero: none. They
 * are made in this order: the resized crop, pad-and-crop and flip on raw values; scale, mean and deviation of
 * the data set; the cutout. What a sample gets is a function of seed, epoch and sample only. (Raw values of
 * 32-bit integers and of 64 bits are rounded to float first.) */
typedef struct mixup_augment {
    bool horizontal_flip;
    float flip_probability; /* in (0, 1]; default 0.5 */
    size_t crop_padding;    /* so many pixels of raw value 0 are added on each side, and a window of the old
                             * size is taken out anywhere (uniform); below both sides; 0: none */
    bool resized_crop;      /* a window of random area and ratio, anywhere, is resized to the whole
                             * (bilinear), Szegedy et al. 2015 */
    float crop_area[2];     /* its lowest and highest share of the area, in (0, 1]; default {0.08, 1} */
    float crop_ratio[2];    /* its lowest and highest ratio of width to height, > 0; default {3/4, 4/3} */
    size_t cutout;          /* a square of so many pixels a side becomes 0, what the network sees; its centre
                             * is uniform over the image, so that it may reach beyond the border (DeVries &
                             * Taylor 2017); at most the longer side; 0: none */
} mixup_augment;

/* What mixing makes of a state h_i and its partner's, h_π(i). */
typedef enum mixup_mix_kind {
    MIXUP_INTERPOLATE, /* default: λ h_i + (1 - λ) h_π(i) (Zhang et al. 2018, Verma et al. 2019) */
    MIXUP_CUTMIX, /* h_i with a rectangle of about the share 1 - λ of h_π(i) (Yun et al. 2019). The state
                   * is an image: [channels][h][w], or [h][w]; the targets' weights are the exact shares
                   * of the area at the site */
    MIXUP_MIX_KIND_COUNT
} mixup_mix_kind;

/* When, where and how to mix. Zero: no mixing. All settings go together. */
typedef struct mixup_mix_desc {
    mixup_mix_kind kind;
    float alpha;              /* λ ~ Beta(alpha, alpha); 0: no mixing; > 0 needs a site */
    const char *const *at;    /* sites: layers whose input is mixed, or "input"; */
    size_t at_count;          /* none given: the layers that have .mix; layers that read one tensor are one
                               * site, with their weights, where given, added up */
    const float *weights;     /* [at_count] relative probabilities of the sites, ≥ 0; NULL: all the same */
    bool per_sample;          /* a λ for each pair of sample and partner, instead of one a batch; CUTMIX: a
                               * rectangle too */
    bool clamp_lambda;        /* λ becomes max(λ, 1 - λ); CUTMIX: before the rectangle is made of it */
    bool no_self_pairs;       /* no sample is its own partner; a batch of one is then not mixed */
    bool block_gradient;      /* ablation: no gradient flows to the layers below the site */
    float plain_probability;  /* of leaving a batch unmixed, in [0, 1]; default 0 */
    size_t plain_last_epochs; /* train the last so many epochs without mixing */
    size_t every_steps;       /* mix the first of every so many batches, counted over all epochs, and leave
                               * the others unmixed; default 1: all are mixed. 2 alternates */
    const size_t *alpha_epochs; /* [alpha_count] numbers of epochs, from 1, increasing; NULL: alpha is the
                                 * same in all */
    const float *alpha_factors; /* [alpha_count] what alpha is multiplied by in these epochs, ≥ 0; linear in
                                 * between, constant before the first and after the last; where the product
                                 * is 0, an epoch is not mixed */
    size_t alpha_count;
} mixup_mix_desc;

/* What one batch drew. The caller owns the arrays. weight + partner_weight = 1; both are carried because for
 * small alpha 1 - weight would round to 0. It does not depend on what the site's tensor looks like. */
typedef struct mixup_batch_draw {
    size_t batch;
    int32_t site;          /* index of the site drawn; -1: this batch is not mixed */
    uint32_t *partner;     /* [batch] the permutation π */
    float *weight;         /* [batch] λ */
    float *partner_weight; /* [batch] 1 - λ */
    mixup_mix_kind kind;   /* how to mix; zero: interpolate */
    float *cut_row;    /* [batch] CUTMIX: centre of the rectangle, as a fraction of the height, in [0, 1] */
    float *cut_column; /* [batch] the same of the width; both may be NULL for other kinds */
} mixup_batch_draw;

typedef struct mixup_draw_desc {
    uint64_t seed;
    uint32_t epoch;            /* from 0 */
    uint32_t step;             /* within the epoch, from 0 */
    const mixup_mix_desc *mix; /* all but at, block_gradient and plain_last_epochs; weights: one a site */
    size_t site_count;         /* how many sites there are to draw from */
    uint64_t total_step;       /* steps before this one in all epochs; only mix->every_steps needs it */
} mixup_draw_desc;

/* Draws site, λ, π and the centre of a rectangle for draw->batch samples, as a function of the description
 * only, and sets draw->kind. When the batch is not to be mixed the arrays hold the identity (partner i,
 * weight 1, partner_weight 0). */
MIXUP_API mixup_status mixup_draw(const mixup_draw_desc *desc, mixup_batch_draw *draw);

/* mixed_i = λ_i states_i + (1 - λ_i) states_π(i), paper eq. 2, whatever draw->kind says. The arrays must not
 * overlap. */
MIXUP_API void mixup_mix_states(const mixup_batch_draw *draw, size_t width,
                                const float *states, /* [batch][width] */
                                float *mixed);       /* [batch][width] */

/* The same for the targets. */
MIXUP_API void mixup_mix_targets(const mixup_batch_draw *draw, size_t width, const float *targets,
                                 float *mixed);

/* The gradient for the unmixed states: gradient_j = λ_j g_j + (1 - λ_i) g_i where π(i) = j. */
MIXUP_API void mixup_mix_gradient(const mixup_batch_draw *draw, size_t width,
                                  const float *mixed_gradient, /* [batch][width] */
                                  float *gradient);            /* [batch][width] */

/* Rows top <= y < bottom and columns left <= x < right of an image; empty where two are equal. */
typedef struct mixup_rectangle {
    size_t top, bottom, left, right;
} mixup_rectangle;

/* The rectangle of sample i in an image of height × width (both ≥ 1): its sides are the share sqrt(1 - λ_i)
 * of the image's, its centre is (cut_row_i, cut_column_i), what sticks out is cut off, and a position belongs
 * to it when its middle does: row y when |(y + 1/2) / height - cut_row| is within half the side (the upper
 * end excluded). So one draw means the same place at any resolution, a map of 1 × 1 is exchanged as a whole
 * or not at all, and the expected area is, but for what is cut off, 1 - λ. */
MIXUP_API mixup_rectangle mixup_cut_rectangle(const mixup_batch_draw *draw, size_t i, size_t height,
                                              size_t width);

/* The following mix images as the draw says: CUTMIX with its rectangles, any other kind as mixup_mix_* does.
 * mixed_i is states_i with the rectangle of sample i, in every channel, taken from states_π(i). */
MIXUP_API void mixup_cut_states(const mixup_batch_draw *draw, size_t channels, size_t height, size_t width,
                                const float *states, /* [batch][channels][height][width] */
                                float *mixed);       /* likewise; must not overlap */

/* The weights of targets that go with it: the shares of the area height × width of sample i itself and of its
 * partner. Not those drawn, from which rounding and the borders take them away. */
MIXUP_API void mixup_cut_weights(const mixup_batch_draw *draw, size_t height, size_t width,
                                 float *weight,          /* [batch] */
                                 float *partner_weight); /* [batch] */

/* Targets mixed with these weights; height and width are those of the site, columns the targets'. */
MIXUP_API void mixup_cut_targets(const mixup_batch_draw *draw, size_t height, size_t width, size_t columns,
                                 const float *targets, /* [batch][columns] */
                                 float *mixed);        /* [batch][columns]; must not overlap */

/* The gradient for the unmixed states: g_j outside the rectangle of j, and g_i inside that of i where
 * π(i) = j. */
MIXUP_API void mixup_cut_gradient(const mixup_batch_draw *draw, size_t channels, size_t height, size_t width,
                                  const float *mixed_gradient, /* [batch][channels][height][width] */
                                  float *gradient);            /* likewise; must not overlap */

/* ---------------------------------------------------------------- training */

typedef enum mixup_loss {
    MIXUP_LOSS_DEFAULT,          /* by the last activation: softmax, sigmoid or squared error */
    MIXUP_SOFTMAX_CROSS_ENTROPY, /* -Σ_c t_c log softmax(z)_c */
    MIXUP_SOFTMAX_BINARY,     /* binary cross-entropy of softmax(z), mean over classes (the paper's code) */
    MIXUP_SIGMOID_BINARY,     /* binary cross-entropy of sigmoid(z), mean over columns: multi-label */
    MIXUP_MEAN_SQUARED_ERROR, /* mean over columns */
    MIXUP_LOSS_COUNT
} mixup_loss;

typedef enum mixup_optimizer_kind {
    MIXUP_OPTIMIZER_DEFAULT, /* Adam */
    MIXUP_SGD,               /* with .momentum: PyTorch's convention, v = μ v + g, w -= η v */
    MIXUP_NESTEROV,          /* w -= η (g + μ v), .momentum default 0.9 */
    MIXUP_ADAM,              /* Kingma & Ba 2015; .weight_decay is added to the gradient */
    MIXUP_ADAMW,             /* Loshchilov & Hutter 2019; .weight_decay is decoupled */
    MIXUP_RMSPROP,           /* Tieleman & Hinton 2012; with .momentum as PyTorch's */
    MIXUP_OPTIMIZER_COUNT
} mixup_optimizer_kind;

typedef enum mixup_epsilon {
    /* PyTorch (default): m̂ / (sqrt(v̂) + ε) with bias-corrected moments; RMSprop: g / (sqrt(v) + ε) */
    MIXUP_EPSILON_PYTORCH,
    /* Keras: η sqrt(1 - β2^t) / (1 - β1^t) · m / (sqrt(v) + ε); RMSprop: g / sqrt(v + ε) */
    MIXUP_EPSILON_KERAS,
} mixup_epsilon;

typedef struct mixup_optimizer {
    mixup_optimizer_kind kind;
    float learning_rate; /* default 1e-3 (Adam, AdamW, RMSprop), 1e-2 (SGD, Nesterov) */
    float momentum;      /* SGD, RMSprop: default 0; Nesterov: 0.9 */
    float beta1, beta2;  /* Adam: defaults 0.9, 0.999 */
    float rho;           /* RMSprop: smoothing, default 0.99 */
    float epsilon;       /* default 1e-8 */
    mixup_epsilon epsilon_convention;
    float weight_decay; /* default 0; on all parameters */
    bool decoupled;     /* decay by w -= η decay w, for any kind (always so for AdamW) */
    float clip_norm;    /* > 0: scale all gradients so that their joint norm is at most this */
    float clip_value;   /* > 0: limit each gradient value to ± this */
} mixup_optimizer;

typedef enum mixup_schedule_kind {
    MIXUP_SCHEDULE_CONSTANT,
    MIXUP_SCHEDULE_STEP,       /* × factor every `period` epochs */
    MIXUP_SCHEDULE_MULTI_STEP, /* × factor after each of `epochs` */
    MIXUP_SCHEDULE_COSINE,     /* from the base rate to `minimum` over all epochs, per step */
    MIXUP_SCHEDULE_PLATEAU,    /* × factor when the watched loss has not improved for `patience` epochs */
    MIXUP_SCHEDULE_COUNT
} mixup_schedule_kind;

typedef struct mixup_schedule {
    mixup_schedule_kind kind;
    const size_t *epochs; /* MULTI_STEP: increasing; after that many finished epochs the rate drops */
    size_t epoch_count;
    size_t period;        /* STEP: ≥ 1 */
    float factor;         /* in (0, 1); default 0.1 */
    size_t patience;      /* PLATEAU: default 10 */
    float minimum;        /* no rate below this; default 0 */
    size_t warm_up_steps; /* any kind: the rate first grows linearly over so many steps */
} mixup_schedule;

/* Measurements on a data set. Not a number where the kind of target has no such measure. */
typedef struct mixup_metrics {
    size_t count;
    double loss;           /* the training loss's formula, without smoothing and class weights */
    double accuracy;       /* share of samples whose most probable class is right; multi-label: of columns */
    double top_k_accuracy; /* the right class is among the `top_k` most probable */
    double nll;            /* mean of -log p(right class), in nats */
    double calibration_error;   /* expected, `bins` equal bins of confidence (Guo et al. 2017) */
    double mse, mae, r_squared; /* regression: means over samples and columns, in units of the stored targets;
                                 * R² averaged over columns */
} mixup_metrics;

/* One finished epoch. */
typedef struct mixup_epoch {
    size_t epoch;          /* from 1 */
    uint64_t step;         /* steps done since the beginning */
    double learning_rate;  /* of the epoch's last step */
    double train_loss;     /* mean over samples, as trained (mixed, smoothed, weighted) */
    double train_accuracy; /* λ-weighted: λ [right for i] + (1-λ) [right for π(i)]; NaN: regression */
    double train_clean_accuracy; /* after the epoch, on unmixed samples; NaN unless asked for */
    double validation_loss;      /* NaN without validation data */
    double validation_accuracy;
    double seconds; /* of the epoch, validation included */
    bool best;      /* best so far on the watched measure */
} mixup_epoch;

/* One finished step. */
typedef struct mixup_step {
    size_t epoch;      /* from 1 */
    size_t epoch_step; /* from 1 */
    size_t epoch_steps;
    uint64_t step; /* from 1 */
    size_t batch;
    const char *site; /* where this batch was mixed; NULL: nowhere */
    double loss;      /* mean over the batch */
    double accuracy;  /* λ-weighted; NaN: regression */
    double learning_rate;
} mixup_step;

typedef enum mixup_stop {
    MIXUP_STOP_FINISHED, /* all epochs done */
    MIXUP_STOP_EARLY,    /* early stopping */
    MIXUP_STOP_CALLBACK, /* a callback asked for it; the checkpoint, if any, was written */
} mixup_stop;

typedef struct mixup_fit_result {
    mixup_stop stop;
    size_t epochs; /* finished, earlier runs included */
    uint64_t steps;
    size_t best_epoch;        /* from 1; 0: nothing was watched */
    mixup_metrics validation; /* of the network as training leaves it: what mixup_evaluate would measure now,
                               * without a second look where an epoch took it; count 0: no validation data,
                               * or a callback stopped the training */
} mixup_fit_result;

/* Where fit keeps its state so that it can go on after any stop. The file is independent of the engine. */
typedef struct mixup_checkpoint_desc {
    const char *path;     /* NULL: none */
    size_t every_epochs;  /* default 1 */
    size_t every_steps;   /* in addition; default 0: not inside epochs */
    double least_seconds; /* at the end of an epoch: not when the last one is younger than this; default 0.
                           * Whatever stops or ends the training writes one all the same */
    bool unfinished_only; /* none when the training has come to its end: for a caller who then stores the
                           * model at once. Until that is done, the last one stands for the last epochs */
    bool resume;          /* continue from `path` when it exists; settings and data must be the same */
} mixup_checkpoint_desc;

/* What a training step does with states that the backward pass reads and that are cheap to compute: norms,
 * the activations behind them, the mix. The bits are the same; nothing of it is saved with a model. */
typedef enum mixup_recompute {
    MIXUP_RECOMPUTE_AUTO,  /* compute those again, instead of keeping them, without which a step needs less
                            * memory; of a large residual network that is about half */
    MIXUP_RECOMPUTE_NEVER, /* keep all: faster by a few per cent where AUTO computes some again */
} mixup_recompute;

/* .load_threads where the thread that trains is to do it all. */
#define MIXUP_NO_LOAD_THREADS SIZE_MAX

typedef struct mixup_fit_desc {
    const mixup_dataset *train;
    const mixup_dataset *validation; /* or NULL */
    size_t epochs;                   /* default 1 */
    size_t batch_size;               /* default 32 */
    size_t load_threads;             /* that gather, read and change the next batches while one is trained;
                                      * default 1, but none where samples in memory are only copied; of a
                                      * callback's samples at most 1. MIXUP_NO_LOAD_THREADS: none. The
                                      * number never changes a result */
    bool no_shuffle;                 /* keep the order of `train`; default: a new order each epoch */
    bool drop_last;                  /* leave out a last, shorter batch */
    uint64_t seed;                   /* of order, draws, dropout, noise */
    mixup_mix_desc mix;
    mixup_augment augment; /* of training batches; never of what is evaluated */
    mixup_loss loss;
    float label_smoothing;      /* in [0, 1): t (1 - s) + s / classes, before mixing */
    const float *class_weights; /* [classes or columns], > 0; or NULL */
    size_t class_weight_count;
    mixup_optimizer optimizer;
    mixup_schedule schedule;
    size_t early_stopping; /* stop after so many epochs without a better validation loss; 0: never */
    bool restore_best;     /* end with the weights of the best validation loss */
    float average_decay;   /* > 0: exponential moving average of the weights w̄ = d w̄ + (1-d) w, in
                            * (0, 1); validated, and left in the model at the end */
    bool clean_accuracy;   /* also measure accuracy on the unmixed training data every epoch: after its last
                            * step, as mixup_evaluate does, with the averaged weights where there are */
    size_t top_k, bins;    /* of result.validation, as in mixup_evaluate_desc */
    mixup_recompute recompute; /* default: to need little memory */
    mixup_checkpoint_desc checkpoint;
    bool (*on_step)(void *user, const mixup_step *step);    /* true stops the training */
    bool (*on_epoch)(void *user, const mixup_epoch *epoch); /* true stops the training */
    void *user;
    mixup_fit_result *result; /* filled on success; or NULL */
} mixup_fit_desc;

/* Trains. On MIXUP_ERROR_NOT_FINITE the message holds the step; the last checkpoint stays. */
MIXUP_API mixup_status mixup_fit(mixup_model *model, const mixup_fit_desc *desc);

/* Steps on the caller's own batches. Uses of the description: seed, mix, loss, label_smoothing,
 * class_weights, optimizer, average_decay, recompute. All steps count as the first epoch, which
 * mix.alpha_epochs sees. The model must outlive the trainer; one trainer a model. */
typedef struct mixup_trainer mixup_trainer;
MIXUP_API mixup_status mixup_trainer_create(mixup_trainer **trainer, mixup_model *model,
                                            const mixup_fit_desc *desc);
MIXUP_API void mixup_trainer_destroy(mixup_trainer *trainer);
/* One step on `count` samples; draws by itself, or mixes as `draw` says (site: an index into the sites in
 * the order of mix.at, or of the layers with .mix; kind: any, whatever mix.kind is). `loss` may be NULL. */
MIXUP_API mixup_status mixup_trainer_step(mixup_trainer *trainer, size_t count,
                                          const float *inputs,  /* [count][..input shape], and */
                                          const float *targets, /* [count][..output shape]: as the network
                                                                 * sees them */
                                          const mixup_batch_draw *draw, double *loss);
MIXUP_API mixup_status mixup_trainer_set_learning_rate(mixup_trainer *trainer, float learning_rate);

/* ---------------------------------------------------------------- using a trained model */

typedef struct mixup_evaluate_desc {
    size_t batch_size;   /* default 256 */
    mixup_loss loss;     /* default: the one trained with, else by the last activation */
    size_t top_k;        /* default 5, at most the number of classes */
    size_t bins;         /* of the calibration error; default 15 */
    uint64_t *confusion; /* [classes][classes] counts, row: right class, column: predicted; or NULL */
} mixup_evaluate_desc;
/* `desc` may be NULL. */
MIXUP_API mixup_status mixup_evaluate(mixup_model *model, const mixup_dataset *set,
                                      const mixup_evaluate_desc *desc, mixup_metrics *metrics);

/* The network's outputs, its last activation applied. Raw values first go through mixup_preprocess_inputs,
 * and outputs that are numbers through mixup_preprocess_restore_targets. */
MIXUP_API mixup_status
mixup_predict(mixup_model *model, size_t count,
              const float *inputs, /* [count][..input shape], as the network sees them */
              float *outputs);     /* [count][..output shape] */

/* The output of a layer by name ("input" and the last layer included), without dropout and noise. */
MIXUP_API mixup_status mixup_states(mixup_model *model, const char *layer, size_t count, const float *inputs,
                                    float *states); /* [count][..that layer's output shape] */

/* The gradient of each sample's own loss with respect to its input: row i is d loss(sample i) / d inputs[i],
 * neither divided by the number of samples nor scaled by class weights. The network is differentiated as it
 * predicts: batch norm with its running statistics, without dropout and noise; nothing of the model changes.
 * `loss`: default as for mixup_evaluate. This is what adversarial attacks need (Goodfellow et al. 2015). */
MIXUP_API mixup_status
mixup_input_gradient(mixup_model *model, mixup_loss loss, size_t count,
                     const float *inputs,  /* [count][..input shape], as the network sees them */
                     const float *targets, /* [count][..output shape], as in training */
                     float *gradients);    /* [count][..input shape] */

/* Predictions from several threads at once, one predictor a thread; all share the model's parameters. */
typedef struct mixup_predictor mixup_predictor;
MIXUP_API mixup_status mixup_predictor_create(mixup_predictor **predictor, mixup_model *model);
MIXUP_API void mixup_predictor_destroy(mixup_predictor *predictor);
MIXUP_API mixup_status mixup_predictor_run(mixup_predictor *predictor, size_t count, const float *inputs,
                                           float *outputs);

/* ---------------------------------------------------------------- files */

/* safetensors: parameters and buffers by name; network, preprocessing and classes in __metadata__. */
MIXUP_API mixup_status mixup_model_save(mixup_model *model, const char *path);

typedef struct mixup_load_desc {
    mixup_engine engine; /* this and the following as in mixup_model_desc */
    size_t threads;      /* these read a large file, too */
    mixup_convolution convolution;
    mixup_precision precision;
    const mixup_custom *const *customs; /* functions for custom layers, found by their `kind` */
    size_t custom_count;
    const mixup_allocator *allocator;
    mixup_log log;
} mixup_load_desc;
/* A model saved by mixup_model_save. `desc` may be NULL. */
MIXUP_API mixup_status mixup_model_load(mixup_model **model, const char *path, const mixup_load_desc *desc);

/* Takes from a safetensors file every parameter whose name and shape fit, and logs what did not match. On
 * failure all parameters are as they were. */
typedef struct mixup_match {
    size_t loaded;  /* parameters taken from the file */
    size_t missing; /* of the model, not in the file: unchanged */
    size_t unknown; /* in the file, not in the model: ignored */
    size_t misfits; /* name known, another shape: unchanged */
} mixup_match;
MIXUP_API mixup_status mixup_model_load_parameters(mixup_model *model, const char *path, mixup_match *match);

/* What the training data did to raw values; NULL when the model was not trained by fit. */
MIXUP_API const mixup_preprocess *mixup_model_preprocess(const mixup_model *model);

/* The names of the classes, or of the target columns; NULL when there are none. Valid while the model lives.
 */
MIXUP_API const char *const *mixup_model_class_names(const mixup_model *model, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
