/* fuzz_image: any bytes as an image, and as a tar archive of images. */
#include "format/image.h"
#include "format/image_tree.h"
#include "memory_file.h"

static mixup_status on_image(const image_tree *in, size_t index, const void *data, size_t size, void *user) {
    (void)user;
    if (index >= in->count)
        abort();
    image out = {0};
    if (image_decode(data, size, NULL, &out) != MIXUP_OK)
        return MIXUP_OK;
    uint8_t pixels[3 * 8 * 5];
    if (out.height * out.width <= 1 << 20)
        (void)image_fit(&out, 3, 8, 5, NULL, pixels);
    image_clear(&out, NULL);
    return MIXUP_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const image_tree single = {.count = 1};
    (void)on_image(&single, 0, data, size, NULL);
    memory_file file;
    memory_file_open(&file, data, size);
    image_tree tree;
    if (image_tree_open(&tree, file.path, NULL, NULL) == MIXUP_OK) {
        (void)image_tree_read(&tree, on_image, NULL);
        image_tree_clear(&tree);
    }
    memory_file_close(&file);
    return 0;
}
