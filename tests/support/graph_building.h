/* tests/support/graph_building: graphs in one line, and refusals with their words. */
#ifndef SUPPORT_GRAPH_BUILDING_H
#define SUPPORT_GRAPH_BUILDING_H

#include "support/failing_allocator.h"

#include "graph/graph.h"

#define BUILD(out, array, ...)                                                                               \
    build_graph((out), (const size_t[MIXUP_MAX_RANK]){__VA_ARGS__}, (array), MIXUP_COUNT(array))

/* Fails the test when the graph is refused. */
static inline void build_graph(graph **out, const size_t *input, const mixup_layer *layers, size_t count) {
    const mixup_allocator hooks = memory_allocator(NULL);
    *out = NULL;
    const mixup_status status = graph_create(out, input, layers, count, &hooks);
    if (status != MIXUP_OK)
        fail_msg("%s: %s", mixup_status_name(status), mixup_last_error());
}

#define REFUSE(expected, words, array, ...)                                                                  \
    refuse_graph((expected), (words), (const size_t[MIXUP_MAX_RANK]){__VA_ARGS__}, (array),                  \
                 MIXUP_COUNT(array))

/* The graph is refused with a message that is `words`; nothing leaks, the output stays. */
static inline void refuse_graph(mixup_status expected, const char *words, const size_t *input,
                                const mixup_layer *layers, size_t count) {
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    graph *made = NULL;
    const mixup_status status = graph_create(&made, input, layers, count, &hooks);
    assert_int_equal(status, expected);
    assert_null(made);
    assert_int_equal(atomic_load(&memory.live), 0);
    assert_string_equal(mixup_last_error(), words);
}

#endif
