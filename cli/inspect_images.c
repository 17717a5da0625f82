/* inspect: a folder or an archive of images: where its classes are, how large the images are, and whether
 * they have colours. Classes are folders, often one level deeper than the path says: in train/ and test/, or
 * in the one folder that an archive holds. At most LOOKED_AT images are decoded, spread evenly. */
#include "inspect.h"

#include "command.h"

#include "experiment/yaml.h"
#include "format/image.h"
#include "format/image_tree.h"

#include <string.h>
#include <strings.h>

enum {
    LOOKED_AT = 400, /* images */
    SMALL = 32,      /* sides that a network is usually made for */
    LARGE = 64,
};

typedef struct sizes {
    size_t step; /* every so many images is looked at */
    size_t seen;
    size_t damaged;       /* of them, what cannot be decoded */
    size_t height, width; /* of the first one */
    size_t least, most;   /* shorter sides */
    bool differ, colour;
    text fault; /* of the first damaged one: its name and what is wrong */
} sizes;

/* The first one's name and fault go into the experiment; the fault is the thread's last message. */
static mixup_status note_damaged(const image_tree *tree, size_t index, sizes *out) {
    if (out->damaged++ > 0)
        return MIXUP_OK;
    text_format(&out->fault, "%s: %s", tree->entries[index].path, mixup_last_error());
    inspection_keep_on_line(&out->fault, 0);
    return text_status(&out->fault);
}

static mixup_status look(const image_tree *tree, size_t index, const void *data, size_t size, void *user) {
    sizes *out = user;
    image decoded = {0};
    if (index % out->step != 0)
        return MIXUP_OK;
    const mixup_status status = image_decode(data, size, command_allocator(), &decoded);
    if (status == MIXUP_ERROR_FORMAT || status == MIXUP_ERROR_UNSUPPORTED)
        return note_damaged(tree, index, out);
    if (status != MIXUP_OK)
        return error_context(status, "%s: %s", tree->path, tree->entries[index].path);
    const size_t side = decoded.height < decoded.width ? decoded.height : decoded.width;
    if (out->seen++ == 0) {
        out->height = decoded.height;
        out->width = decoded.width;
        out->least = out->most = side;
    }
    out->differ = out->differ || decoded.height != out->height || decoded.width != out->width;
    out->least = side < out->least ? side : out->least;
    out->most = side > out->most ? side : out->most;
    out->colour = out->colour || decoded.channels == 3;
    image_clear(&decoded, command_allocator());
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- where the classes are */

static const char *find_class(const image_tree *in, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < in->class_count; c++)
            if (strcasecmp(in->classes[c], names[i]) == 0)
                return in->classes[c];
    return NULL;
}

/* Puts the folder NAME of the tree in its place. */
static mixup_status descend(image_tree *in, const char *name) {
    image_tree below;
    text part;
    text_init(&part, command_allocator());
    text_format(&part, "%s%s%s", in->part, in->part[0] != '\0' ? "/" : "", name);
    mixup_status status = text_status(&part);
    if (status == MIXUP_OK)
        status = image_tree_open(&below, in->path, part.data, command_allocator());
    text_clear(&part);
    MIXUP_TRY(status);
    image_tree_clear(in);
    *in = below;
    return MIXUP_OK;
}

/* A source beside train: of the same path, the folder NAME of the tree. */
static mixup_status add_other(const inspection *found, text *out, const char *key, const image_tree *in,
                              const char *name) {
    text part;
    text_init(&part, command_allocator());
    text_format(&part, "%s%s%s", in->part, in->part[0] != '\0' ? "/" : "", name);
    mixup_status status = text_status(&part);
    if (status == MIXUP_OK) {
        text_format(out, "  %s: {format: images, path: ", key);
        status = inspection_write_path(found, in->path, out);
        text_add(out, ", part: ");
        yaml_write_text(out, part.data);
        text_add(out, "}\n");
    }
    text_clear(&part);
    MIXUP_TRY(status);
    return text_status(out);
}

