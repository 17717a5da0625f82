/* Running gnuplot: files side by side, names that would break a script, and what is said when it fails. Those
 * that draw are skipped where gnuplot is not installed. */
#include "report/results_folder.h"

#include "report/figure.h"
#include "report/gnuplot.h"

#include <math.h>

static int make(void **state) {
    static results_folder folder;
    results_folder_make(&folder);
    *state = &folder;
    return 0;
}

static int clear(void **state) {
    results_folder_remove(*state);
    return 0;
}

static bool installed(void) {
    char paths[4096];
    const char *variable = getenv("PATH");
    snprintf(paths, sizeof paths, "%s", variable != NULL ? variable : "");
    for (char *rest = NULL, *folder = strtok_r(paths, ":", &rest); folder != NULL;
         folder = strtok_r(NULL, ":", &rest)) {
        char program[4200];
        snprintf(program, sizeof program, "%s/gnuplot", folder);
        if (access(program, X_OK) == 0)
            return true;
    }
    return false;
}

static mixup_status draw(const results_folder *folder, const char *script) {
    const mixup_allocator allocator = memory_allocator(NULL);
    text commands, data;
    text_init(&commands, &allocator);
    text_init(&data, &allocator);
    text_add(&commands, script);
    text_add(&data, "x,y\n1,2\n2,3\n");
    const gnuplot_data file = {"", &data};
    const mixup_status status = gnuplot_draw(&(gnuplot_picture){.folder = folder->path,
                                                                .name = "picture",
                                                                .width = 200,
                                                                .height = 150,
                                                                .script = &commands,
                                                                .data = &file,
                                                                .data_count = 1},
                                             &allocator);
    text_clear(&data);
    text_clear(&commands);
    return status;
}

static bool is_there(const results_folder *folder, const char *name) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return file_exists(path);
}

static void script_data_and_both_pictures_lie_side_by_side(void **state) {
    if (!installed())
        skip();
    assert_int_equal(draw(*state, "plot 'picture.csv' skip 1 using 1:2 with lines\n"), MIXUP_OK);
    assert_true(is_there(*state, "picture.csv") && is_there(*state, "picture.gp"));
    assert_true(is_there(*state, "picture.svg") && is_there(*state, "picture.png"));
}

static void a_script_that_fails_is_an_error_with_gnuplots_words(void **state) {
    if (!installed())
        skip();
    assert_int_equal(draw(*state, "plt nonsense\n"), MIXUP_ERROR_DATA);
    assert_non_null(strstr(mixup_last_error(), "picture.gp"));
    assert_non_null(strstr(mixup_last_error(), "invalid command"));
}

static void a_missing_gnuplot_is_named_with_its_package(void **state) {
    char path[4096];
    const char *variable = getenv("PATH");
    assert_in_range(snprintf(path, sizeof path, "%s", variable != NULL ? variable : ""), 0, sizeof path - 1);
    setenv("PATH", "/nowhere", 1);
    const mixup_status status = draw(*state, "plot x\n");
    setenv("PATH", path, 1);
    assert_int_equal(status, MIXUP_ERROR_NOT_FOUND);
    assert_non_null(strstr(mixup_last_error(), "apt-get install gnuplot"));
}

static void names_from_outside_stay_names(void **state) {
    (void)state;
    const mixup_allocator allocator = memory_allocator(NULL);
    text out;
    text_init(&out, &allocator);
    gnuplot_quote(&out, "it's `rm`\n\"x\"");
    assert_string_equal(out.data, "'it\u2019s `rm` \"x\"'");
    text_clear(&out);
    gnuplot_file_name(&out, "../a b'λ");
    assert_string_equal(out.data, ".._a_b___");
    text_clear(&out);
}

