/* image_list: see image_list.h. What could not be read is an error, which --quiet does not silence. */
#include "image_list.h"

enum { NAMED = 10 }; /* images that are named; a damaged disk must not flood the terminal */

static mixup_status keep(image_list *to, const char *name) {
    if (to->count == to->capacity) {
        const size_t capacity = to->capacity > 0 ? 2 * to->capacity : 64;
        MIXUP_TRY(MEMORY_GROW(command_allocator(), to->items, to->count, capacity));
        to->capacity = capacity;
    }
    char *copy = memory_copy_text(command_allocator(), name);
    if (copy == NULL)
        return MIXUP_ERROR_MEMORY;
    to->items[to->count] = (image_list_item){.name = copy, .number = to->count + to->left_out + 1};
    to->count++;
    return MIXUP_OK;
}

mixup_status image_list_add(void *user, const char *name, const char *problem) {
    image_list *to = user;
    if (problem == NULL)
        return keep(to, name);
    if (to->left_out++ < NAMED)
        command_complain(to->given, "%s: %s: %s", to->path, name, problem);
    return MIXUP_OK;
}

void image_list_tell_rest(const image_list *in) {
    if (in->left_out > NAMED)
        command_complain(in->given, "%s: and %zu more cannot be read", in->path, in->left_out - NAMED);
}

void image_list_clear(image_list *in) {
    for (size_t i = 0; i < in->count; i++)
        memory_release(command_allocator(), in->items[i].name);
    memory_release(command_allocator(), in->items);
    *in = (image_list){.given = in->given, .path = in->path};
}
