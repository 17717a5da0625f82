/* report/markdown: see markdown.h. */
#include "report/markdown.h"

static void add_maker(text *out, const yaml_node *document) {
    const yaml_node *made = yaml_get(document, "made_by");
    for (size_t i = 0; made != NULL && made->kind == YAML_MAPPING && i < made->count; i++)
        if (made->items[i]->kind == YAML_SCALAR)
            text_format(out, "%s%s: %s", i == 0 ? "Made by " : "; ", made->keys[i]->text,
                        made->items[i]->text);
    text_add(out, made != NULL ? ".\n\n" : "");
}

/* "`training.batch_size` 100" for settings that the numbers depend on. */
static void add_settings(text *out, const yaml_node *document) {
    static const char *const paths[] = {"training.batch_size", "training.loss", "training.optimizer.kind",
                                        "training.optimizer.learning_rate", "training.schedule.kind"};
    bool first = true;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const yaml_node *value = yaml_find(document, paths[i]);
        if (value == NULL || value->kind != YAML_SCALAR)
            continue;
        text_format(out, "%s`%s` %s", first ? "Settings: " : ", ", paths[i], value->text);
        first = false;
    }
    text_add(out, first ? "" : "; the rest stands in each run's `run.yaml`.\n\n");
}

void markdown_heading(text *out, const results_experiment *files, const yaml_node *document) {
    text_format(out, "\n## %s\n\n", files->name);
    add_maker(out, document);
    add_settings(out, document);
}

void markdown_seeds(text *out, const results_variant *variant) {
    for (size_t r = 0; r < variant->run_count; r++)
        text_format(out, "%s%llu", r == 0 ? "" : ", ", (unsigned long long)variant->runs[r].seed);
}
