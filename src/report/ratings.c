/* report/ratings: see ratings.h. */
#include "report/ratings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char RATINGS_UNCHANGED[] = "none";

void ratings_add(measurement *to, const char *group, double x, double accuracy, double fool_rate,
                 const char *label_format, ...) {
    rating *row = &to->ratings[to->rating_count++];
    *row = (rating){.group = group, .x = x, .accuracy = accuracy, .fool_rate = fool_rate};
    va_list arguments;
    va_start(arguments, label_format);
    vsnprintf(row->label, sizeof row->label, label_format, arguments);
    va_end(arguments);
}

/* The first measured run, which has the rows of all; NULL: none. */
static const measurement *first_measured(const ratings_column *column) {
    for (size_t r = 0; r < column->run_count; r++)
        if (column->runs[r * column->stride].measured)
            return &column->runs[r * column->stride];
    return NULL;
}

/* A row of a column. */
typedef struct row_of {
    const ratings_column *column;
    size_t row;
    bool fool_rate;
} row_of;

static double rated(const void *from, size_t run) {
    const row_of *of = from;
    const measurement *numbers = &of->column->runs[run * of->column->stride];
    if (!numbers->measured || of->row >= numbers->rating_count)
        return (double)NAN;
    return of->fool_rate ? numbers->ratings[of->row].fool_rate : numbers->ratings[of->row].accuracy;
}

spread ratings_spread(const ratings_column *column, size_t row, bool fool_rate) {
    return spread_by(rated, &(row_of){column, row, fool_rate}, column->run_count);
}

/* ---- pictures */

/* Room for one picture's numbers. */
typedef struct drawing {
    double *x;             /* [rows] */
    size_t *rows;          /* [rows] the row that each point shows */
    double *numbers;       /* [columns][2][rows] mean, deviation */
    figure_rating *curves; /* [columns] */
} drawing;

static mixup_status make_room(drawing *out, size_t rows, size_t columns, const mixup_allocator *allocator) {
    size_t size = 0;
    MIXUP_TRY(memory_product(rows, 2 * columns, &size));
    MIXUP_TRY(MEMORY_NEW(allocator, out->x, rows));
    MIXUP_TRY(MEMORY_NEW(allocator, out->rows, rows));
    MIXUP_TRY(MEMORY_NEW(allocator, out->numbers, size));
    return MEMORY_NEW(allocator, out->curves, columns);
}

/* Whether the row is a point of the picture, and where. */
static bool has_point(const rating *row, const ratings_axis *axis, double *x) {
    const bool unchanged = strcmp(row->group, RATINGS_UNCHANGED) == 0;
    *x = unchanged ? axis->unchanged : row->x;
    return unchanged ? isfinite(axis->unchanged) : strcmp(row->group, axis->group) == 0;
}

/* The numbers of the picture's rows, in the order of x; returns how many. */
static size_t choose_rows(const measurement *like, const ratings_axis *axis, double *x, size_t *chosen) {
    size_t count = 0;
    for (size_t row = 0; row < like->rating_count; row++) {
        double place = 0.0;
        if (!has_point(&like->ratings[row], axis, &place))
            continue;
        size_t at = count++;
        for (; at > 0 && x[at - 1] > place; at--) {
            x[at] = x[at - 1];
            chosen[at] = chosen[at - 1];
        }
        x[at] = place;
        chosen[at] = row;
    }
    return count;
}

/* `like` has the rows. */
static void fill(drawing *out, const ratings_axis *axis, const measurement *like,
                 const ratings_column *columns, size_t column_count, figure_ratings *picture) {
    const size_t rows = like->rating_count;
    picture->count = choose_rows(like, axis, out->x, out->rows);
    for (size_t c = 0; c < column_count; c++) {
        if (first_measured(&columns[c]) == NULL)
            continue;
        double *mean = out->numbers + c * 2 * rows;
        double *deviation = mean + rows;
        for (size_t i = 0; i < picture->count; i++) {
            const spread found = ratings_spread(&columns[c], out->rows[i], false);
            mean[i] = found.count > 0 ? found.mean : (double)NAN;
            deviation[i] = found.count > 0 ? found.deviation : (double)NAN;
            picture->bars = picture->bars || found.count > 1;
        }
        out->curves[picture->curve_count++] =
            (figure_rating){columns[c].name, columns[c].style, mean, deviation};
    }
    picture->x = out->x;
    picture->curves = out->curves;
}

