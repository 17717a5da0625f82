/* format/image_tree: see image_tree.h. */
#include "format/image_tree.h"

#include "base/file.h"
#include "base/path.h"
#include "format/tar.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 32 }; /* of folders; a link to a folder above itself ends there */

/* ---------------------------------------------------------------- names */

/* The number of digits at text[at], zeros in front not counted; *start is where they begin. */
static size_t digits(const char *text, size_t length, size_t at, size_t *start) {
    while (at < length && text[at] == '0')
        at++;
    *start = at;
    while (at < length && isdigit((unsigned char)text[at]))
        at++;
    return at - *start;
}

static int compare_natural(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t i = 0;
    size_t k = 0;
    while (i < a_length && k < b_length) {
        if (isdigit((unsigned char)a[i]) && isdigit((unsigned char)b[k])) {
            size_t a_start = 0;
            size_t b_start = 0;
            const size_t a_digits = digits(a, a_length, i, &a_start);
            const size_t b_digits = digits(b, b_length, k, &b_start);
            if (a_digits != b_digits)
                return a_digits < b_digits ? -1 : 1;
            const int order = memcmp(a + a_start, b + b_start, a_digits);
            if (order != 0)
                return order;
            i = a_start + a_digits;
            k = b_start + b_digits;
        } else if (a[i] != b[k]) {
            return (unsigned char)a[i] < (unsigned char)b[k] ? -1 : 1;
        } else {
            i++;
            k++;
        }
    }
    return (i < a_length) - (k < b_length);
}

int image_tree_compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    const int natural = compare_natural(a, a_length, b, b_length);
    if (natural != 0)
        return natural;
    const int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* Classes first, so that the images of one lie together whatever the names. */
static int compare_entries(const void *left, const void *right) {
    const image_tree_entry *a = left;
    const image_tree_entry *b = right;
    const int classes = image_tree_compare(a->path, a->class_length, b->path, b->class_length);
    return classes != 0 ? classes : image_tree_compare(a->path, strlen(a->path), b->path, strlen(b->path));
}

/* Whether a path ends in one of these, and nothing in it is hidden. */
static bool ends_in(const char *path, const char *const *endings, size_t count) {
    const char *ending = strrchr(path, '.');
    if (path[0] == '.' || strstr(path, "/.") != NULL || ending == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    return false;
}

/* Whether a path counts. */
static bool is_image(const char *path) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png"};
    return ends_in(path, endings, MIXUP_COUNT(endings));
}

/* Whether it is an image all the same. */
static bool is_other(const char *path) {
    static const char *const endings[] = {".avif", ".bmp", ".gif", ".heic", ".jfif", ".jp2", ".jxl",
                                          ".pgm",  ".ppm", ".tga", ".tif",  ".tiff", ".webp"};
    return ends_in(path, endings, MIXUP_COUNT(endings));
}

