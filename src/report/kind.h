/* report/kind: the kinds of item that an experiment's key `report` may ask for. Everything that the report
 * knows about a kind stands in one file, kind_NAME.c: how its numbers are measured on a trained run, and
 * which figures and tables show them. This table lists the kinds.
 *
 * To add a kind: its enumerator and parameters (experiment/settings.h), its name and keys (schema_table.c),
 * copies of its lists (request.c), its file, and its row in kind.c. */
#ifndef REPORT_KIND_H
#define REPORT_KIND_H

#include "report/section.h"

/* An item on its way onto the page. */
typedef struct item_page {
    page *out;
    const evidence *about;
    const char *folder; /* of the pictures */
    size_t index;       /* of the item */
    text name;          /* of the picture under way */
    text caption;       /* likewise */
} item_page;

struct ratings_axes;

typedef struct report_kind {
    const char *title;         /* heading, where the experiment gives none */
    const char *explanation;   /* what to read off its figures */
    size_t points;             /* samples a class, where the experiment says nothing; 0: all */
    settings_figure_data data; /* likewise */
    bool every_run;            /* measured on every run of a variant; otherwise on the first alone */
    const char *claim;         /* what `mixup claims` checks about it; NULL: nothing */
    const char *claim_rows;    /* head of the claim's first column */
    /* NULL: what is shown comes from the runs' files alone. */
    mixup_status (*measure)(const trained *run, const request *item, const mixup_dataset *set,
                            measurement *out);
    mixup_status (*show)(item_page *of);
    void (*tabulate)(const item_page *of, text *out); /* as Markdown; NULL: no numbers beyond the pictures */
    /* Kinds that rate models (ratings.h): what their pictures are called. NULL: it does not. */
    void (*axes)(const request *item, struct ratings_axes *out);
} report_kind;

extern const report_kind kind_surface, kind_scatter, kind_singular_values, kind_attack, kind_deformation,
    kind_neighbors, kind_training_loss;

/* The row of a kind. */
const report_kind *kind_find(settings_figure_kind kind);

/* ---- what kinds share */

/* The states of `layer` that the item asks for. */
states_desc kind_states(const request *item, const mixup_dataset *set, const char *layer,
                        const mixup_allocator *allocator);

/* Makes of->name "scatter_", or "scatter_2_" for the second item of its kind, and empties of->caption. */
void kind_begin_picture(item_page *of);

/* Puts the picture of->name into the page, with of->caption below it; `bare` hides that. */
mixup_status kind_place_picture(item_page *of, bool bare);

/* One picture a variant that was measured, side by side. `draw` draws it to of->name and writes of->caption;
 * `shared` is passed on. */
typedef mixup_status (*kind_draw)(item_page *of, const evidence_variant *variant, const measurement *numbers,
                                  const void *shared);
mixup_status kind_by_variant(item_page *of, kind_draw draw, const void *shared);

/* A variant's measurement of the item, on its first run, or on run `run` (for kinds with every_run). */
const measurement *kind_measurement(const item_page *of, size_t variant);
const measurement *kind_run(const item_page *of, size_t variant, size_t run);

#endif
