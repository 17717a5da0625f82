/* report/figure_classification: where a classifier errs (confusion matrix) and whether its probabilities come
 * true (reliability diagram). */
#include "report/figure.h"

#include "report/gnuplot.h"

#include <string.h>

enum {
    CONFUSION_WIDTH = 540,
    CONFUSION_HEIGHT = 490,
    RELIABILITY_WIDTH = 480,
    RELIABILITY_HEIGHT = 480,
    NUMBERS_UP_TO = 15,
    CRISP_UP_TO = 40,
    TICS = 20,             /* names on an axis */
    LETTERS_IN_A_ROW = 50, /* with a space behind each name */
    CONFUSION_LEFT = 92,   /* pixels before the matrix, where names have up to */
    SHORT_NAME = 3,
    LETTER = 9,    /* as gnuplot counts, or it leaves the axis unnamed */
    LONG_NAME = 30 /* letters; longer ones lose their beginning */
};

/* The share of its row at every entry, so that rare classes show as well; the counts stand in a second file.
 */
static void write_confusion(text *shares, text *counts_out, const uint64_t *counts, size_t classes) {
    text_add(counts_out, "predicted,right,count,share\n");
    for (size_t r = 0; r < classes; r++) {
        uint64_t total = 0;
        for (size_t c = 0; c < classes; c++)
            total += counts[r * classes + c];
        for (size_t c = 0; c < classes; c++) {
            const double share = total == 0 ? 0.0 : (double)counts[r * classes + c] / (double)total;
            text_format(shares, "%.4g%c", 100.0 * share, c + 1 < classes ? ',' : '\n');
            text_format(counts_out, "%zu,%zu,%llu,%.4g\n", c, r, (unsigned long long)counts[r * classes + c],
                        share);
        }
    }
}

/* Names that do not fit side by side under the matrix are slanted. */
static bool are_wide(const figure_classes *classes) {
    size_t letters = 0;
    for (size_t c = 0; classes->names != NULL && c < classes->count; c++)
        letters += strlen(classes->names[c]) + 1;
    return classes->count <= TICS && letters > LETTERS_IN_A_ROW;
}

/* Pixels by which the picture is wider, so that the rows' names have room before the matrix. */
static unsigned extra_width(const figure_classes *classes) {
    size_t longest = SHORT_NAME;
    for (size_t c = 0; classes->names != NULL && c < classes->count; c++)
        longest = strlen(classes->names[c]) > longest ? strlen(classes->names[c]) : longest;
    longest = longest < LONG_NAME ? longest : LONG_NAME;
    return (unsigned)(longest - SHORT_NAME) * LETTER;
}

static void write_tics(text *script, const char *axis, const figure_classes *classes, size_t count) {
    const size_t every = count <= TICS ? 1 : (count + TICS - 1) / TICS;
    const bool slanted = axis[0] == 'x' && are_wide(classes);
    text_format(script, "set %stics %s(", axis, slanted ? "rotate by 40 right " : "");
    for (size_t c = 0; c < count; c += every) {
        text name;
        text_init(&name, &script->allocator);
        figure_class_name(&name, classes, c);
        text_add(script, c == 0 ? "" : ", ");
        if (text_status(&name) == MIXUP_OK)
            gnuplot_quote(script, name.data);
        text_format(script, " %zu", c);
        text_clear(&name);
    }
    text_add(script, ")\n");
}

