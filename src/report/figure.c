/* report/figure: what the kinds of figure share. */
#include "report/figure.h"

#include "report/gnuplot.h"

void figure_class_name(text *out, const figure_classes *classes, size_t class_number) {
    if (classes->names != NULL && class_number < classes->count)
        text_add(out, classes->names[class_number]);
    else
        text_format(out, "%zu", class_number);
}

void figure_title(text *script, const figure_place *place) {
    if (place->title[0] == '\0')
        return;
    text_add(script, "set title ");
    gnuplot_quote(script, place->title);
    text_add(script, " font ',16'\n");
}

unsigned figure_key_columns(size_t longest) {
    return longest <= 5 ? 3 : longest <= 12 ? 2 : 1;
}
