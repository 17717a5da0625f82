/* report/html: pieces of the one self-contained page. Everything that comes from outside goes through
 * html_escape; pictures are put into the page itself, so that it works offline and can be mailed.
 *
 * SVG pictures stand in the page as they are, with their ids made unique and scripts left out, so that text
 * and axes follow the page's light or dark colours; one that would be large stands as its PNG. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/text.h"

/* For text and for attribute values in double quotes. */
void html_escape(text *out, const char *string);

/* Text in paragraphs; an empty line begins a new one, `backticks` are code. */
void html_paragraphs(text *out, const char *string);

void html_page_begin(text *out, const char *title);
void html_page_end(text *out);

typedef struct html_picture {
    const char *folder; /* of NAME.svg and NAME.png */
    const char *name;
    const char *caption; /* below the picture, and what a screen reader says */
    bool bare;           /* the caption is for screen readers alone */
    size_t number;       /* unique in the page: prefix of the picture's ids */
} html_picture;

/* <figure> with the picture. */
mixup_status html_add_picture(text *out, const html_picture *picture);

/* Appends an SVG document without prologue, scripts and titles, its ids prefixed by "p<number>-", labelled
 * for screen readers. */
void html_inline_svg(text *out, const char *svg, size_t number, const char *label);

/* Appends data as base64 (RFC 4648). */
void html_base64(text *out, const void *data, size_t size);

#endif