/* A class called like a command, drawn for real: a script that ran it would leave a file. */
static void hostile_class_names_are_drawn_not_run(void **state) {
    if (!installed())
        skip();
    const results_folder *folder = *state;
    const mixup_allocator allocator = memory_allocator(NULL);
    const char *const names[] = {"'; system(\"touch hostile\"); print '", "`touch hostile`"};
    float values[] = {0, 0, 1, 1, 2, 3, 4, 5};
    int32_t labels[] = {0, 1, 0, 1};
    const states points = {
        .allocator = allocator, .count = 4, .width = 2, .class_count = 2, .values = values, .labels = labels};
    double limits[4] = {(double)INFINITY, -(double)INFINITY, (double)INFINITY, -(double)INFINITY};
    figure_scatter_limits(&points, limits);
    assert_true(limits[0] == 0 && limits[1] == 4 && limits[2] == 0 && limits[3] == 5);
    const figure_place place = {folder->path, "scatter", names[1], &allocator};
    const figure_classes classes = {names, 2};
    if (figure_scatter(&place, &points, &(states){0}, limits, &classes) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_true(is_there(folder, "scatter.svg"));
    assert_false(is_there(folder, "scatter_uniform.csv"));
    if (figure_scatter(&place, &points, &points, limits, &classes) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_true(is_there(folder, "scatter_uniform.csv"));
    assert_false(is_there(folder, "hostile"));
}

static void a_map_is_an_image_and_not_a_rectangle_a_cell(void **state) {
    if (!installed())
        skip();
    enum { SIDE = 300 };
    const results_folder *folder = *state;
    const mixup_allocator allocator = memory_allocator(NULL);
    float *values = memory_allocate(&allocator, (size_t)SIDE * SIDE, sizeof *values);
    assert_non_null(values);
    const surface map = {.columns = SIDE, .rows = SIDE, .cell = {0.1, 0.1}, .probability = values};
    const figure_place place = {folder->path, "map", "", &allocator};
    assert_int_equal(figure_surface(&place, &map, 1, NULL, &(figure_classes){NULL, 2}), MIXUP_OK);
    char path[400];
    char *svg = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/map.svg", folder->path);
    assert_int_equal(file_read_all(path, 1 << 20, &allocator, &svg, &size), MIXUP_OK);
    assert_non_null(strstr(svg, "data:image/png;base64"));
    assert_true(size < 100000);
    memory_release(&allocator, svg);
    memory_release(&allocator, values);
}

static void spectra_of_different_lengths_share_a_picture(void **state) {
    if (!installed())
        skip();
    const results_folder *folder = *state;
    const mixup_allocator allocator = memory_allocator(NULL);
    static const double longer[3] = {4.0, 2.0, 0.5};
    static const double shorter[1] = {3.0};
    const figure_series series[2] = {{"wide", palette_variant("none", 0), longer, 3},
                                     {"narrow", palette_variant("input", 1), shorter, 1}};
    const figure_place place = {folder->path, "spectrum", "class 0", &allocator};
    if (figure_singular_values(
            &place,
            &(figure_spectrum){
                .series = series, .series_count = 2, .count = 3, .lowest = 0.5, .highest = 4.0}) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    char path[100];
    char *content = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/spectrum.csv", folder->path);
    assert_int_equal(file_read_all(path, 1000, &allocator, &content, &size), MIXUP_OK);
    assert_string_equal(content, "number,wide,narrow\n1,4,3\n2,2,NaN\n3,0.5,NaN\n");
    memory_release(&allocator, content);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(script_data_and_both_pictures_lie_side_by_side, make, clear),
        cmocka_unit_test_setup_teardown(a_script_that_fails_is_an_error_with_gnuplots_words, make, clear),
        cmocka_unit_test_setup_teardown(a_missing_gnuplot_is_named_with_its_package, make, clear),
        cmocka_unit_test(names_from_outside_stay_names),
        cmocka_unit_test_setup_teardown(hostile_class_names_are_drawn_not_run, make, clear),
        cmocka_unit_test_setup_teardown(spectra_of_different_lengths_share_a_picture, make, clear),
        cmocka_unit_test_setup_teardown(a_map_is_an_image_and_not_a_rectangle_a_cell, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