/* What follows "part/" in `path`; NULL where it lies elsewhere. */
static const char *below_part(const image_tree *in, const char *path) {
    const size_t length = strlen(in->part);
    if (length == 0)
        return path;
    return strncmp(path, in->part, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

/* ---------------------------------------------------------------- listing */

typedef struct listing {
    image_tree *tree;
    size_t capacity;
} listing;

static mixup_status list_entry(listing *to, const char *path, uint64_t size, uint64_t offset) {
    image_tree *tree = to->tree;
    if (tree->count == to->capacity) {
        const size_t capacity = to->capacity > 0 ? 2 * to->capacity : 256;
        MIXUP_TRY(MEMORY_GROW(&tree->allocator, tree->entries, tree->count, capacity));
        to->capacity = capacity;
    }
    char *copy = memory_copy_text(&tree->allocator, path);
    if (copy == NULL)
        return MIXUP_ERROR_MEMORY;
    const char *slash = strchr(copy, '/');
    tree->entries[tree->count] =
        (image_tree_entry){.path = copy,
                           .class_length = slash != NULL ? (size_t)(slash - copy) : 0,
                           .serial = tree->count,
                           .size = size,
                           .offset = offset};
    tree->count++;
    return MIXUP_OK;
}

/* Counts a path that is no image here, if it is one elsewhere. */
static mixup_status list_other(image_tree *tree, const char *path) {
    if (!is_other(path))
        return MIXUP_OK;
    tree->others++;
    if (tree->other != NULL && image_tree_compare(tree->other, strlen(tree->other), path, strlen(path)) < 0)
        return MIXUP_OK;
    char *copy = memory_copy_text(&tree->allocator, path);
    if (copy == NULL)
        return MIXUP_ERROR_MEMORY;
    memory_release(&tree->allocator, tree->other);
    tree->other = copy;
    return MIXUP_OK;
}

static mixup_status list_folder(listing *to, const char *folder, const char *below, size_t depth);

/* `below` is the entry's path in the tree, `path` its path on disk. */
static mixup_status list_on_disk(listing *to, const char *path, const char *below, size_t depth) {
    struct stat information;
    if (stat(path, &information) != 0) {
        if (is_image(below)) /* a link to nothing: who reads the image says so, or goes on without it */
            return list_entry(to, below, 0, 0);
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    }
    if (S_ISDIR(information.st_mode))
        return list_folder(to, path, below, depth + 1);
    if (!S_ISREG(information.st_mode))
        return MIXUP_OK;
    if (!is_image(below))
        return list_other(to->tree, below);
    return list_entry(to, below, (uint64_t)information.st_size, 0);
}

static mixup_status list_name(listing *to, const char *folder, const char *below, const char *name,
                              size_t depth) {
    const mixup_allocator *allocator = &to->tree->allocator;
    char *path = path_join(allocator, folder, name);
    char *inside = below[0] != '\0' ? path_join(allocator, below, name) : memory_copy_text(allocator, name);
    mixup_status status = MIXUP_ERROR_MEMORY;
    if (path != NULL && inside != NULL)
        status = list_on_disk(to, path, inside, depth);
    memory_release(allocator, path);
    memory_release(allocator, inside);
    return status;
}

static mixup_status list_folder(listing *to, const char *folder, const char *below, size_t depth) {
    if (depth > MAX_DEPTH)
        return error(MIXUP_ERROR_DATA, "%s: more than %d folders inside one another", folder, MAX_DEPTH);
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", folder, strerror(errno));
    mixup_status status = MIXUP_OK;
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(stream);
        if (found == NULL && errno != 0)
            status = error(MIXUP_ERROR_IO, "%s: cannot read: %s", folder, strerror(errno));
        if (found == NULL || status != MIXUP_OK)
            break;
        if (found->d_name[0] == '.')
            continue;
        status = list_name(to, folder, below, found->d_name, depth);
        if (status != MIXUP_OK)
            break;
    }
    closedir(stream);
    return status;
}

static mixup_status list_archive(listing *to) {
    image_tree *tree = to->tree;
    tar in;
    bool more = true;
    MIXUP_TRY(tar_open(&in, tree->path, &tree->allocator));
    mixup_status status = tar_next(&in, &more);
    while (status == MIXUP_OK && more) {
        const char *path = below_part(tree, in.name);
        if (path != NULL && is_image(path)) {
            status = list_entry(to, path, in.length, in.offset);
            tree->packed = tree->packed || !in.plain;
        } else if (path != NULL) {
            status = list_other(tree, path);
        }
        if (status == MIXUP_OK)
            status = tar_next(&in, &more);
    }
    tar_close(&in);
    return status;
}

/* The folder that a tree on disk begins at, in a new block. */
static char *root_of(const image_tree *in) {
    return in->part[0] != '\0' ? path_join(&in->allocator, in->path, in->part)
                               : memory_copy_text(&in->allocator, in->path);
}

static mixup_status list(listing *to) {
    if (to->tree->archive)
        return list_archive(to);
    char *root = root_of(to->tree);
    if (root == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = list_folder(to, root, "", 0);
    memory_release(&to->tree->allocator, root);
    return status;
}

/* ---------------------------------------------------------------- classes */

static bool same_class(const image_tree_entry *a, const image_tree_entry *b) {
    return a->class_length == b->class_length && memcmp(a->path, b->path, a->class_length) == 0;
}

/* Numbers the classes of the sorted entries; none where the folders are no classes. */
static mixup_status number_classes(image_tree *tree) {
    size_t count = 1;
    for (size_t i = 1; i < tree->count; i++)
        count += !same_class(&tree->entries[i - 1], &tree->entries[i]);
    const size_t length = tree->entries[0].class_length; /* the class "" comes first */
    tree->stray = length == 0 && count > 1;
    if (length == 0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(&tree->allocator, tree->classes, count));
    for (size_t i = 0; i < tree->count; i++) {
        image_tree_entry *entry = &tree->entries[i];
        if (i == 0 || !same_class(&tree->entries[i - 1], entry)) {
            char *name = memory_copy_text_part(&tree->allocator, entry->path, entry->class_length);
            if (name == NULL)
                return MIXUP_ERROR_MEMORY;
            tree->classes[tree->class_count++] = name;
        }
        entry->class_number = tree->class_count - 1;
    }
    return MIXUP_OK;
}

mixup_status image_tree_check_classes(const image_tree *in) {
    if (!in->stray)
        return MIXUP_OK;
    return error(MIXUP_ERROR_DATA,
                 "%s: %s lies beside folders of classes; each image must be in the folder of its class",
                 in->path, in->entries[0].path);
}

static mixup_status arrange(image_tree *tree) {
    if (tree->count == 0)
        return error(MIXUP_ERROR_NOT_FOUND, "%s: holds no .jpg, .jpeg or .png%s%s%s%s", tree->path,
                     tree->part[0] != '\0' ? " in " : "", tree->part,
                     tree->others > 0 ? ", but other images, which must be converted to them: " : "",
                     tree->others > 0 ? tree->other : "");
    qsort(tree->entries, tree->count, sizeof *tree->entries, compare_entries);
    for (size_t i = 1; i < tree->count; i++)
        if (strcmp(tree->entries[i - 1].path, tree->entries[i].path) == 0)
            return error(MIXUP_ERROR_FORMAT, "%s: holds %s twice", tree->path, tree->entries[i].path);
    return number_classes(tree);
}

/* ---------------------------------------------------------------- opening */

static mixup_status open_tree(image_tree *tree, const char *path, const char *part) {
    struct stat information;
    if (stat(path, &information) != 0)
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    size_t length = part != NULL ? strlen(part) : 0;
    while (length > 0 && part[length - 1] == '/')
        length--;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const bool alone = S_ISREG(information.st_mode) && length == 0 && is_image(name); /* one of its folder */
    tree->archive = !S_ISDIR(information.st_mode) && !alone;
    tree->path = alone ? path_folder(&tree->allocator, path) : memory_copy_text(&tree->allocator, path);
    tree->part = memory_copy_text_part(&tree->allocator, part != NULL ? part : "", length);
    if (tree->path == NULL || tree->part == NULL)
        return MIXUP_ERROR_MEMORY;
    listing to = {.tree = tree};
    MIXUP_TRY(alone ? list_entry(&to, name, (uint64_t)information.st_size, 0) : list(&to));
    MIXUP_TRY(arrange(tree));
    if (!tree->archive || tree->packed)
        return MIXUP_OK;
    return file_open(path, &tree->descriptor);
}

mixup_status image_tree_open(image_tree *out, const char *path, const char *part,
                             const mixup_allocator *allocator) {
    image_tree tree = {.allocator = memory_allocator(allocator), .descriptor = -1};
    const mixup_status status = open_tree(&tree, path, part);
    if (status != MIXUP_OK) {
        image_tree_clear(&tree);
        return status;
    }
    *out = tree;
    return MIXUP_OK;
}

void image_tree_clear(image_tree *in) {
    for (size_t i = 0; i < in->count; i++)
        memory_release(&in->allocator, in->entries[i].path);
    for (size_t i = 0; i < in->class_count; i++)
        memory_release(&in->allocator, in->classes[i]);
    memory_release(&in->allocator, in->entries);
    memory_release(&in->allocator, in->classes);
    memory_release(&in->allocator, in->other);
    memory_release(&in->allocator, in->path);
    memory_release(&in->allocator, in->part);
    file_close(in->descriptor);
    *in = (image_tree){.allocator = in->allocator, .descriptor = -1};
}

void image_tree_leave_out(image_tree *in, const bool *left_out) {
    size_t kept = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (left_out[i])
            memory_release(&in->allocator, in->entries[i].path);
        else
            in->entries[kept++] = in->entries[i];
    }
    in->count = kept;
}

/* ---------------------------------------------------------------- reading */

static mixup_status read_file(const image_tree *in, size_t index, const mixup_allocator *allocator,
                              char **data, size_t *size) {
    char *root = root_of(in);
    char *path = root != NULL ? path_join(allocator, root, in->entries[index].path) : NULL;
    mixup_status status = MIXUP_ERROR_MEMORY;
    if (path != NULL)
        status = file_read_all(path, IMAGE_TREE_MAX_BYTES, allocator, data, size);
    memory_release(allocator, path);
    memory_release(&in->allocator, root);
    return status;
}

static mixup_status read_member(const image_tree *in, size_t index, const mixup_allocator *allocator,
                                char **data, size_t *size) {
    const image_tree_entry *entry = &in->entries[index];
    char *block = NULL;
    if (entry->size > IMAGE_TREE_MAX_BYTES)
        return error(MIXUP_ERROR_FORMAT, "%s: %s is larger than the %d bytes allowed here", in->path,
                     entry->path, IMAGE_TREE_MAX_BYTES);
    MIXUP_TRY(MEMORY_NEW(allocator, block, (size_t)entry->size));
    const mixup_status status =
        file_read_at(in->descriptor, in->path, entry->offset, block, (size_t)entry->size);
    if (status != MIXUP_OK) {
        memory_release(allocator, block);
        return status;
    }
    *data = block;
    *size = (size_t)entry->size;
    return MIXUP_OK;
}

mixup_status image_tree_bytes(const image_tree *in, size_t index, const mixup_allocator *allocator,
                              char **data, size_t *size) {
    return in->archive ? read_member(in, index, allocator, data, size)
                       : read_file(in, index, allocator, data, size);
}

static mixup_status read_each(const image_tree *in, image_tree_function on_image, void *user) {
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < in->count && status == MIXUP_OK; i++) {
        char *data = NULL;
        size_t size = 0;
        status = image_tree_bytes(in, i, &in->allocator, &data, &size);
        if (status == MIXUP_OK)
            status = on_image(in, i, data, size, user);
        memory_release(&in->allocator, data);
    }
    return status;
}

