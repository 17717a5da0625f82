/* engine/builder: what kernels see while a plan is built.
 *
 * A kernel asks for the buffers that its node reads and writes, allocates its argument block, binds the
 * block's pointers to the buffers, and emits a step. Addresses exist only after the whole plan is known (and
 * change when the shared arena grows), so a kernel must never keep an address that it did not bind. A buffer
 * lives from the first step that binds it to the last one: bind before emitting the step that uses it. */
#ifndef ENGINE_BUILDER_H
#define ENGINE_BUILDER_H

#include "engine/plan.h"

#define BUFFER_NONE SIZE_MAX

typedef void (*step_function)(void *arguments, plan_run *run);
typedef void (*share_function)(void *arguments, plan_run *run, const team_member *me);
typedef void (*bind_function)(void *target, void *address);

/* ---- facts */

const graph *builder_graph(const builder *self);
engine *builder_engine(const builder *self);
parameter_store *builder_store(const builder *self);
const plan_training *builder_training(const builder *self);
size_t builder_batch(const builder *self);
bool builder_trains(const builder *self); /* false: predict; dropout and noise are off */
/* Whether a backward pass follows, so that the forward pass keeps what it needs. True for training, and for a
 * prediction that is differentiated (PLAN_INPUT_GRADIENT). */
bool builder_has_backward(const builder *self);
mixup_loss builder_loss(const builder *self); /* of a plan with a backward pass */
const graph_node *builder_node(const builder *self, size_t node);

/* ---- argument blocks and steps */

/* A zeroed block that lives as long as the plan; NULL with the error stored. */
void *builder_arguments(builder *self, size_t size);
/* Calls release(object) when the plan is destroyed, also when building fails later. On failure it is called
 * at once. */
mixup_status builder_own(builder *self, void *object, void (*release)(void *object));
/* One thread runs it, whatever others there are. It has no threads of its own. */
mixup_status builder_step(builder *self, step_function run, void *arguments);
/* It does, or calls code that may: so it runs while no team is together. */
mixup_status builder_step_apart(builder *self, step_function run, void *arguments);
/* All threads of the engine run it, each its share; where that does not pay, one alone. Arguments are shared:
 * what differs from run to run belongs into copies of them. */
mixup_status builder_step_shared(builder *self, share_function run, void *arguments, bool pays);
/* Likewise a divided_step. */
mixup_status builder_divided_step(builder *self, divided_function run, void *arguments, size_t count,
                                  size_t values);

/* Whether a kernel may emit, behind the step that makes its state, a spare one that would make the same bits
 * again, cheaply, from buffers that it reads; having emitted it, it names the state. The plan then need not
 * keep the state from the forward pass to the backward pass (lifetimes.c): it moves the spare step to where
 * the state is wanted again, or drops it. It runs before parameters of its node are updated, and must change
 * nothing but the state. */
bool builder_may_remake(const builder *self);
void builder_remakes(builder *self, size_t buffer);

/* ---- buffers */

/* A new buffer of `count` values, with contents undefined at first. */
mixup_status builder_buffer(builder *self, size_t count, size_t *buffer);
/* *slot will be the buffer's address. */
mixup_status builder_bind(builder *self, size_t buffer, real **slot);
mixup_status builder_bind_const(builder *self, size_t buffer, const real **slot);
/* bind(target, address) will be called instead. */
mixup_status builder_bind_with(builder *self, size_t buffer, bind_function bind, void *target);

/* Number of values in the buffer. */
size_t builder_count(const builder *self, size_t buffer);

/* The engine's own description of how a buffer's values are arranged; NULL: plain row-major order. Samples
 * are outermost in every layout. A layout must live as long as the plan (builder_arguments). */
const void *builder_layout(const builder *self, size_t buffer);
/* Before the buffer is bound: `count` values, in `layout`. */
void builder_set_layout(builder *self, size_t buffer, const void *layout, size_t count);

/* ---- forward */

/* Input number i of the node: the mixed state where the site is. */
size_t builder_input(const builder *self, size_t node, size_t i);
/* The node's output; made on first call. Where it absorbed nodes behind it, that of the last of them. */
mixup_status builder_output(builder *self, size_t node, size_t *buffer);
/* The same in the backward pass: unmixed. */
size_t builder_known_output(const builder *self, size_t node);
/* The activation that the node's kernel has to apply itself, or NULL. */
const graph_node *builder_absorbed(const builder *self, size_t node);
/* What it has to do to its output before that: normalise by the running statistics of this BATCH_NORM node,
 * or BUILDER_NO_NODE; and then add this buffer, or BUFFER_NONE, the other input of an ADD. */
#define BUILDER_NO_NODE SIZE_MAX
size_t builder_absorbed_norm(const builder *self, size_t node);
size_t builder_absorbed_sum(const builder *self, size_t node); /* the ADD node */
size_t builder_addend(const builder *self, size_t node);

/* Buffer number `slot` (below BUILDER_KEPT) of the node's own, made on first call: what its forward pass
 * keeps for its backward pass. */
enum { BUILDER_KEPT = 3 };
mixup_status builder_kept(builder *self, size_t node, size_t slot, size_t count, size_t *buffer);

/* ---- backward */

/* The complete gradient of the node's output (behind an absorbed activation). */
size_t builder_output_gradient(const builder *self, size_t node);
/* Where to write the gradient of input i, BUFFER_NONE when it is not wanted; and afterwards, once the step
 * that writes it is emitted, _done. */
mixup_status builder_input_gradient(builder *self, size_t node, size_t i, size_t *buffer);
mixup_status builder_input_gradient_done(builder *self, size_t node, size_t i, size_t buffer);
/* Instead of both, where the gradient of input i is that of the output: the two become one buffer, which
 * nobody may write any more. False: not possible here. */
bool builder_share_gradient(builder *self, size_t node, size_t i);
/* Whether a kernel may write its result over the output's gradient. */
bool builder_may_overwrite(const builder *self, size_t buffer);
/* The same for parameter i of the node, in its layout. _done may emit the optimiser's update, so it comes
 * after every step that reads the parameter. */
mixup_status builder_parameter_gradient(builder *self, size_t node, size_t i, size_t *buffer);
mixup_status builder_parameter_gradient_done(builder *self, size_t node, size_t i, size_t buffer);

/* Whether the kernel may instead give parameter i's gradient to the optimiser itself, piece by piece
 * (update_piece), after every step that reads the parameter; having emitted the step, it says so. */
bool builder_fuses_update(const builder *self, size_t node, size_t i);
void builder_parameter_updated(builder *self, size_t node, size_t i);

/* Values of parameter i of the node: fixed in memory. */
real *builder_parameter(const builder *self, size_t node, size_t i);

#endif
