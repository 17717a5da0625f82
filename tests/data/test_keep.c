/* Wherever the samples are kept, the set is the same to the last bit; what changes meanwhile is noticed. */
#include "data/reading.h"

#include "base/parallel.h"
#include "data/standardize.h"

#include <pthread.h>

#define FIXTURES "tests/fixtures/images/"

static const mixup_keep keeps[] = {MIXUP_KEEP_IN_MEMORY, MIXUP_KEEP_ENCODED, MIXUP_KEEP_ON_DISK};

/* ---------------------------------------------------------------- images */

enum { SIDE = 5, FEATURES = 3 * SIDE * SIDE, CLASSES = 3, PER_CLASS = 4, IMAGES = CLASSES * PER_CLASS };

/* Three classes of four images of several sizes and kinds; b/2.png and c/0.jpg are cut. */
static void make_images(temporary_folder *out) {
    static const char *const names[] = {"large.png", "colour.jpg", "grey.png", "deep_colour.png"};
    static const char *const endings[] = {"png", "jpg", "png", "png"};
    temporary_folder_make(out);
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < PER_CLASS; i++) {
            char path[100];
            size_t size = 0;
            const int kind = (c + i) % 4;
            snprintf(path, sizeof path, FIXTURES "%s", names[kind]);
            char *data = read_bytes(path, &size);
            snprintf(path, sizeof path, "%c", 'a' + c);
            (void)mkdir(temporary_file(out, path), 0700);
            snprintf(path, sizeof path, "%c/%d.%s", 'a' + c, i, endings[kind]);
            const bool cut = (c == 1 && i == 2) || (c == 2 && i == 0);
            write_bytes(temporary_file(out, path), data, cut ? size - 30 : size);
            free(data);
        }
}

/* The folder as an archive beside it. */
static void archive_images(const temporary_folder *folder, const char *options, char path[100]) {
    char command[300];
    snprintf(path, 100, "%s.archive", folder->path);
    snprintf(command, sizeof command, "tar -c %s -f %s -C %s .", options, path, folder->path);
    assert_int_equal(system(command), 0);
}

typedef struct expected_set {
    reading got;
    uint64_t fingerprint;
    char lines[1000];
} expected_set;

static void on_line(const char *line, void *user) {
    expected_set *in = user;
    const char *from = strstr(line, ": ") + 2; /* behind the path */
    snprintf(in->lines + strlen(in->lines), sizeof in->lines - strlen(in->lines), "%.200s\n", from);
}

