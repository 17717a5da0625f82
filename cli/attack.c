/* attack: `mixup attack` measures models on inputs that FGSM or PGD changed. */
#include "runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The description that the options give; `epsilons` and `clip` are room for lists. */
static mixup_status describe(const arguments *given, float *epsilons, float *clip, attack_desc *out) {
    attack_desc desc = {.steps = arguments_count(given, "steps", 0),
                        .step_size = arguments_number(given, "step-size", 0.0),
                        .random_start = arguments_flag(given, "random-start"),
                        .raw = arguments_flag(given, "raw"),
                        .seed = arguments_count(given, "seed", 0),
                        .samples = arguments_count(given, "count", 1000)};
    for (int i = 0; i < ATTACK_METHODS; i++)
        if (strcmp(arguments_text(given, "kind", "fgsm"), attack_method_name((attack_method)i)) == 0)
            desc.method = (attack_method)i;
    for (int i = 0; i < ATTACK_BOUNDS; i++)
        if (strcmp(arguments_text(given, "norm", "linf"), attack_bound_name((attack_bound)i)) == 0)
            desc.bound = (attack_bound)i;
    desc.epsilon_count = arguments_numbers(given, "epsilon", epsilons);
    desc.epsilons = desc.epsilon_count > 0 ? epsilons : NULL;
    desc.clip_count = arguments_numbers(given, "clip", clip);
    desc.clip = desc.clip_count > 0 ? clip : NULL;
    return attack_resolve(&desc, out);
}

/* A row a model and budget; the budget is empty without a bound. */
static void print_table(const runs *of, const request *item) {
    const attack_desc *desc = &item->attack;
    printf("model,kind,norm,epsilon,steps,samples,clean_accuracy,accuracy,fool_rate\n");
    for (size_t i = 0; i < of->count; i++) {
        const measurement *numbers = &of->items[i].numbers;
        for (size_t row = 1; row < numbers->rating_count; row++) {
            const rating *found = &numbers->ratings[row];
            runs_print_field(of->items[i].path);
            printf(",%s,%s,", attack_method_name(desc->method), attack_bound_name(desc->bound));
            if (desc->bound != ATTACK_UNBOUNDED)
                printf("%.7g", found->x);
            printf(",%zu,%zu,%.6g,%.6g,%.6g\n", desc->steps, numbers->samples, numbers->ratings[0].accuracy,
                   found->accuracy, found->fool_rate);
        }
    }
}

static int run_attack(const arguments *given) {
    float epsilons[ARGUMENTS_MOST_NUMBERS];
    float clip[ARGUMENTS_MOST_NUMBERS];
    attack_desc desc;
    if (!runs_data_is_clear(given))
        return EXIT_USAGE;
    if (describe(given, epsilons, clip, &desc) != MIXUP_OK)
        return command_misused(given, "%s", mixup_last_error());
    const runs_wish wish = {
        .item = {.kind = SETTINGS_ATTACK, .title = "", .data = SETTINGS_FIGURE_TEST, .attack = desc}};
    return runs_rate(given, &wish, print_table);
}

static const option options[] = {
    {.name = "kind",
     .kind = OPTION_TEXT,
     .value = "KIND",
     .words = "fgsm or pgd",
     .help = "fgsm, one step, or pgd, many (default fgsm)"},
    {.name = "norm",
     .kind = OPTION_TEXT,
     .value = "NORM",
     .words = "linf, l2 or none",
     .help = "what is at most epsilon: linf, every value; l2, the length; none (default linf)"},
    {.name = "epsilon",
     .kind = OPTION_NUMBERS,
     .value = "LIST",
     .least = 0,
     .most = 1e9,
     .help = "budgets, each tried by itself (default 0.01,0.03)"},
    {.name = "steps",
     .kind = OPTION_COUNT,
     .value = "N",
     .least = 1,
     .most = 1e6,
     .help = "steps of pgd (default 20; 200 with --norm none)"},
    {.name = "step-size",
     .kind = OPTION_NUMBER,
     .value = "SIZE",
     .least = 1e-12,
     .most = 1e9,
     .help = "size of a step of pgd (default 2.5 epsilon / steps; 0.01 with --norm none)"},
    {.name = "random-start", .kind = OPTION_FLAG, .help = "pgd begins anywhere within the norm"},
    {.name = "raw",
     .kind = OPTION_FLAG,
     .help = "epsilon and step size in stored values (grey levels), not as the network sees them"},
    {.name = "clip",
     .kind = OPTION_NUMBERS,
     .value = "LOW,HIGH",
     .help = "range of valid stored values, 0,255 of bytes (default: any value is valid)"},
    {.name = "seed", .kind = OPTION_COUNT, .value = "N", .help = "of random starts (default 0)"},
    OPTION_RUNS_COUNT,
    OPTION_RUNS_FIGURE,
    OPTION_RUNS_DATA,
    OPTION_LABELS,
    OPTION_EXPERIMENT,
    OPTION_RUNS_PART,
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_attack = {
    .name = "attack",
    .summary = "accuracy on inputs changed on purpose (FGSM, PGD)",
    .synopsis = "RUN_OR_MODEL...",
    .least = 1,
    .most = 1000,
    .options = options,
    .details =
        "Prints a row a model and budget: accuracy before and after, and the fool rate, the share of the\n"
        "samples classified right before that is wrong after. The gradient is that of the loss that the\n"
        "network was trained with, with batch norm's running statistics and without dropout and noise.\n"
        "Budgets are in the network's own units, after scale and standardisation, unless --raw is given.\n"
        "  mixup attack results/cifar10/*/seed-1 --epsilon 0.01,0.03 --figure fgsm\n"
        "  mixup attack results/cifar10/*/seed-1 --kind pgd --raw --epsilon 8 --step-size 2 --clip 0,255\n"
        "  mixup attack results/cifar10/*/seed-1 --kind pgd --norm none\n",
    .run = run_attack,
};