/* The range of all rows of all columns, deviations included: pictures of one item share it. */
static void find_range(const measurement *like, const ratings_column *columns, size_t column_count,
                       figure_ratings *picture) {
    picture->lowest = 1.0;
    for (size_t c = 0; c < column_count; c++)
        for (size_t row = 0; row < like->rating_count; row++) {
            const spread found = ratings_spread(&columns[c], row, false);
            if (found.count == 0)
                continue;
            picture->lowest = fmin(picture->lowest, found.mean - found.deviation);
            picture->highest = fmax(picture->highest, found.mean + found.deviation);
        }
}

mixup_status ratings_draw(const figure_place *place, const ratings_axis *axis, const ratings_column *columns,
                          size_t column_count) {
    const measurement *like = NULL;
    for (size_t c = 0; c < column_count && like == NULL; c++)
        like = first_measured(&columns[c]);
    if (like == NULL)
        return error(MIXUP_ERROR_DATA, "%s: nothing was measured", place->name);
    drawing room = {0};
    figure_ratings picture = {.axis = axis->axis};
    mixup_status status = make_room(&room, like->rating_count, column_count, place->allocator);
    if (status == MIXUP_OK) {
        fill(&room, axis, like, columns, column_count, &picture);
        find_range(like, columns, column_count, &picture);
        status = figure_draw_ratings(place, &picture);
    }
    memory_release(place->allocator, room.curves);
    memory_release(place->allocator, room.numbers);
    memory_release(place->allocator, room.rows);
    memory_release(place->allocator, room.x);
    return status;
}

/* ---- the page */

static bool has_group(const measurement *numbers, const char *group) {
    for (size_t row = 0; row < numbers->rating_count; row++)
        if (strcmp(numbers->ratings[row].group, group) == 0)
            return true;
    return false;
}

static mixup_status add_pictures(item_page *of, const ratings_column *columns, const measurement *like) {
    const request *item = &of->about->items[of->index];
    ratings_axes axes;
    size_t count = 0;
    kind_find(item->kind)->axes(item, &axes);
    for (size_t a = 0; a < axes.count; a++)
        count += has_group(like, axes.items[a].group);
    text_add(&of->out->html,
             count % 3 == 0 ? "<div class=\"pictures three\">\n" : "<div class=\"pictures\">\n");
    for (size_t a = 0; a < axes.count; a++) {
        const ratings_axis *axis = &axes.items[a];
        if (!has_group(like, axis->group))
            continue;
        kind_begin_picture(of);
        text_add(&of->name, axis->group);
        text_format(&of->caption, "Accuracy: %s.", axis->title);
        MIXUP_TRY(text_status(&of->name));
        const figure_place place = {of->folder, of->name.data, axis->title, of->out->allocator};
        MIXUP_TRY(ratings_draw(&place, axis, columns, of->about->variant_count));
        MIXUP_TRY(kind_place_picture(of, true));
    }
    text_add(&of->out->html, "</div>\n");
    return MIXUP_OK;
}

/* A cell in per cent. */
static void add_cell(text *out, const spread *value, bool best) {
    text_format(out, "<td class=\"n%s\">", best ? " best" : "");
    spread_write(out, value, SPREAD_PERCENT);
    text_add(out, "</td>");
}

static void add_row(item_page *of, const ratings_column *columns, const measurement *like, size_t row,
                    bool fool_rate) {
    const size_t count = of->about->variant_count;
    spread_row compared = spread_row_begin(fool_rate ? -1 : 1, SPREAD_PERCENT);
    for (size_t c = 0; c < count; c++) {
        const spread value = ratings_spread(&columns[c], row, fool_rate);
        spread_row_add(&compared, &value);
    }
    text_add(&of->out->html, "<tr><th scope=\"row\">");
    html_escape(&of->out->html, like->ratings[row].label);
    text_add(&of->out->html, fool_rate ? ", fooled</th>" : "</th>");
    for (size_t c = 0; c < count; c++) {
        const spread value = ratings_spread(&columns[c], row, fool_rate);
        if (first_measured(&columns[c]) != NULL)
            add_cell(&of->out->html, &value, spread_row_marks(&compared, &value));
    }
    text_add(&of->out->html, "</tr>\n");
}