static void read_images(const char *path, mixup_keep keep, size_t threads, expected_set *out) {
    *out = (expected_set){0};
    mixup_dataset *set = NULL;
    size_t skipped = 0;
    const mixup_images_desc desc = {.path = path,
                                    .size = {SIDE, SIDE},
                                    .skip_damaged = true,
                                    .skipped = &skipped,
                                    .scale = 255,
                                    .keep = keep,
                                    .threads = threads,
                                    .log = {on_line, out}};
    if (mixup_dataset_from_images(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_int_equal(skipped, 2);
    assert_true((set->storage->inputs != NULL) == (keep == MIXUP_KEEP_IN_MEMORY));
    assert_true((set->storage->reader != NULL) == (keep != MIXUP_KEEP_IN_MEMORY));
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    read_set(set, &out->got);
    out->got.info.class_names = NULL;
    out->fingerprint = dataset_fingerprint(set, 0);
    mixup_dataset_destroy(set);
}

static void images_are_the_same_wherever_they_are_kept(void **state) {
    (void)state;
    static expected_set whole, other;
    temporary_folder folder;
    char plain[100], packed[100];
    make_images(&folder);
    read_images(folder.path, MIXUP_KEEP_IN_MEMORY, 1, &whole);
    assert_int_equal(whole.got.info.count, IMAGES - 2);
    assert_memory_equal(whole.got.labels, ((const int32_t[]){0, 0, 0, 0, 1, 1, 1, 2, 2, 2}), 40);
    assert_string_equal(whole.lines, "b/2.png: left out: a damaged PNG: ends early\n"
                                     "c/0.png: left out: a damaged PNG: ends early\n");
    archive_images(&folder, "", plain);
    for (size_t threads = 1; threads <= 4; threads++)
        for (size_t i = 0; i < MIXUP_COUNT(keeps); i++) {
            read_images(folder.path, keeps[i], threads, &other);
            assert_memory_equal(&other, &whole, sizeof whole);
            read_images(plain, keeps[i], threads, &other);
            assert_memory_equal(&other, &whole, sizeof whole);
        }
    assert_int_equal(unlink(plain), 0);
    archive_images(&folder, "-z", packed);
    for (size_t threads = 1; threads <= 4; threads += 3)
        for (size_t i = 0; i < 2; i++) {
            read_images(packed, keeps[i], threads, &other);
            assert_memory_equal(&other, &whole, sizeof whole);
        }
    assert_int_equal(unlink(packed), 0);
    temporary_folder_remove(&folder);
}

static mixup_dataset *open_images(const mixup_images_desc *desc) {
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_images(&set, desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static void refuse_images(const mixup_images_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_images(&set, desc), status, part);
    assert_null(set);
}

/* Of the archive's four images of 4 × 4, 192 bytes as they are and 287 in their files. */
static void the_limit_on_memory_decides_where_they_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *path;
        size_t limit;
        bool decoded, encoded;
    } cases[] = {
        {FIXTURES "tree.tar", 0, true, false},
        {FIXTURES "tree.tar", 192, true, false},
        {FIXTURES "tree.tar", 191, false, false},
        {FIXTURES "tree.tar.zst", 192, true, false},
        {FIXTURES "cifar_images.tar.gz", 61440, true, false},
        {FIXTURES "cifar_images.tar.gz", 61439, false, true},
        {FIXTURES "cifar_images.tar.gz", 2500, false, true},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *set =
            open_images(&(mixup_images_desc){.path = cases[i].path, .memory_limit = cases[i].limit});
        assert_int_equal(set->storage->inputs != NULL, cases[i].decoded);
        mixup_dataset_destroy(set);
    }
    refuse_images(&(mixup_images_desc){.path = FIXTURES "tree.tar.gz", .memory_limit = 191},
                  MIXUP_ERROR_UNSUPPORTED, "bytes, more than the memory limit of 191, and are compressed");
    refuse_images(&(mixup_images_desc){.path = FIXTURES "tree.tar.gz", .keep = MIXUP_KEEP_ON_DISK},
                  MIXUP_ERROR_UNSUPPORTED, "unpack it to a folder or to a plain .tar");
    refuse_images(&(mixup_images_desc){.path = FIXTURES "tree.tar", .keep = (mixup_keep)9},
                  MIXUP_ERROR_ARGUMENT, "keep: 9");
}

static void the_first_damaged_image_is_named_for_any_number_of_threads(void **state) {
    (void)state;
    temporary_folder folder;
    make_images(&folder);
    for (size_t threads = 1; threads <= 4; threads++)
        for (size_t i = 0; i < MIXUP_COUNT(keeps); i++)
            refuse_images(&(mixup_images_desc){.path = folder.path,
                                               .size = {3, 3},
                                               .keep = keeps[i],
                                               .threads = threads},
                          MIXUP_ERROR_FORMAT, ": b/2.png: a damaged PNG");
    temporary_folder_remove(&folder);
}

/* Its size is then what the first whole image says. */
static void a_damaged_first_image_decides_nothing(void **state) {
    (void)state;
    static reading whole, other;
    temporary_folder folder;
    char command[300];
    temporary_folder_make(&folder);
    snprintf(command, sizeof command,
             "cd %s && for i in 0 1 2 3 4 5 6 7; do cp $OLDPWD/" FIXTURES
             "colour.png $i.png; done && echo >0.png && "
             "echo >1.png",
             folder.path);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < MIXUP_COUNT(keeps); i++) {
        mixup_dataset *set = open_images(
            &(mixup_images_desc){.path = folder.path, .skip_damaged = true, .keep = keeps[i], .threads = 3});
        read_set(set, i == 0 ? &whole : &other);
        assert_int_equal(set->count, 6);
        if (i > 0)
            assert_memory_equal(other.inputs, whole.inputs, sizeof whole.inputs);
        mixup_dataset_destroy(set);
    }
    temporary_folder_remove(&folder);
}

/* What a first image said of the size holds for those that other threads look at. */
static void images_of_another_size_are_refused_wherever_they_are_kept(void **state) {
    (void)state;
    temporary_folder folder;
    make_images(&folder);
    for (size_t i = 0; i < MIXUP_COUNT(keeps); i++)
        refuse_images(
            &(mixup_images_desc){.path = folder.path, .skip_damaged = true, .keep = keeps[i], .threads = 3},
            MIXUP_ERROR_SHAPE, "a/1.jpg: is 7 x 11 (height x width), but a/0.png is 24 x 40; give a size");
    temporary_folder_remove(&folder);
}

