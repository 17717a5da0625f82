/* A variant's mixing in a few words. */
#include "report/results_folder.h"

#include "report/evidence.h"

static void expect_summary(const char *yaml, const char *words) {
    const mixup_allocator allocator = memory_allocator(NULL);
    const yaml_node *document = NULL;
    arena memory;
    text out;
    arena_init(&memory, &allocator);
    text_init(&out, &allocator);
    assert_int_equal(yaml_parse(&memory, "run.yaml", true, yaml, strlen(yaml), &document), MIXUP_OK);
    evidence_summarize(document, &out);
    assert_string_equal(out.data, words);
    text_clear(&out);
    arena_clear(&memory);
}

static void a_summary_says_how_and_where_a_variant_mixes(void **state) {
    (void)state;
    expect_summary("mix: {alpha: 0, at: []}\ntraining: {epochs: 3}\n", "no mixing; 3 epochs");
    expect_summary("mix: {alpha: 0, kind: cutmix, every_steps: 3}\n", "no mixing");
    expect_summary(
        "mix: {kind: interpolate, alpha: 2, at: [input, stage1], per_sample: false, every_steps: 1}\n"
        "training: {epochs: 1}\n",
        "mixes at input, stage1, α = 2; 1 epoch");
    expect_summary("data: {train: {format: factors, factor_alpha: 1}}\nmix: {alpha: 0}\n",
                   "mixes the factors, α = 1");
    expect_summary("data: {train: {format: factors, factor_alpha: 0.5}}\nmix: {alpha: 1, at: [input]}\n",
                   "mixes the factors, α = 0.5; mixes at input, α = 1");
    expect_summary("data: {train: {format: factors, factor_alpha: 0}}\nmix: {alpha: 0}\n", "no mixing");
    expect_summary("mix: {kind: cutmix, alpha: 1}\n", "CutMix at the network's own sites, α = 1");
    expect_summary("mix: {kind: cutmix, alpha: 1, at: [input], per_sample: true, every_steps: 2, "
                   "alpha_epochs: [1, 20, 21], alpha_factors: [0, 1, 0.5], block_gradient: true}\n"
                   "training: {epochs: 30}\n",
                   "CutMix at input, α = 1 (× 0 in epoch 1, 1 in 20, 0.5 in 21), a λ each, one batch in 2, "
                   "gradient blocked; 30 epochs");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_says_how_and_where_a_variant_mixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
