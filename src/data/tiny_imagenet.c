/* data/tiny_imagenet: Tiny-ImageNet's own layout: classes are WordNet numbers ("n01443537"), numbered by
 * wnids.txt and called as words.txt says; training images lie in folders of these numbers, validation images
 * in one folder, and val_annotations.txt says what each shows. A newcomer's mistake: numbering the classes by
 * their folders, which are in another order than wnids.txt. */
#include "data/image_set.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT_BYTES = 1 << 26 }; /* of each text file; words.txt has 2.6 MB */

/* A text file in memory, cut into lines and fields as it is read. */
typedef struct text_file {
    char *path;
    char *content;
    char *at;    /* the next line; at the end the final zero */
    size_t line; /* of the fields, from 1 */
} text_file;

/* A class. */
typedef struct category {
    const char *wnid;  /* in wnids' content */
    const char *words; /* in words' content; NULL: words.txt says nothing */
    int32_t number;    /* its line in wnids.txt, from 0 */
} category;

typedef struct tiny_source {
    const mixup_tiny_imagenet_desc *desc;
    const mixup_allocator *allocator;
    text_file wnids, words, annotations;
    category *categories; /* [count] by wnid */
    size_t count;
    image_tree tree;
} tiny_source;

/* ---------------------------------------------------------------- text files */

