/* fuzz/replay: runs a fuzz target without a fuzzer, as a test: on each file that is named, and on copies of
 * it that are cut, have bytes changed, or a piece put in twice. So the targets are built and run with every
 * change, and what a fuzzer once found and stands among the seeds is not lost again. The changes are a
 * function of the file alone. */
#include "memory_file.h"

#include <string.h>

enum {
    CHANGED = 400,           /* copies of a seed */
    LARGEST = 1 << 16,       /* bytes of a seed that is changed; a larger one is run as it is */
    CHANGES = 3,             /* in a copy, at most */
    LARGEST_SEED = 64 << 20, /* bytes */
};

/* Marsaglia 2003, "Xorshift RNGs": enough for places and bytes. */
static uint32_t draw(uint32_t *state, uint32_t below) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

/* Bytes that readers take for something. */
static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, '0', '-', '"', '\n', '{', '[', ',', ':'};

/* One change of the `size` ≥ 1 bytes; returns how many there are then, `room` at most. */
static size_t change(uint8_t *bytes, size_t size, size_t room, uint32_t *state) {
    const size_t at = draw(state, (uint32_t)size);
    switch (draw(state, 6)) {
    case 0:
        return at > 0 ? at : 1; /* cut */
    case 1:
        bytes[at] = (uint8_t)(bytes[at] ^ 1U << draw(state, 8));
        return size;
    case 2:
        bytes[at] = (uint8_t)draw(state, 256);
        return size;
    case 3: { /* taken out */
        const size_t length = 1 + draw(state, (uint32_t)(size - at));
        if (length == size)
            return size;
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    }
    case 4: { /* twice */
        const size_t most = size - at < room - size ? size - at : room - size;
        if (most == 0)
            return size;
        const size_t length = 1 + draw(state, (uint32_t)most);
        memmove(bytes + at + length, bytes + at, size - at);
        return size + length;
    }
    default:
        bytes[at] = telling[draw(state, sizeof telling)];
        return size;
    }
}

static void run_changed(const uint8_t *seed, size_t size) {
    uint32_t state = 0x9E3779B9U ^ (uint32_t)size;
    const size_t room = 2 * size;
    for (size_t copy = 0; copy < CHANGED; copy++) {
        uint8_t *bytes = malloc(room);
        if (bytes == NULL)
            abort();
        memcpy(bytes, seed, size);
        size_t now = size;
        for (uint32_t changes = 1 + draw(&state, CHANGES); changes > 0; changes--)
            now = change(bytes, now, room, &state);
        uint8_t *exact = realloc(bytes, now); /* so that a sanitizer sees a read behind the end */
        if (exact == NULL)
            abort();
        LLVMFuzzerTestOneInput(exact, now);
        free(exact);
    }
}

/* Of at most LARGEST_SEED bytes, in a new block. */
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    uint8_t *bytes = malloc(LARGEST_SEED);
    if (bytes != NULL)
        *size = fread(bytes, 1, LARGEST_SEED, file);
    fclose(file);
    return bytes;
}

static int run_file(const char *path) {
    size_t size = 0;
    uint8_t *bytes = read_file(path, &size);
    if (bytes == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return 1;
    }
    LLVMFuzzerTestOneInput(bytes, size);
    if (size > 0 && size <= LARGEST)
        run_changed(bytes, size);
    free(bytes);
    return 0;
}

int main(int count, char **paths) {
    if (count < 2) {
        fprintf(stderr, "usage: %s SEED...\n", paths[0]);
        return 2;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < count; i++)
        if (run_file(paths[i]) != 0)
            return 1;
    return 0;
}
