/* Pieces of the page: nothing from outside becomes markup, and pictures can stand side by side in one page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/html.h"

#include <string.h>

static text begin(void) {
    text out;
    const mixup_allocator allocator = memory_allocator(NULL);
    text_init(&out, &allocator);
    return out;
}

static void expect(text *out, const char *wanted) {
    assert_int_equal(text_status(out), MIXUP_OK);
    assert_string_equal(out->data, wanted);
    text_clear(out);
}

static void markup_in_text_is_escaped(void **state) {
    (void)state;
    text out = begin();
    html_escape(&out, "a <b> & \"c\" λ");
    expect(&out, "a &lt;b&gt; &amp; &quot;c&quot; λ");
}

static void empty_lines_part_paragraphs_and_backticks_are_code(void **state) {
    (void)state;
    text out = begin();
    html_paragraphs(&out, "one `x<y`\nstill one\n\ntwo `open\n");
    expect(&out, "<p>one <code>x&lt;y</code>\nstill one</p>\n<p>two <code>open\n</code></p>\n");
}

static void lines_part_paragraphs_where_no_line_is_empty(void **state) {
    (void)state;
    text out = begin();
    html_paragraphs(&out, "one\ntwo\n");
    expect(&out, "<p>one</p>\n<p>two</p>\n");
}

static void base64_is_that_of_rfc_4648(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < MIXUP_COUNT(pairs); i++) {
        text out = begin();
        text_add(&out, ""); /* so that there is a text */
        html_base64(&out, pairs[i][0], strlen(pairs[i][0]));
        expect(&out, pairs[i][1]);
    }
}

static void ids_of_a_picture_are_made_its_own(void **state) {
    (void)state;
    text out = begin();
    html_inline_svg(&out,
                    "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 1 1\"><title>Gnuplot</title><desc>x</desc>"
                    "<g id=\"plot\"><path id='p' d=''/><use xlink:href='#p'/><g filter='url(#f)'/></g></svg>",
                    7, "a \"b\"");
    expect(&out, "<svg role=\"img\" aria-label=\"a &quot;b&quot;\" viewBox=\"0 0 1 1\">"
                 "<g id=\"p7-plot\"><path id='p7-p' d=''/><use xlink:href='#p7-p'/><g "
                 "filter='url(#p7-f)'/></g></svg>");
}

static void scripts_in_a_picture_are_left_out(void **state) {
    (void)state;
    text out = begin();
    html_inline_svg(&out, "<svg><script type=\"text/javascript\">alert('<g>')</script><g/></svg>", 1, "");
    expect(&out, "<svg role=\"img\" aria-label=\"\"><g/></svg>");
}

static void a_script_without_an_end_takes_the_rest_with_it(void **state) {
    (void)state;
    text out = begin();
    html_inline_svg(&out, "<svg><g/><script>alert(1)", 1, "");
    expect(&out, "<svg role=\"img\" aria-label=\"\"><g/>");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_in_text_is_escaped),
        cmocka_unit_test(empty_lines_part_paragraphs_and_backticks_are_code),
        cmocka_unit_test(lines_part_paragraphs_where_no_line_is_empty),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(ids_of_a_picture_are_made_its_own),
        cmocka_unit_test(scripts_in_a_picture_are_left_out),
        cmocka_unit_test(a_script_without_an_end_takes_the_rest_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
