/* report/spectrum_table: see spectrum_table.h. */
#include "report/spectrum_table.h"

#include "analysis/singular_values.h"
#include "report/spread.h"

#include <math.h>

typedef enum column_group { GROUP_LARGEST, GROUP_OTHERS, GROUP_DIRECTIONS, GROUPS } column_group;

static const char *const group_titles[GROUPS] = {"largest", "sum of all others", "directions"};

/* A row of a table: a class, all classes in one matrix, or the mean over the classes. */
enum { ROW_MEAN = -1 };

typedef struct table {
    const item_page *of;
    bool centered;
    bool directions; /* their number too */
    size_t classes;  /* of the runs that have most */
} table;

static size_t group_count(const table *in) {
    return in->directions ? GROUPS : GROUP_DIRECTIONS;
}

static double number_of(const measurement *in, size_t row, column_group group, bool centered,
                        double threshold) {
    const double *values = in->values[centered ? 1 : 0] + row * in->width;
    if (group == GROUP_LARGEST)
        return values[0];
    if (group == GROUP_OTHERS)
        return singular_values_others(values, in->width);
    return (double)measure_directions(in, row, centered, threshold);
}

static bool has_row(const measurement *in, size_t row) {
    return in->measured && row <= in->classes && in->rows[row] > 0;
}

/* A cell of a table. */
typedef struct cell {
    const table *in;
    size_t variant;
    int row;
    column_group group;
} cell;

/* The number of one run; NaN where it was not measured. */
static double number_of_run(const void *from, size_t run) {
    const cell *of = from;
    const item_page *at = of->in->of;
    const double threshold = at->about->items[at->index].threshold;
    const measurement *numbers = kind_run(at, of->variant, run);
    double sum = 0.0;
    size_t count = 0;
    const size_t first = of->row == ROW_MEAN ? 0 : (size_t)of->row;
    const size_t end = of->row == ROW_MEAN ? numbers->classes : first + 1;
    for (size_t c = first; c < end; c++)
        if (has_row(numbers, c)) {
            sum += number_of(numbers, c, of->group, of->in->centered, threshold);
            count++;
        }
    return count > 0 ? sum / (double)count : (double)NAN;
}

static spread value_of(const cell *of) {
    return spread_by(number_of_run, of, of->in->of->about->variants[of->variant].files->run_count);
}

/* The smallest sum of all others is marked. */
static void add_cells(const table *in, int row, column_group group) {
    const evidence *about = in->of->about;
    text *html = &in->of->out->html;
    spread_row compared = spread_row_begin(group == GROUP_OTHERS ? -1 : 0, SPREAD_QUANTITY);
    for (size_t v = 0; v < about->variant_count; v++) {
        const spread value = value_of(&(cell){in, v, row, group});
        spread_row_add(&compared, &value);
    }
    for (size_t v = 0; v < about->variant_count; v++) {
        if (!kind_measurement(in->of, v)->measured)
            continue;
        const spread value = value_of(&(cell){in, v, row, group});
        text_format(html, "<td class=\"n%s\">", spread_row_marks(&compared, &value) ? " best" : "");
        spread_write(html, &value, SPREAD_QUANTITY);
        text_add(html, "</td>");
    }
}

static void add_row(const table *in, int row, const char *name) {
    text *html = &in->of->out->html;
    text_add(html, "<tr><th scope=\"row\">");
    html_escape(html, name);
    text_add(html, "</th>");
    for (size_t g = 0; g < group_count(in); g++)
        add_cells(in, row, (column_group)g);
    text_add(html, "</tr>\n");
}

static void add_class_row(const table *in, size_t class_number) {
    text name;
    text_init(&name, in->of->out->allocator);
    figure_class_name(&name, &in->of->about->classes, class_number);
    add_row(in, (int)class_number, name.data != NULL ? name.data : "");
    text_clear(&name);
}