mixup_status figure_confusion(const figure_place *place, const uint64_t *counts,
                              const figure_classes *classes) {
    const size_t n = classes->count;
    text shares, list, script;
    text_init(&shares, place->allocator);
    text_init(&list, place->allocator);
    text_init(&script, place->allocator);
    write_confusion(&shares, &list, counts, n);
    figure_title(&script, place);
    text_format(&script, "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n", n - 1, n - 1);
    write_tics(&script, "x", classes, n);
    write_tics(&script, "y", classes, n);
    text_add(&script,
             "set size ratio -1\nunset grid\nset border 0\nset tics scale 0\nunset key\n"
             "set tmargin at screen 0.90\nset ylabel 'right class' offset -1,0\n"
             "set cbrange [0:100]\nset cblabel '% of the right class'\n"
             "set palette defined (0 '#ffffff', 1 '#d3ece4', 10 '#7cc7ad', 60 '#1f9a76', 100 '#00664b')\n");
    const unsigned width = CONFUSION_WIDTH + extra_width(classes);
    text_format(&script, "set lmargin at screen %.4g\nset rmargin at screen %.4g\n",
                (double)(width - CONFUSION_WIDTH + CONFUSION_LEFT) / (double)width,
                1.0 - 0.18 * (double)CONFUSION_WIDTH / (double)width);
    text_add(&script, are_wide(classes)
                          ? "set bmargin at screen 0.22\nset xlabel 'predicted class' offset 0,1.2\n"
                          : "set bmargin at screen 0.15\nset xlabel 'predicted class'\n");
    text_format(&script, "plot '%s.csv' matrix with image%s", place->name, n <= CRISP_UP_TO ? " pixels" : "");
    if (n <= NUMBERS_UP_TO)
        text_format(&script,
                    ", \\\n     '%s_counts.csv' skip 1 using 1:2:($3>0?sprintf('%%d',$3):'')"
                    ":($4>0.3?0xffffff:0x303841) with labels textcolor rgb variable font ',%d'",
                    place->name,
                    n <= 4    ? 15
                    : n <= 10 ? 11
                              : 8);
    text_add(&script, "\n");
    const mixup_status status =
        gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                        .name = place->name,
                                        .width = width,
                                        .height = CONFUSION_HEIGHT,
                                        .script = &script,
                                        .data = (const gnuplot_data[]){{"", &shares}, {"_counts", &list}},
                                        .data_count = 2},
                     place->allocator);
    text_clear(&script);
    text_clear(&list);
    text_clear(&shares);
    return status;
}

mixup_status figure_reliability(const figure_place *place, const reliability_bin *bins, size_t bin_count,
                                palette_style style) {
    text data, script;
    text_init(&data, place->allocator);
    text_init(&script, place->allocator);
    text_add(&data, "middle,count,confidence,accuracy\n");
    for (size_t b = 0; b < bin_count; b++)
        if (bins[b].count > 0)
            text_format(&data, "%.6g,%zu,%.6g,%.6g\n", ((double)b + 0.5) / (double)bin_count, bins[b].count,
                        bins[b].confidence, bins[b].accuracy);
    figure_title(&script, place);
    text_format(&script,
                "set xrange [0:1]\nset yrange [0:1]\nset size ratio -1\n"
                "set xtics 0.2\nset ytics 0.2\nset format '%%.1f'\n"
                "set lmargin at screen 0.15\nset rmargin at screen 0.95\n"
                "set bmargin at screen 0.21\nset tmargin at screen 0.90\n"
                "set xlabel 'confidence'\nset ylabel 'accuracy'\n"
                "set key at screen 0.55,0.055 center center horizontal samplen 1.6 reverse Left\n"
                "set boxwidth %.6g\nset style fill solid 0.35 border\n"
                "plot '%s.csv' skip 1 using 1:4 with boxes lc rgb '%s' title 'share that is right', \\\n"
                "     x with lines lw 1.4 dt (6,4) lc rgb '#808891' title 'perfect', \\\n"
                "     '' skip 1 using 3:4 with points pt %d ps 0.8 lc rgb '%s' notitle\n",
                0.94 / (double)bin_count, place->name, style.color, style.point, style.color);
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = place->folder,
                                                                .name = place->name,
                                                                .width = RELIABILITY_WIDTH,
                                                                .height = RELIABILITY_HEIGHT,
                                                                .script = &script,
                                                                .data = &(gnuplot_data){"", &data},
                                                                .data_count = 1},
                                             place->allocator);
    text_clear(&script);
    text_clear(&data);
    return status;
}