static mixup_status text_file_open(text_file *out, const char *folder, const char *name,
                                   const mixup_allocator *allocator) {
    size_t size = 0;
    out->path = path_join(allocator, folder, name);
    if (out->path == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(file_read_all(out->path, MAX_TEXT_BYTES, allocator, &out->content, &size));
    if (strlen(out->content) != size)
        return error(MIXUP_ERROR_FORMAT, "%s: is no text: it contains a NUL byte", out->path);
    out->at = out->content;
    return MIXUP_OK;
}

static void text_file_close(text_file *in, const mixup_allocator *allocator) {
    memory_release(allocator, in->path);
    memory_release(allocator, in->content);
}

/* The first two fields, parted by tabs, of the next line that is not blank; false at the end. A field that it
 * lacks is "". */
static bool next_line(text_file *in, char *fields[2]) {
    static char none[] = "";
    char *line = none;
    while (*line == '\0') {
        line = in->at;
        if (*line == '\0')
            return false;
        char *end = line + strcspn(line, "\n");
        in->at = *end == '\n' ? end + 1 : end;
        *end = '\0';
        line[strcspn(line, "\r")] = '\0';
        in->line++;
    }
    char *tab = line + strcspn(line, "\t");
    fields[0] = line;
    fields[1] = *tab == '\t' ? tab + 1 : none;
    *tab = '\0';
    tab = fields[1] + strcspn(fields[1], "\t");
    if (*tab == '\t')
        *tab = '\0';
    return true;
}

/* ---------------------------------------------------------------- classes */

static int compare_categories(const void *left, const void *right) {
    return strcmp(((const category *)left)->wnid, ((const category *)right)->wnid);
}

static category *find_category(const tiny_source *in, const char *wnid) {
    const category key = {.wnid = wnid};
    return bsearch(&key, in->categories, in->count, sizeof key, compare_categories);
}

static mixup_status read_wnids(tiny_source *in) {
    char *fields[2];
    size_t capacity = 0;
    MIXUP_TRY(text_file_open(&in->wnids, in->desc->folder, "wnids.txt", in->allocator));
    while (next_line(&in->wnids, fields)) {
        if (in->count == PREPROCESS_MAX_CLASSES)
            return error(MIXUP_ERROR_FORMAT, "%s: more than %d classes", in->wnids.path,
                         PREPROCESS_MAX_CLASSES);
        if (in->count == capacity) {
            MIXUP_TRY(
                MEMORY_GROW(in->allocator, in->categories, in->count, capacity > 0 ? 2 * capacity : 256));
            capacity = capacity > 0 ? 2 * capacity : 256;
        }
        in->categories[in->count] = (category){.wnid = fields[0], .number = (int32_t)in->count};
        in->count++;
    }
    if (in->count == 0)
        return error(MIXUP_ERROR_FORMAT, "%s: is empty; it names the classes, one a line", in->wnids.path);
    qsort(in->categories, in->count, sizeof *in->categories, compare_categories);
    for (size_t i = 1; i < in->count; i++)
        if (strcmp(in->categories[i - 1].wnid, in->categories[i].wnid) == 0)
            return error(MIXUP_ERROR_FORMAT, "%s: names %s twice", in->wnids.path, in->categories[i].wnid);
    return MIXUP_OK;
}

/* words.txt says far more than is asked for. */
static mixup_status read_words(tiny_source *in) {
    char *fields[2];
    char *path = path_join(in->allocator, in->desc->folder, "words.txt");
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const bool there = file_exists(path);
    memory_release(in->allocator, path);
    if (!there)
        return MIXUP_OK;
    MIXUP_TRY(text_file_open(&in->words, in->desc->folder, "words.txt", in->allocator));
    while (next_line(&in->words, fields)) {
        category *found = find_category(in, fields[0]);
        if (found != NULL && fields[1][0] != '\0')
            found->words = fields[1];
    }
    return MIXUP_OK;
}

static const char *words_of(const category *of) {
    return of->words != NULL ? of->words : of->wnid;
}

static int compare_words(const void *left, const void *right) {
    return strcmp(words_of(left), words_of(right));
}

/* `names` [count] by number; *lasting owns those that are made here. The categories' order changes. */
static mixup_status name_classes(tiny_source *in, const char **names, text *lasting) {
    qsort(in->categories, in->count, sizeof *in->categories, compare_words);
    for (size_t pass = 0; pass < 2; pass++) { /* the text may move while it grows */
        size_t at = 0;
        for (size_t i = 0; i < in->count; i++) {
            const category *of = &in->categories[i];
            const bool again = (i > 0 && compare_words(of - 1, of) == 0) ||
                               (i + 1 < in->count && compare_words(of, of + 1) == 0);
            names[of->number] = words_of(of);
            if (!again)
                continue;
            if (pass == 0) {
                text_format(lasting, "%s (%s)", words_of(of), of->wnid);
                text_append(lasting, "", 1);
            } else {
                names[of->number] = lasting->data + at;
                at += strlen(lasting->data + at) + 1;
            }
        }
        MIXUP_TRY(text_status(lasting));
    }
    return MIXUP_OK;
}

static mixup_status set_classes(dataset_draft *draft, tiny_source *in) {
    const char **names = NULL;
    text lasting;
    MIXUP_TRY(MEMORY_NEW(in->allocator, names, in->count));
    text_init(&lasting, in->allocator);
    mixup_status status = name_classes(in, names, &lasting);
    if (status == MIXUP_OK)
        status = preprocess_set_classes(draft->preprocess, names, in->count);
    text_clear(&lasting);
    memory_release(in->allocator, names);
    return status;
}

/* ---------------------------------------------------------------- labels */

static mixup_status label_by_folder(const tiny_source *in, int32_t *labels) {
    const image_tree *tree = &in->tree;
    if (tree->class_count == 0)
        return error(MIXUP_ERROR_DATA, "%s/%s: %s lies in no folder of a class", tree->path, tree->part,
                     tree->entries[0].path);
    for (size_t i = 0; i < tree->count; i++) {
        const char *wnid = tree->classes[tree->entries[i].class_number];
        const category *found = find_category(in, wnid);
        if (found == NULL)
            return error(MIXUP_ERROR_DATA, "%s/%s: the folder %s is no class of %s", tree->path, tree->part,
                         wnid, in->wnids.path);
        labels[i] = found->number;
    }
    return MIXUP_OK;
}

static int compare_names(const void *left, const void *right) {
    const char *a = ((const image_tree_entry *)left)->path;
    const char *b = ((const image_tree_entry *)right)->path;
    return image_tree_compare(a, strlen(a), b, strlen(b));
}

/* One line of val_annotations.txt: an image and its class. */
static mixup_status annotate(const tiny_source *in, char *const fields[2], int32_t *labels) {
    const image_tree *tree = &in->tree;
    const text_file *file = &in->annotations;
    const image_tree_entry key = {.path = fields[0]};
    const image_tree_entry *entry = bsearch(&key, tree->entries, tree->count, sizeof key, compare_names);
    const category *found = find_category(in, fields[1]);
    if (entry == NULL)
        return error(MIXUP_ERROR_DATA, "%s:%zu: speaks of %s, which is not in %s/%s", file->path, file->line,
                     fields[0], tree->path, tree->part);
    if (found == NULL)
        return error(MIXUP_ERROR_DATA, "%s:%zu: '%s' is no class of %s", file->path, file->line, fields[1],
                     in->wnids.path);
    if (labels[entry - tree->entries] >= 0)
        return error(MIXUP_ERROR_DATA, "%s:%zu: speaks of %s a second time", file->path, file->line,
                     fields[0]);
    labels[entry - tree->entries] = found->number;
    return MIXUP_OK;
}

static mixup_status label_by_annotations(tiny_source *in, int32_t *labels) {
    const image_tree *tree = &in->tree;
    char *fields[2];
    if (tree->class_count > 0)
        return error(MIXUP_ERROR_DATA, "%s/%s: %s lies in a folder of its own", tree->path, tree->part,
                     tree->entries[0].path);
    MIXUP_TRY(text_file_open(&in->annotations, in->desc->folder, "val/val_annotations.txt", in->allocator));
    for (size_t i = 0; i < tree->count; i++)
        labels[i] = -1;
    while (next_line(&in->annotations, fields))
        MIXUP_TRY(annotate(in, fields, labels));
    for (size_t i = 0; i < tree->count; i++)
        if (labels[i] < 0)
            return error(MIXUP_ERROR_DATA, "%s: says nothing of %s", in->annotations.path,
                         tree->entries[i].path);
    return MIXUP_OK;
}

static mixup_status label(dataset_draft *draft, tiny_source *in) {
    int32_t *labels = NULL;
    MIXUP_TRY(MEMORY_NEW(in->allocator, labels, in->tree.count));
    draft->storage->labels = labels;
    return in->desc->part == MIXUP_TINY_IMAGENET_TRAIN ? label_by_folder(in, labels)
                                                       : label_by_annotations(in, labels);
}

/* ---------------------------------------------------------------- the set */

static mixup_status load(dataset_draft *draft, tiny_source *in, size_t *skipped) {
    static const char *const parts[] = {"train", "val/images"};
    const mixup_tiny_imagenet_desc *desc = in->desc;
    const image_set_desc images = {.channels = 3,
                                   .height = desc->size[0],
                                   .width = desc->size[1],
                                   .skip_damaged = desc->skip_damaged,
                                   .keep = desc->keep,
                                   .memory_limit = desc->memory_limit,
                                   .threads = desc->threads,
                                   .log = desc->log};
    MIXUP_TRY(read_wnids(in));
    MIXUP_TRY(read_words(in));
    MIXUP_TRY(image_tree_open(&in->tree, desc->folder, parts[desc->part], in->allocator));
    MIXUP_TRY(image_tree_check_classes(&in->tree));
    MIXUP_TRY(preprocess_set_scale(draft->preprocess, desc->scale));
    MIXUP_TRY(label(draft, in));
    MIXUP_TRY(set_classes(draft, in));
    return image_set_fill(draft, &in->tree, &images, skipped);
}

static mixup_status fill(dataset_draft *draft, const mixup_tiny_imagenet_desc *desc, size_t *skipped) {
    const mixup_allocator allocator = draft->storage->allocator;
    tiny_source in = {
        .desc = desc, .allocator = &allocator, .tree = {.allocator = allocator, .descriptor = -1}};
    const mixup_status status = load(draft, &in, skipped);
    image_tree_clear(&in.tree);
    memory_release(&allocator, in.categories);
    text_file_close(&in.wnids, &allocator);
    text_file_close(&in.words, &allocator);
    text_file_close(&in.annotations, &allocator);
    return status;
}

mixup_status mixup_dataset_from_tiny_imagenet(mixup_dataset **set, const mixup_tiny_imagenet_desc *desc) {
    if (set == NULL || desc == NULL || desc->folder == NULL)
        return error(MIXUP_ERROR_ARGUMENT,
                     "mixup_dataset_from_tiny_imagenet: set, desc and folder must not be NULL");
    if ((unsigned)desc->part > MIXUP_TINY_IMAGENET_VAL)
        return error(MIXUP_ERROR_ARGUMENT, "part: %d is no mixup_tiny_imagenet_part", (int)desc->part);
    dataset_draft draft;
    size_t skipped = 0;
    MIXUP_TRY(draft_init(&draft, desc->allocator, PREPROCESS_TINY_IMAGENET));
    MIXUP_TRY(draft_finish(&draft, fill(&draft, desc, &skipped), set));
    if (desc->skipped != NULL)
        *desc->skipped = skipped;
    return MIXUP_OK;
}