static void an_image_that_changes_later_is_an_error_with_its_name(void **state) {
    (void)state;
    temporary_folder folder;
    float inputs[FEATURES];
    size_t size = 0;
    make_images(&folder);
    char *other = read_bytes(FIXTURES "grey.png", &size);
    const mixup_images_desc desc = {
        .path = folder.path, .size = {SIDE, SIDE}, .skip_damaged = true, .keep = MIXUP_KEEP_ON_DISK};
    mixup_dataset *set = open_images(&desc);
    write_bytes(temporary_file(&folder, "a/3.png"), other, size); /* was deep_colour.png */
    assert_failed(dataset_gather(set, (const size_t[]){3}, 1, inputs, NULL, NULL), MIXUP_ERROR_IO,
                  "a/3.png: has changed since the data set was opened");
    write_bytes(temporary_file(&folder, "a/3.png"), other, size - 9);
    assert_failed(dataset_gather(set, (const size_t[]){3}, 1, inputs, NULL, NULL), MIXUP_ERROR_FORMAT,
                  "a/3.png: a damaged PNG");
    unlink(temporary_file(&folder, "c/1.png")); /* the one before it was left out */
    assert_failed(dataset_gather(set, (const size_t[]){0, 7}, 2, inputs, NULL, NULL), MIXUP_ERROR_IO,
                  "c/1.png: cannot open");
    assert_failed(mixup_dataset_standardize(set, set), MIXUP_ERROR_FORMAT, "a/3.png");
    assert_int_equal(dataset_gather(set, (const size_t[]){8}, 1, inputs, NULL, NULL), MIXUP_OK);
    mixup_dataset_destroy(set);
    free(other);
    temporary_folder_remove(&folder);
}

/* Once encoded images are in memory, their files may go. */
static void encoded_images_need_no_file(void **state) {
    (void)state;
    temporary_folder folder;
    float inputs[FEATURES];
    make_images(&folder);
    mixup_dataset *set = open_images(&(mixup_images_desc){
        .path = folder.path, .size = {SIDE, SIDE}, .skip_damaged = true, .keep = MIXUP_KEEP_ENCODED});
    temporary_folder_remove(&folder);
    for (size_t i = 0; i < IMAGES - 2; i++)
        assert_int_equal(dataset_gather(set, &i, 1, inputs, NULL, NULL), MIXUP_OK);
    mixup_dataset_destroy(set);
}

/* ---------------------------------------------------------------- several threads */

typedef struct gathering {
    const mixup_dataset *set;
    const float *expected; /* [count][features] */
    size_t count, features;
} gathering;

static mixup_status gather_all(size_t index, void *user) {
    const gathering *in = user;
    float row[FEATURES];
    for (size_t i = 0; i < in->count; i++) {
        const size_t sample = (i * 5 + index) % in->count;
        MIXUP_TRY(dataset_gather(in->set, &sample, 1, row, NULL, NULL));
        if (memcmp(row, in->expected + sample * in->features, in->features * sizeof *row) != 0)
            return error(MIXUP_ERROR_DATA, "sample %zu differs", sample);
    }
    return MIXUP_OK;
}

