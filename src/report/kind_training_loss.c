/* report/kind_training_loss: the training loss over the epochs, a curve a variant, and where it ends (paper
 * figures 6 and 7: one run per fixed site, and one whose gradient is blocked). From the histories alone.
 *
 * The general picture "Loss" has these curves too, beside those of validation; here they stand alone. */
#include "report/history.h"
#include "report/kind.h"

#include <math.h>
#include <stdlib.h>

/* A variant with its last training loss. */
typedef struct ending {
    const evidence_variant *variant;
    spread loss;
} ending;

static int compare_endings(const void *a, const void *b) {
    const double x = ((const ending *)a)->loss.mean;
    const double y = ((const ending *)b)->loss.mean;
    return (x < y) - (x > y); /* the highest first */
}

static spread test_error(const results_variant *files) {
    const spread accuracy = spread_of(files, "test_accuracy");
    return (spread){accuracy.count, 1.0 - accuracy.mean, accuracy.deviation};
}

static void add_row(page *out, const ending *of) {
    const results_variant *files = of->variant->files;
    const spread error = test_error(files);
    text_format(&out->html, "<tr><th scope=\"row\"><span class=\"dot\" style=\"--c:%s\"></span>",
                files->style.color);
    html_escape(&out->html, files->name);
    text_add(&out->html, "</th><td>");
    html_escape(&out->html, of->variant->summary);
    text_add(&out->html, "</td><td class=\"n\">");
    spread_write(&out->html, &of->loss, SPREAD_QUANTITY);
    text_add(&out->html, "</td><td class=\"n\">");
    spread_write(&out->html, &error, SPREAD_PERCENT);
    text_add(&out->html, "</td></tr>\n");
}

/* The variants that have a loss, into `endings` [variant_count]; returns how many. */
static size_t collect_endings(const item_page *of, ending *endings) {
    size_t count = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const evidence_variant *variant = &of->about->variants[v];
        const spread loss = history_last(variant->files, HISTORY_TRAIN_LOSS);
        if (kind_measurement(of, v)->measured && loss.count > 0)
            endings[count++] = (ending){variant, loss};
    }
    qsort(endings, count, sizeof *endings, compare_endings);
    return count;
}

static mixup_status add_table(item_page *of) {
    page *out = of->out;
    ending *endings = NULL;
    MIXUP_TRY(MEMORY_NEW(out->allocator, endings, of->about->variant_count));
    const size_t count = collect_endings(of, endings);
    text_add(&out->html,
             "<div class=\"scroll\"><table><caption>Training loss of the last epoch, the highest first."
             "</caption>\n<thead><tr><th>variant</th><th>training</th><th class=\"n\">training loss</th>"
             "<th class=\"n\">test error, %</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++)
        add_row(out, &endings[i]);
    text_add(&out->html, "</tbody></table></div>\n");
    memory_release(out->allocator, endings);
    return MIXUP_OK;
}

static void tabulate(const item_page *of, text *out) {
    text_add(out, "| variant | training loss of the last epoch | test error, % |\n|---|---|---|\n");
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const results_variant *files = of->about->variants[v].files;
        const spread loss = history_last(files, HISTORY_TRAIN_LOSS);
        const spread error = test_error(files);
        if (!kind_measurement(of, v)->measured || loss.count == 0)
            continue;
        text_format(out, "| %s | ", files->name);
        spread_write(out, &loss, SPREAD_QUANTITY);
        text_add(out, " | ");
        spread_write(out, &error, SPREAD_PERCENT);
        text_add(out, " |\n");
    }
}

/* Fills the curves of the variants wanted; values go to `room` [Σ epochs × 6]. Returns how many. */
static size_t fill_curves(const item_page *of, double *room, figure_curve *curves, bool *several) {
    size_t count = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const results_variant *files = of->about->variants[v].files;
        const size_t epochs = history_epochs(files);
        if (!kind_measurement(of, v)->measured || epochs == 0)
            continue;
        history_over_runs(files, HISTORY_TRAIN_LOSS, 1.0, epochs, room);
        for (size_t i = 0; i < 3 * epochs; i++)
            room[3 * epochs + i] = (double)NAN; /* no validation here */
        curves[count++] = (figure_curve){files->name, files->style, epochs, room, room + 3 * epochs};
        *several = *several || files->run_count > 1;
        room += 6 * epochs;
    }
    return count;
}

/* A logarithmic axis where the curves span enough for one. */
static bool wide_range(const figure_curve *curves, size_t count) {
    double low = (double)INFINITY;
    double high = 0.0;
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < 3 * curves[c].epochs; i++) {
            low = fmin(low, curves[c].train[i]);
            high = fmax(high, curves[c].train[i]);
        }
    return low > 0.0 && high / low > 8.0;
}

static mixup_status draw(item_page *of, double *room, figure_curve *curves) {
    bool several = false;
    const size_t count = fill_curves(of, room, curves, &several);
    if (count == 0)
        return MIXUP_OK;
    kind_begin_picture(of);
    text_add(&of->name, "curves");
    text_format(&of->caption, "Training loss over the epochs%s.",
                several ? ", mean and range over the seeds" : "");
    MIXUP_TRY(text_status(&of->name));
    const figure_place place = {of->folder, of->name.data, "Training loss", of->out->allocator};
    MIXUP_TRY(figure_draw_curves(&place, &(figure_curves){.curves = curves,
                                                          .count = count,
                                                          .axis = "training loss",
                                                          .logarithmic = wide_range(curves, count),
                                                          .band = several,
                                                          .training_alone = true}));
    text_add(&of->out->html, "<div class=\"pictures\">\n");
    MIXUP_TRY(kind_place_picture(of, false));
    text_add(&of->out->html, "</div>\n");
    return MIXUP_OK;
}

static mixup_status show(item_page *of) {
    size_t epochs = 0;
    for (size_t v = 0; v < of->about->variant_count; v++)
        epochs += history_epochs(of->about->variants[v].files);
    double *room = NULL;
    figure_curve *curves = NULL;
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, MEMORY_NEW(of->out->allocator, room, epochs * 6), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(of->out->allocator, curves, of->about->variant_count), done);
    MIXUP_TRY_ELSE(status, draw(of, room, curves), done);
    status = add_table(of);
done:
    memory_release(of->out->allocator, curves);
    memory_release(of->out->allocator, room);
    return status;
}

const report_kind kind_training_loss = {
    .title = "Training loss by where states are mixed",
    .explanation =
        "The loss that training minimises, against the mixed targets where states are mixed. The lower it "
        "gets "
        "for a site, the better the layers below can arrange their states so that what lies between two of "
        "them is easy to tell; with the gradient blocked they cannot.",
    .show = show,
    .tabulate = tabulate,
};
