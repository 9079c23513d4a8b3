/* SPDX-License-Identifier: BSD-3-Clause */
#include "times.h"

void loop_hold(struct loop *loop, uint16_t queue, struct rte_mbuf *const *mbufs, uint16_t count)
{
	const uint16_t port = loop->worker->queues[queue].port;
	const uint32_t flowless = loop->tallies[loop->tally].flowless;
	struct held *held = &loop->held[loop->tally];

	held->count =
		handover_match(loop->handover, loop->receivers, port, mbufs, count, held->frames);
	for (uint32_t i = 0; i < held->count; i++) {
		struct handover_frame *frame = &held->frames[i];
		const uint32_t bit = 1u << frame->slot;

		frame->date = date_of(loop, frame->mbuf);
		/* Until it is counted: its packet's place in the table's burst. */
		frame->slot =
			(flowless & bit) != 0
				? FLOW_NO_SLOT
				: frame->slot - (uint32_t)__builtin_popcount(flowless & (bit - 1));
	}
}

void loop_hand_over(struct loop *loop, const struct flow_burst *counted)
{
	const struct flow_table *table = loop->worker->shared.table;
	struct handover *handover = loop->handover;
	struct held *held = &loop->held[loop->tally];
	const uint32_t want = __atomic_load_n(&handover->want_slot, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < held->count; i++) {
		struct handover_frame *frame = &held->frames[i];

		if ((frame->receivers & want) == 0)
			frame->slot = FLOW_NO_SLOT;
		else if (frame->slot != FLOW_NO_SLOT)
			frame->slot = flow_table_slot(table, &counted->packets[frame->slot]);
	}
	handover_give(handover, held->frames, held->count);
	held->count = 0;
	if (loop->unsettled > 0 && --loop->unsettled == 0)
		handover_settle(handover);
}

static bool holds_any(const struct loop *loop)
{
	for (unsigned int i = 0; i < TALLY_DELAY; i++)
		if (loop->held[i].count > 0)
			return true;
	return false;
}

void loop_attend(struct loop *loop)
{
	const uint32_t before = loop->handover->current;
	const bool holds = holds_any(loop);

	loop->receivers = handover_attend(loop->handover);
	loop->handing = loop->receivers != 0 || holds;
	if (loop->handover->current != before)
		loop->unsettled = TALLY_DELAY;
	if (!holds) {
		loop->unsettled = 0;
		handover_settle(loop->handover);
	}
}

/* What is held goes now, although its records are not known yet: the wait may have no end. */
void loop_attend_waiting(struct loop *loop)
{
	struct handover *handover = loop->handover;

	if (__atomic_load_n(&handover->armed, __ATOMIC_ACQUIRE) == handover->seen)
		return;
	for (unsigned int i = 0; i < TALLY_DELAY; i++) {
		struct held *held = &loop->held[(loop->tally + i) % TALLY_DELAY];

		for (uint32_t f = 0; f < held->count; f++)
			held->frames[f].slot = FLOW_NO_SLOT;
		handover_give(handover, held->frames, held->count);
		held->count = 0;
	}
	loop_attend(loop);
}
