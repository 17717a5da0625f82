/* report/html: see html.h. */
#include "report/html.h"

#include <string.h>

void html_escape(text *out, const char *string) {
    for (const char *c = string; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        default:
            text_append(out, c, 1);
        }
    }
}

/* One paragraph, `length` bytes long. */
static void add_paragraph(text *out, const char *string, size_t length) {
    bool code = false;
    text_add(out, "<p>");
    for (size_t i = 0; i < length; i++) {
        const char one[2] = {string[i], '\0'};
        if (string[i] == '`') {
            text_add(out, code ? "</code>" : "<code>");
            code = !code;
        } else {
            html_escape(out, one);
        }
    }
    text_add(out, code ? "</code></p>\n" : "</p>\n");
}

/* Where the paragraph at `from` ends: at an empty line; in a text without empty lines, which a folded YAML
 * text
 * (>) is, at every line's end. */
static size_t paragraph_length(const char *from, bool has_empty_lines) {
    if (!has_empty_lines)
        return strcspn(from, "\n");
    const char *end = strstr(from, "\n\n");
    return end != NULL ? (size_t)(end - from) : strlen(from);
}

void html_paragraphs(text *out, const char *string) {
    const bool has_empty_lines = strstr(string, "\n\n") != NULL;
    while (*string != '\0') {
        const size_t length = paragraph_length(string, has_empty_lines);
        if (length > 0)
            add_paragraph(out, string, length);
        string += length;
        while (*string == '\n')
            string++;
    }
}

void html_base64(text *out, const void *data, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i += 3) {
        const size_t rest = size - i < 3 ? size - i : 3;
        const unsigned long block = (unsigned long)bytes[i] << 16 |
                                    (rest > 1 ? (unsigned long)bytes[i + 1] << 8 : 0) |
                                    (rest > 2 ? (unsigned long)bytes[i + 2] : 0);
        char four[4] = {'=', '=', '=', '='};
        for (size_t k = 0; k <= rest; k++)
            four[k] = digits[block >> (18 - 6 * k) & 63];
        text_append(out, four, 4);
    }
}

static const char style_page[] =
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1f2933;--soft:#5b6876;--line:#dde3ea;--tint:#f4f6f8;"
    "--accent:#007a5a;--grid:#d8dde3}\n"
    "@media (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e4e9ee;--soft:#9aa7b4;--line:#2f3842;"
    "--tint:#1c2229;--accent:#4cc9a0;--grid:#39434e}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:75rem;padding:1.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "h1{font-size:2rem;line-height:1.2;margin:.5rem 0 .25rem}\n"
    "h2{font-size:1.55rem;line-height:1.25;margin:0 0 .5rem}\n"
    "h3{font-size:1.15rem;margin:2.2rem 0 .4rem}\n"
    "p,ul,dl{max-width:46rem;margin:.5rem 0 1rem}\n"
    "a{color:var(--accent)}\n"
    "code,pre{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.875em}\n"
    "code{overflow-wrap:anywhere}\n"
    "pre{background:var(--tint);border:1px solid var(--line);border-radius:8px;padding:.8rem "
    "1rem;overflow-x:auto;"
    "line-height:1.5}\n"
    ".lead{font-size:1.1rem}\n"
    ".soft{color:var(--soft);font-size:.925rem}\n"
    "nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.5rem;max-width:none}\n"
    "nav a{display:block;padding:.3rem .9rem;border:1px solid "
    "var(--line);border-radius:99px;text-decoration:none;"
    "background:var(--tint)}\n"
    "section{border-top:1px solid var(--line);margin-top:3rem;padding-top:2rem}\n"
    ".variants{display:grid;gap:.5rem;margin:1rem 0;max-width:none;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))}\n"
    ".variants div{border:1px solid var(--line);border-left:5px solid var(--c);border-radius:8px;"
    "padding:.5rem .8rem}\n"
    ".variants dt{font-weight:650}\n"
    ".variants dd{margin:0;color:var(--soft);font-size:.925rem}\n";

