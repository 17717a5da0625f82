/* base/path: see path.h. */
#include "base/path.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char *path_join(const mixup_allocator *allocator, const char *folder, const char *name) {
    if (name[0] == '/')
        return memory_copy_text(allocator, name);
    text joined;
    text_init(&joined, allocator);
    const size_t length = strlen(folder);
    text_format(&joined, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    return joined.data;
}

char *path_folder(const mixup_allocator *allocator, const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return memory_copy_text(allocator, ".");
    return memory_copy_text_part(allocator, path, slash == path ? 1 : (size_t)(slash - path));
}

/* Splits a path into `real`, what realpath makes of the longest part that is there, and `rest`, a part of the
 * path. */
static mixup_status find_real(const mixup_allocator *allocator, const char *path, char **real,
                              const char **rest) {
    size_t length = strlen(path);
    *rest = path + length;
    *real = realpath(path, NULL);
    while (*real == NULL && length > 0) {
        while (length > 0 && path[length - 1] != '/')
            length--;
        *rest = path + length;
        char *folder =
            length > 0 ? memory_copy_text_part(allocator, path, length) : memory_copy_text(allocator, ".");
        if (folder == NULL)
            return MIXUP_ERROR_MEMORY;
        *real = realpath(folder, NULL);
        memory_release(allocator, folder);
        while (*real == NULL && length > 0 && path[length - 1] == '/')
            length--;
    }
    return MIXUP_OK;
}

char *path_real(const mixup_allocator *allocator, const char *path) {
    char *real = NULL;
    char *whole = NULL;
    const char *rest = NULL;
    if (find_real(allocator, path, &real, &rest) != MIXUP_OK)
        return NULL;
    if (real != NULL && rest[0] != '\0')
        whole = path_join(allocator, real, rest);
    else
        whole = memory_copy_text(allocator, real != NULL ? real : path);
    free(real);
    return whole;
}

/* `path` with the folder that it lies in made real. */
static char *real_place(const mixup_allocator *allocator, const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    char *trimmed = memory_copy_text_part(allocator, path, end);
    if (trimmed == NULL)
        return NULL;
    const char *slash = strrchr(trimmed, '/');
    const char *name = slash != NULL ? slash + 1 : trimmed;
    const bool named = strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && name[0] != '\0';
    char *folder = named ? path_folder(allocator, trimmed) : memory_copy_text(allocator, trimmed);
    char *real = folder != NULL ? path_real(allocator, folder) : NULL;
    char *place = named && real != NULL ? path_join(allocator, real, name) : NULL;
    memory_release(allocator, folder);
    memory_release(allocator, trimmed);
    if (!named)
        return real;
    memory_release(allocator, real);
    return place;
}

/* Where two absolute paths part: the number of characters that both have as whole names. */
static size_t shared_length(const char *a, const char *b) {
    size_t shared = 0;
    size_t i = 0;
    for (; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '/')
            shared = i;
    const bool whole = (a[i] == '\0' || a[i] == '/') && (b[i] == '\0' || b[i] == '/');
    return whole && i > 1 ? i : shared;
}

/* Of two absolute paths. */
static void write_between(const char *folder, const char *path, text *out) {
    const size_t shared = shared_length(folder, path);
    const char *rest = path + shared + (path[shared] == '/');
    const char *at = folder + shared;
    while (*(at += strspn(at, "/")) != '\0') {
        text_add(out, out->length > 0 ? "/.." : "..");
        at += strcspn(at, "/");
    }
    if (*rest != '\0')
        text_format(out, "%s%s", out->length > 0 ? "/" : "", rest);
    else if (out->length == 0)
        text_add(out, ".");
}

char *path_between(const mixup_allocator *allocator, const char *folder, const char *path) {
    if (path[0] == '/')
        return memory_copy_text(allocator, path);
    text out;
    text_init(&out, allocator);
    char *from = path_real(allocator, folder);
    char *to = real_place(allocator, path);
    if (from != NULL && to != NULL)
        write_between(from, to, &out);
    memory_release(allocator, from);
    memory_release(allocator, to);
    if (text_status(&out) != MIXUP_OK)
        text_clear(&out);
    return out.data;
}