/* Whether any first run has the row. */
static bool any_has(const table *in, size_t row) {
    for (size_t v = 0; v < in->of->about->variant_count; v++)
        if (has_row(kind_measurement(in->of, v), row))
            return true;
    return false;
}

static void add_head(const table *in, size_t measured) {
    const evidence *about = in->of->about;
    const request *item = &about->items[in->of->index];
    text *html = &in->of->out->html;
    text_format(html, "<div class=\"scroll\"><table><caption>Singular values, %s.",
                in->centered ? "centred" : "uncentred");
    if (in->directions)
        text_format(html, " Directions: values above %g of the class's largest uncentred one.",
                    item->threshold);
    text_add(html, "</caption>\n<thead><tr><th rowspan=\"2\">class</th>");
    for (size_t g = 0; g < group_count(in); g++)
        text_format(html, "<th colspan=\"%zu\">%s</th>", measured, group_titles[g]);
    text_add(html, "</tr>\n<tr>");
    for (size_t g = 0; g < group_count(in); g++)
        for (size_t v = 0; v < about->variant_count; v++)
            if (kind_measurement(in->of, v)->measured)
                section_variant_head(in->of->out, &about->variants[v]);
    text_add(html, "</tr></thead>\n<tbody>\n");
}

static void add_table(const table *in, size_t measured) {
    size_t shown = 0;
    add_head(in, measured);
    for (size_t c = 0; c < in->classes; c++)
        if (any_has(in, c)) {
            add_class_row(in, c);
            shown++;
        }
    if (shown > 1)
        add_row(in, ROW_MEAN, "mean over classes");
    if (any_has(in, in->classes))
        add_row(in, (int)in->classes, "all classes together");
    text_add(&in->of->out->html, "</tbody></table></div>\n");
}

/* All but `centered`; *measured gets the number of variants that were. */
static table begin_table(const item_page *of, size_t *measured) {
    table in = {.of = of, .directions = of->about->items[of->index].threshold > 0.0};
    *measured = 0;
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const measurement *numbers = kind_measurement(of, v);
        *measured += numbers->measured;
        in.classes = numbers->classes > in.classes ? numbers->classes : in.classes;
    }
    return in;
}

void spectrum_tables(item_page *of) {
    size_t measured = 0;
    table in = begin_table(of, &measured);
    for (size_t k = 0; k < 2; k++) {
        in.centered = k == 1;
        add_table(&in, measured);
    }
}

/* ---- Markdown */

static void tabulate_row(const table *in, size_t variant, int row, text *out) {
    text_format(out, "| %s | %s |", in->of->about->variants[variant].files->name,
                row == ROW_MEAN ? "mean over classes" : "all classes together");
    for (size_t k = 0; k < 2; k++)
        for (size_t g = 0; g < group_count(in); g++) {
            const table half = {in->of, k == 1, in->directions, in->classes};
            const spread value = value_of(&(cell){&half, variant, row, (column_group)g});
            text_add(out, " ");
            spread_write(out, &value, SPREAD_QUANTITY);
            text_add(out, " |");
        }
    text_add(out, "\n");
}

void spectrum_tabulate(const item_page *of, text *out) {
    size_t measured = 0;
    const table in = begin_table(of, &measured);
    text_add(out, "| variant | of |");
    for (size_t k = 0; k < 2; k++)
        for (size_t g = 0; g < group_count(&in); g++)
            text_format(out, " %s%s |", k == 1 ? "centred: " : "", group_titles[g]);
    text_add(out, "\n|---|---|");
    for (size_t k = 0; k < 2 * group_count(&in); k++)
        text_add(out, "---|");
    text_add(out, "\n");
    for (size_t v = 0; v < of->about->variant_count; v++) {
        if (!kind_measurement(of, v)->measured)
            continue;
        tabulate_row(&in, v, ROW_MEAN, out);
        if (any_has(&in, in.classes))
            tabulate_row(&in, v, (int)in.classes, out);
    }
}