/* `order[serial]` is the index of an image. */
static mixup_status read_members(const image_tree *in, tar *from, const size_t *order,
                                 image_tree_function on_image, void *user) {
    bool more = true;
    size_t serial = 0;
    for (;;) {
        MIXUP_TRY(tar_next(from, &more));
        if (!more)
            break;
        const char *path = below_part(in, from->name);
        if (path == NULL || !is_image(path))
            continue;
        if (serial == in->count || strcmp(in->entries[order[serial]].path, path) != 0)
            break;
        MIXUP_TRY(tar_content(from, IMAGE_TREE_MAX_BYTES));
        MIXUP_TRY(on_image(in, order[serial], from->data, from->size, user));
        serial++;
    }
    if (more || serial < in->count)
        return error(MIXUP_ERROR_IO, "%s: was changed while it was read", in->path);
    return MIXUP_OK;
}

static mixup_status read_archive(const image_tree *in, image_tree_function on_image, void *user) {
    size_t *order = NULL;
    tar from;
    MIXUP_TRY(MEMORY_NEW(&in->allocator, order, in->count));
    for (size_t i = 0; i < in->count; i++)
        order[in->entries[i].serial] = i;
    mixup_status status = tar_open(&from, in->path, &in->allocator);
    if (status == MIXUP_OK) {
        status = read_members(in, &from, order, on_image, user);
        tar_close(&from);
    }
    memory_release(&in->allocator, order);
    return status;
}

mixup_status image_tree_read(const image_tree *in, image_tree_function on_image, void *user) {
    return in->packed ? read_archive(in, on_image, user) : read_each(in, on_image, user);
}