static void add_table(item_page *of, const ratings_column *columns, const measurement *like) {
    const request *item = &of->about->items[of->index];
    bool several = false;
    for (size_t v = 0; v < of->about->variant_count; v++)
        several = several || ratings_spread(&columns[v], 0, false).count > 1;
    text_format(
        &of->out->html,
        "<div class=\"scroll\"><table><caption>Per cent of %zu samples of the %s data%s. The best value of "
        "a row is marked.</caption>\n<thead><tr><th scope=\"col\"></th>",
        like->samples, trained_part_name(item->data), several ? ", mean ± deviation over the seeds" : "");
    for (size_t v = 0; v < of->about->variant_count; v++)
        if (first_measured(&columns[v]) != NULL)
            section_variant_head(of->out, &of->about->variants[v]);
    text_add(&of->out->html, "</tr></thead>\n<tbody>\n");
    for (size_t row = 0; row < like->rating_count; row++)
        add_row(of, columns, like, row, false);
    for (size_t row = 0; row < like->rating_count; row++)
        if (isfinite(like->ratings[row].fool_rate))
            add_row(of, columns, like, row, true);
    text_add(&of->out->html, "</tbody></table></div>\n");
}

static ratings_column column_of(const item_page *of, size_t variant) {
    const evidence_variant *from = &of->about->variants[variant];
    return (ratings_column){from->files->name, from->files->style, from->measurements + of->index,
                            from->files->run_count, of->about->item_count};
}

mixup_status ratings_show(item_page *of) {
    const evidence *about = of->about;
    ratings_column *columns = NULL;
    const measurement *like = NULL;
    MIXUP_TRY(MEMORY_NEW(of->out->allocator, columns, about->variant_count));
    for (size_t v = 0; v < about->variant_count; v++) {
        columns[v] = column_of(of, v);
        like = like == NULL ? first_measured(&columns[v]) : like;
    }
    mixup_status status = MIXUP_OK;
    if (like != NULL) {
        status = add_pictures(of, columns, like);
        add_table(of, columns, like);
    }
    memory_release(of->out->allocator, columns);
    return status;
}

/* ---- Markdown */

static void tabulate_row(const item_page *of, size_t row, const char *label, bool fool_rate, text *out) {
    text_format(out, "| %s%s |", label, fool_rate ? ", fooled" : "");
    for (size_t v = 0; v < of->about->variant_count; v++) {
        const ratings_column column = column_of(of, v);
        if (first_measured(&column) == NULL)
            continue;
        text_add(out, " ");
        const spread found = ratings_spread(&column, row, fool_rate);
        spread_write(out, &found, SPREAD_PERCENT);
        text_add(out, " |");
    }
    text_add(out, "\n");
}

void ratings_tabulate(const item_page *of, text *out) {
    const evidence *about = of->about;
    const measurement *like = NULL;
    text columns;
    text_init(&columns, of->out->allocator);
    for (size_t v = 0; v < about->variant_count; v++) {
        const ratings_column column = column_of(of, v);
        const measurement *first = first_measured(&column);
        if (first != NULL)
            text_format(&columns, " %s |", column.name);
        like = like == NULL ? first : like;
    }
    if (like != NULL) {
        text_format(out, "Accuracy in per cent, of %zu samples of the %s data.\n\n| |%s\n|---|",
                    like->samples, trained_part_name(about->items[of->index].data), columns.data);
        for (const char *c = columns.data; c != NULL && *c != '\0'; c++)
            text_add(out, *c == '|' ? "---|" : "");
        text_add(out, "\n");
        for (size_t row = 0; row < like->rating_count; row++)
            tabulate_row(of, row, like->ratings[row].label, false, out);
        for (size_t row = 0; row < like->rating_count; row++)
            if (isfinite(like->ratings[row].fool_rate))
                tabulate_row(of, row, like->ratings[row].label, true, out);
    }
    text_clear(&columns);
}
