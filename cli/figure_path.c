/* figure_path: see figure_path.h. */
#include "figure_path.h"

#include "base/path.h"

#include <string.h>

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

mixup_status figure_path_split(const char *path, figure_path *out) {
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > 4 && (strcmp(base + length - 4, ".svg") == 0 || strcmp(base + length - 4, ".png") == 0))
        length -= 4;
    if (length == 0 || strspn(base, plain) < length)
        return error(
            MIXUP_ERROR_ARGUMENT,
            "--figure %s: the file's name must consist of letters (A to Z, a to z), digits, '_', '-' and '.'",
            path);
    figure_path result = {path_folder(command_allocator(), path),
                          memory_copy_text_part(command_allocator(), base, length)};
    if (result.folder == NULL || result.name == NULL) {
        figure_path_clear(&result);
        return MIXUP_ERROR_MEMORY;
    }
    *out = result;
    return MIXUP_OK;
}

void figure_path_clear(figure_path *out) {
    memory_release(command_allocator(), out->folder);
    memory_release(command_allocator(), out->name);
    *out = (figure_path){0};
}

char *figure_path_label(const char *model) {
    size_t end = strlen(model);
    while (end > 1 && model[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && model[begin - 1] != '/')
        begin--;
    if (strncmp(model + begin, "seed-", 5) == 0 && begin > 1) {
        begin--;
        while (begin > 0 && model[begin - 1] != '/')
            begin--;
    }
    return memory_copy_text_part(command_allocator(), model + begin, end - begin);
}

char *figure_path_variant(const char *label) {
    return memory_copy_text_part(command_allocator(), label, strcspn(label, "/"));
}
