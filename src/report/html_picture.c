/* report/html_picture: a picture inside the page. gnuplot's SVG is simple and always of one shape, so that
 * its ids and references can be renamed by looking for the few forms they take. */
#include "report/html.h"

#include "base/file.h"
#include "base/path.h"

#include <string.h>

enum { LARGEST_SVG = 1500000, LARGEST_FILE = 64 << 20 };

/* Skips <title>..</title>, <desc>..</desc> and <script>..</script> at `from`; returns `from` if none is
 * there. */
static const char *skip_element(const char *from) {
    static const char *const names[][2] = {
        {"<title>", "</title>"}, {"<desc>", "</desc>"}, {"<script", "</script>"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(from, names[i][0], strlen(names[i][0])) != 0)
            continue;
        const char *end = strstr(from, names[i][1]);
        return end == NULL ? from + strlen(from) : end + strlen(names[i][1]);
    }
    return from;
}

/* The length of a form behind which an id begins, 0 if none stands at `from`. */
static size_t id_form(const char *from) {
    static const char *const forms[] = {" id='", " id=\"", "href='#", "href=\"#", "url(#"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strncmp(from, forms[i], strlen(forms[i])) == 0)
            return strlen(forms[i]);
    return 0;
}

void html_inline_svg(text *out, const char *svg, size_t number, const char *label) {
    const char *from = strstr(svg, "<svg");
    if (from == NULL)
        return;
    text_add(out, "<svg role=\"img\" aria-label=\"");
    html_escape(out, label);
    text_add(out, "\"");
    from += strlen("<svg");
    const char *start = from; /* of what was not yet copied */
    while (*from != '\0') {
        const char *behind = *from == '<' ? skip_element(from) : from;
        const size_t form = id_form(from);
        if (behind != from) {
            text_append(out, start, (size_t)(from - start));
            from = start = behind;
        } else if (form > 0) {
            text_append(out, start, (size_t)(from - start) + form);
            text_format(out, "p%zu-", number);
            from = start = from + form;
        } else {
            from++;
        }
    }
    text_append(out, start, (size_t)(from - start));
}

/* FOLDER/NAME.ENDING as a block, `*data` NULL on failure. */
static mixup_status read_picture(const html_picture *picture, const char *ending,
                                 const mixup_allocator *allocator, char **data, size_t *size) {
    text name;
    text_init(&name, allocator);
    text_format(&name, "%s.%s", picture->name, ending);
    char *path = text_status(&name) == MIXUP_OK ? path_join(allocator, picture->folder, name.data) : NULL;
    text_clear(&name);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = file_read_all(path, LARGEST_FILE, allocator, data, size);
    memory_release(allocator, path);
    return status;
}

mixup_status html_add_picture(text *out, const html_picture *picture) {
    char *svg = NULL;
    char *png = NULL;
    size_t size = 0;
    MIXUP_TRY(read_picture(picture, "svg", &out->allocator, &svg, &size));
    mixup_status status = MIXUP_OK;
    text_add(out, "<figure>");
    if (size <= LARGEST_SVG) {
        html_inline_svg(out, svg, picture->number, picture->caption);
    } else {
        status = read_picture(picture, "png", &out->allocator, &png, &size);
        if (status == MIXUP_OK) {
            text_add(out, "<img alt=\"");
            html_escape(out, picture->caption);
            text_add(out, "\" src=\"data:image/png;base64,");
            html_base64(out, png, size);
            text_add(out, "\">");
        }
    }
    if (!picture->bare) {
        text_add(out, "<figcaption>");
        html_escape(out, picture->caption);
        text_add(out, "</figcaption>");
    }
    text_add(out, "</figure>\n");
    memory_release(&out->allocator, png);
    memory_release(&out->allocator, svg);
    return status;
}