static void assert_threads_agree(const mixup_dataset *set, const reading *expected) {
    gathering in = {set, expected->inputs, set->count, set->preprocess->features};
    assert_true(in.features <= FEATURES);
    if (parallel_run(12, 4, gather_all, &in) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
}

static void several_threads_may_gather_at_once(void **state) {
    (void)state;
    static reading expected;
    temporary_folder folder;
    char plain[100];
    make_images(&folder);
    archive_images(&folder, "", plain);
    const char *const paths[] = {folder.path, plain};
    for (size_t i = 0; i < MIXUP_COUNT(keeps); i++)
        for (size_t p = 0; p < 2; p++) {
            mixup_dataset *set = open_images(&(mixup_images_desc){
                .path = paths[p], .size = {SIDE, SIDE}, .skip_damaged = true, .keep = keeps[i]});
            read_set(set, &expected);
            assert_threads_agree(set, &expected);
            mixup_dataset_destroy(set);
        }
    assert_int_equal(unlink(plain), 0);
    temporary_folder_remove(&folder);
}

/* ---------------------------------------------------------------- arrays */

static mixup_dataset *open_npy(const char *path, mixup_keep keep) {
    mixup_dataset *set = NULL;
    const mixup_npy_desc desc = {.inputs = path, .scale = 3, .keep = keep};
    if (mixup_dataset_from_npy(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static mixup_dataset *open_idx(const char *path, mixup_keep keep) {
    mixup_dataset *set = NULL;
    const mixup_idx_desc desc = {.images = path, .scale = 3, .keep = keep};
    if (mixup_dataset_from_idx(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static void assert_same_array(mixup_dataset *(*opener)(const char *path, mixup_keep keep), const char *path) {
    static reading whole, other;
    mixup_dataset *in_memory = opener(path, MIXUP_KEEP_IN_MEMORY);
    mixup_dataset *on_disk = opener(path, MIXUP_KEEP_ON_DISK);
    assert_non_null(on_disk->storage->reader);
    assert_int_equal(dataset_fingerprint(on_disk, 0), dataset_fingerprint(in_memory, 0));
    assert_int_equal(mixup_dataset_standardize(in_memory, in_memory), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(on_disk, on_disk), MIXUP_OK);
    read_set(in_memory, &whole);
    read_set(on_disk, &other);
    assert_int_equal(other.info.count, whole.info.count);
    assert_memory_equal(other.info.shape, whole.info.shape, sizeof whole.info.shape);
    assert_memory_equal(other.inputs, whole.inputs, sizeof whole.inputs);
    assert_threads_agree(on_disk, &whole);
    mixup_dataset_destroy(in_memory);
    mixup_dataset_destroy(on_disk);
}

static void arrays_are_the_same_in_memory_and_on_disk(void **state) {
    (void)state;
    static const char *const types[] = {"uint8", "int8", "int16", "int32", "float32", "float64"};
    static const char *const others[] = {"float16", "bool", "int64", "uint16", "rank1", "rank5"};
    for (size_t i = 0; i < MIXUP_COUNT(types); i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/fixtures/format/%s.npy", types[i]);
        assert_same_array(open_npy, path);
        snprintf(path, sizeof path, "tests/fixtures/format/%s.npy", others[i]);
        assert_same_array(open_npy, path);
        snprintf(path, sizeof path, "tests/fixtures/format/%s.idx", types[i]); /* big-endian */
        assert_same_array(open_idx, path);
    }
}

static void refuse_npy(const mixup_npy_desc *desc, mixup_status status, const char *part) {
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_npy(&set, desc), status, part);
    assert_null(set);
}

static void arrays_beyond_the_limit_stay_on_disk(void **state) {
    (void)state;
    static const char path[] = "tests/fixtures/format/float32.npy";      /* 152 bytes, 24 of them elements */
    static const char packed[] = "tests/fixtures/format/float32.npy.gz"; /* 105 bytes */
    static const struct {
        const char *path;
        size_t limit;
        bool in_memory;
    } cases[] = {{path, 0, true}, {path, 152, true}, {path, 151, false}, {packed, 1, true}};
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *set = NULL;
        const mixup_npy_desc desc = {.inputs = cases[i].path, .memory_limit = cases[i].limit};
        assert_int_equal(mixup_dataset_from_npy(&set, &desc), MIXUP_OK);
        assert_int_equal(set->storage->inputs != NULL, cases[i].in_memory);
        mixup_dataset_destroy(set);
    }
    refuse_npy(&(mixup_npy_desc){.inputs = packed, .keep = MIXUP_KEEP_ON_DISK}, MIXUP_ERROR_UNSUPPORTED,
               "float32.npy.gz: is compressed or a pipe");
    refuse_npy(&(mixup_npy_desc){.inputs = path, .keep = MIXUP_KEEP_ENCODED}, MIXUP_ERROR_ARGUMENT,
               "arrays are kept in memory or on disk");
}

/* Its first value replaced in `offset` bytes from the end. */
static void damage(const char *path, long from_end, const void *bytes, size_t size) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void an_array_that_changes_later_is_an_error(void **state) {
    (void)state;
    temporary_folder folder;
    float row[3];
    size_t size = 0;
    char *data = read_bytes("tests/fixtures/format/float32.npy", &size);
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "a.npy");
    write_bytes(path, data, size);
    mixup_dataset *set = open_npy(path, MIXUP_KEEP_ON_DISK);
    damage(path, 8, "\1", 1); /* in the second row of two */
    assert_int_equal(dataset_gather(set, (const size_t[]){0}, 1, row, NULL, NULL), MIXUP_OK);
    assert_failed(dataset_gather(set, (const size_t[]){1}, 1, row, NULL, NULL), MIXUP_ERROR_IO,
                  "a.npy: sample 1 (from 0) has changed since the data set was opened");
    assert_int_equal(truncate(path, (off_t)size - 4), 0);
    assert_failed(dataset_gather(set, (const size_t[]){1}, 1, row, NULL, NULL), MIXUP_ERROR_FORMAT,
                  "a.npy: ends early");
    mixup_dataset_destroy(set);
    free(data);
    temporary_folder_remove(&folder);
}

static void arrays_on_disk_are_checked_when_they_are_opened(void **state) {
    (void)state;
    temporary_folder folder;
    size_t size = 0;
    char *data = read_bytes("tests/fixtures/format/float32.npy", &size);
    temporary_folder_make(&folder);
    const char *path = temporary_file(&folder, "a.npy");
    const mixup_npy_desc desc = {.inputs = path, .keep = MIXUP_KEEP_ON_DISK};
    write_bytes(path, data, size - 1);
    refuse_npy(&desc, MIXUP_ERROR_FORMAT, "ends early");
    write_bytes(path, data, size + 1); /* a '\0' stands behind what was read */
    refuse_npy(&desc, MIXUP_ERROR_FORMAT, "further bytes follow");
    write_bytes(path, data, size);
    damage(path, 4, (const float[]){NAN}, sizeof(float));
    refuse_npy(&desc, MIXUP_ERROR_NOT_FINITE, "a.npy: sample 1, feature 2 (both from 0) is");
    free(data);
    temporary_folder_remove(&folder);
}

/* ---------------------------------------------------------------- memory */

static mixup_status run_images(const mixup_allocator *allocator, void *user) {
    const mixup_images_desc *how = user;
    mixup_images_desc desc = *how;
    mixup_dataset *set = NULL;
    float row[FEATURES];
    desc.allocator = allocator;
    MIXUP_TRY(mixup_dataset_from_images(&set, &desc));
    mixup_status status = dataset_gather(set, (const size_t[]){1}, 1, row, NULL, NULL);
    if (status == MIXUP_OK)
        status = mixup_dataset_standardize(set, set);
    mixup_dataset_destroy(set);
    return status;
}

static mixup_status run_array(const mixup_allocator *allocator, void *user) {
    (void)user;
    mixup_dataset *set = NULL;
    float row[3];
    const mixup_idx_desc desc = {
        .images = "tests/fixtures/format/int16.idx", .keep = MIXUP_KEEP_ON_DISK, .allocator = allocator};
    MIXUP_TRY(mixup_dataset_from_idx(&set, &desc));
    const mixup_status status = dataset_gather(set, (const size_t[]){1}, 1, row, NULL, NULL);
    mixup_dataset_destroy(set);
    return status;
}

static void ignore_line(const char *line, void *user) {
    (void)line;
    (void)user;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    temporary_folder folder;
    make_images(&folder);
    const char *const paths[] = {folder.path, FIXTURES "tree.tar", FIXTURES "tree.tar.gz"};
    for (size_t p = 0; p < MIXUP_COUNT(paths); p++)
        for (size_t i = 0; i < MIXUP_COUNT(keeps) - (p == 2); i++) {
            mixup_images_desc desc = {.path = paths[p],
                                      .size = {SIDE, SIDE},
                                      .skip_damaged = true,
                                      .keep = keeps[i],
                                      .threads = 1,
                                      .log = {ignore_line, NULL}};
            assert_true(fail_every_allocation(run_images, &desc) > 20);
            if (p == 0) { /* the same with several threads, where it is another one that fails each time */
                desc.threads = 3;
                assert_true(fail_every_allocation(run_images, &desc) > 20);
            }
        }
    assert_true(fail_every_allocation(run_array, NULL) > 8);
    temporary_folder_remove(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_the_same_wherever_they_are_kept),
        cmocka_unit_test(the_limit_on_memory_decides_where_they_are_kept),
        cmocka_unit_test(the_first_damaged_image_is_named_for_any_number_of_threads),
        cmocka_unit_test(a_damaged_first_image_decides_nothing),
        cmocka_unit_test(images_of_another_size_are_refused_wherever_they_are_kept),
        cmocka_unit_test(an_image_that_changes_later_is_an_error_with_its_name),
        cmocka_unit_test(encoded_images_need_no_file),
        cmocka_unit_test(several_threads_may_gather_at_once),
        cmocka_unit_test(arrays_are_the_same_in_memory_and_on_disk),
        cmocka_unit_test(arrays_beyond_the_limit_stay_on_disk),
        cmocka_unit_test(an_array_that_changes_later_is_an_error),
        cmocka_unit_test(arrays_on_disk_are_checked_when_they_are_opened),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