/* Goes down to the folder whose folders are the classes; notes test and validation folders on the way. */
static mixup_status find_classes(image_tree *in, inspection *out) {
    static const char *const trains[] = {"train", "training"};
    static const char *const tests[] = {"test", "testing"};
    static const char *const validations[] = {"validation", "valid", "val"};
    if (in->class_count == 1 && find_class(in, trains, MIXUP_COUNT(trains)) == NULL)
        MIXUP_TRY(descend(in, in->classes[0]));
    const char *train = find_class(in, trains, MIXUP_COUNT(trains));
    if (train != NULL) {
        const char *test = find_class(in, tests, MIXUP_COUNT(tests));
        const char *validation = find_class(in, validations, MIXUP_COUNT(validations));
        if (test != NULL)
            MIXUP_TRY(add_other(out, &out->test, "test", in, test));
        if (validation != NULL)
            MIXUP_TRY(add_other(out, &out->validation, "validation", in, validation));
        MIXUP_TRY(descend(in, train));
    }
    if (in->class_count >= 2)
        return MIXUP_OK;
    return error(MIXUP_ERROR_DATA,
                 "%s: the images do not lie in folders of two or more classes; each image must be in the "
                 "folder of its class, such as %.300s/apple/1.jpg and %.300s/pear/1.jpg",
                 in->path, in->path, in->path);
}

/* ---------------------------------------------------------------- the source */

/* As they are where all are alike and small; else a square, upscaling few. */
static void choose_size(const sizes *found, inspection *out) {
    const bool keep = !found->differ && found->height <= LARGE && found->width <= LARGE;
    const size_t side = found->least < LARGE ? SMALL : LARGE;
    out->height = keep ? found->height : side;
    out->width = keep ? found->width : side;
    text_format(&out->source, "    size: [%zu, %zu]          # height and width%s\n", out->height, out->width,
                keep ? ", as they are" : ": images are resized to cover it, and their middle is taken");
}

static mixup_status write_source(const image_tree *tree, const sizes *found, inspection *out) {
    inspection_add_line(out, "format", "images", "folders named by class, of JPEG and PNG");
    MIXUP_TRY(inspection_add_path(out, "path", tree->path, "relative to this file"));
    if (tree->part[0] != '\0')
        inspection_add_line(out, "part", tree->part, "the folder below it that holds the classes");
    choose_size(found, out);
    if (!found->colour)
        text_add(&out->source, "    grey: true\n");
    text_add(&out->source, "    scale: 255              # bytes become 0 to 1\n");
    if (found->damaged > 0)
        text_add(&out->source, "    skip_damaged: true      # leave out what cannot be decoded\n");
    else
        text_add(&out->source, "    # skip_damaged: true    # leave out what cannot be decoded\n");
    return MIXUP_OK;
}

static void remark_others(const image_tree *tree, text *out) {
    text_format(out, "# %zu of other kinds than JPEG and PNG %s left out, such as\n", tree->others,
                tree->others == 1 ? "is" : "are");
    const size_t from = out->length;
    text_format(out, "# %s", tree->other);
    inspection_keep_on_line(out, from);
    text_add(out, "\n");
}

static void describe(const image_tree *tree, const sizes *found, inspection *out) {
    out->images = true;
    out->count = tree->count;
    out->rank = 3;
    out->inputs = (found->colour ? 3 : 1) * out->height * out->width;
    out->classes = out->outputs = tree->class_count;
    inspection_remark_classes(out, (const char *const *)tree->classes, "images");
    if (found->differ)
        text_format(&out->remarks, "# Their shorter sides are %zu to %zu pixels.\n", found->least,
                    found->most);
    else
        text_format(&out->remarks, "# They are %zux%zu pixels (height x width).\n", found->height,
                    found->width);
    if (tree->others > 0)
        remark_others(tree, &out->remarks);
    if (found->damaged > 0)
        text_format(&out->remarks, "# %zu of the %zu that were looked at cannot be decoded, first\n# %s\n",
                    found->damaged, found->damaged + found->seen, found->fault.data);
}

mixup_status inspect_images(const char *path, inspection *out) {
    image_tree tree;
    MIXUP_TRY(image_tree_open(&tree, path, NULL, command_allocator()));
    mixup_status status = find_classes(&tree, out);
    sizes found = {.step = 1 + (tree.count - 1) / LOOKED_AT};
    text_init(&found.fault, command_allocator());
    if (status == MIXUP_OK)
        status = image_tree_read(&tree, look, &found);
    if (status == MIXUP_OK && found.seen == 0)
        status = error(MIXUP_ERROR_DATA, "%s: no image can be decoded; %.400s", path, found.fault.data);
    if (status == MIXUP_OK)
        status = write_source(&tree, &found, out);
    if (status == MIXUP_OK) {
        describe(&tree, &found, out);
        status = text_status(&out->source);
    }
    if (status == MIXUP_OK)
        status = text_status(&out->remarks);
    text_clear(&found.fault);
    image_tree_clear(&tree);
    return status;
}