static const char style_figures[] =
    ".pictures{display:grid;gap:1rem;margin:1rem 0;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr))}\n"
    ".pictures.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}\n"
    ".pairs{display:grid;gap:1rem 1.6rem;margin:1rem 0;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,33rem),1fr))}\n"
    ".pair{display:grid;gap:.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr))}\n"
    "figure{margin:0;padding:.6rem;border:1px solid "
    "var(--line);border-radius:10px;max-width:40rem;min-width:0}\n"
    "figure svg,figure img{display:block;width:100%;height:auto}\n"
    "figure img{background:#fff;border-radius:6px}\n"
    "figcaption{color:var(--soft);font-size:.9rem;line-height:1.45;padding:.3rem .4rem .1rem}\n"
    /* gnuplot writes borders and text in black, the paper in white: they follow the page. */
    "figure svg [color=black]{color:var(--ink)}\n"
    "figure svg [color='rgb( 32,  36,  42)']{color:var(--ink)}\n" /* dots of figure_scatter.c */
    "figure svg [fill=black]{fill:var(--ink)}\n"
    "figure svg [stroke=black]{stroke:var(--ink)}\n"
    "figure svg .gridline,figure svg [stroke='rgb(216, 221, 227)']{stroke:var(--grid)}\n"
    "figure svg [fill='#ffffff']{fill:transparent}\n"
    "figure svg feFlood{flood-color:var(--paper)}\n"
    "figure svg text{font-family:inherit}\n";

static const char style_tables[] =
    ".scroll{overflow-x:auto;margin:.8rem 0 1rem}\n"
    "table{border-collapse:collapse;font-size:.95rem}\n"
    "caption{text-align:left;color:var(--soft);font-size:.9rem;padding:.2rem .6rem .5rem .1rem}\n"
    "th,td{padding:.32rem .8rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\n"
    "th:first-child,td:first-child{padding-left:.2rem}\n"
    "thead th{border-bottom:2px solid var(--line);white-space:nowrap}\n"
    "tbody th{font-weight:500;min-width:7rem}\n" /* else long names break into many lines on a phone */
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "td.best{font-weight:700;color:var(--accent)}\n"
    ".dot{display:inline-block;width:.7em;height:.7em;border-radius:50%;background:var(--c);margin-right:."
    "4em}\n"
    ".settings td{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:.85rem;"
    "overflow-wrap:anywhere}\n"
    ".settings th{font-weight:500;font-size:.9rem}\n"
    ".settings th.n{text-align:left}\n"
    "ul.settings{list-style:none;padding:0;max-width:none;columns:21rem;column-gap:2rem;font-size:.9rem}\n"
    "ul.settings li{break-inside:avoid;padding:.1rem 0}\n"
    "ul.settings code{color:var(--accent)}\n"
    ".warning{border-left:4px solid #d98300;background:var(--tint);padding:.6rem 1rem;border-radius:4px}\n"
    "footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}\n";

static const char style_media[] =
    "@media (max-width:600px){body{padding:1rem .9rem 3rem}h1{font-size:1.6rem}h2{font-size:1.35rem}"
    "th,td{padding:.3rem .5rem}figure{padding:.3rem}}\n"
    "@page{size:A4;margin:14mm}\n"
    "@media print{:root{color-scheme:light;--paper:#fff;--ink:#111;--soft:#444;--line:#ccc;--tint:#f4f4f4;"
    "--accent:#00604a;--grid:#d8dde3}body{max-width:none;padding:0;font-size:10pt}nav{display:none}"
    "section{break-before:page;border:0;margin:0;padding:0}section:first-of-type{break-before:auto;margin-"
    "top:2rem}ul.settings{columns:3;column-gap:1rem;font-size:7.5pt}"
    "figure,tr,pre,.variants div{break-inside:avoid}"
    "h2,h3{break-after:avoid}.pictures{grid-template-columns:1fr 1fr}"
    ".pictures.three{grid-template-columns:1fr 1fr 1fr}.pairs{grid-template-columns:1fr 1fr;gap:.4rem}"
    ".pair{grid-template-columns:1fr 1fr;gap:.2rem}.pair figcaption{font-size:7pt}"
    "figcaption{font-size:7pt}"
    ".scroll{overflow:visible}pre{white-space:pre-wrap}}\n";

void html_page_begin(text *out, const char *title) {
    text_add(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    html_escape(out, title);
    text_add(out, "</title>\n<style>\n");
    text_add(out, style_page);
    text_add(out, style_figures);
    text_add(out, style_tables);
    text_add(out, style_media);
    text_add(out, "</style>\n</head>\n<body>\n");
}

void html_page_end(text *out) {
    text_add(out, "</body>\n</html>\n");
}
