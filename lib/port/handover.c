/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/handover.h>

#include <string.h>

#include <rte_ring_elem.h>

#include <weir/memory.h>

#define BURST 64

#define FRAME_BYTES sizeof(struct handover_frame)
_Static_assert(FRAME_BYTES % 4 == 0, "as an element of a ring must be");

/* ---- life ---- */

static size_t ring_bytes(unsigned int element)
{
	/* A ring holds one less than its entries. */
	return (size_t)rte_ring_get_memsize_elem(element, 2 * HANDOVER_FRAMES);
}

static struct rte_ring *make_ring(unsigned int element)
{
	struct rte_ring *ring = memory_allocate(ring_bytes(element));

	if (ring != NULL)
		(void)rte_ring_init(ring, "weir_handover", 2 * HANDOVER_FRAMES,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring;
}

static void free_ring(struct rte_ring *ring, unsigned int element)
{
	if (ring != NULL)
		memory_free(ring, ring_bytes(element));
}

struct handover *handover_create(uint32_t limit)
{
	struct handover *handover = memory_allocate(sizeof(*handover));

	if (handover == NULL)
		return NULL;
	handover->limit = limit;
	handover->frames = make_ring(FRAME_BYTES);
	handover->returned = make_ring(sizeof(struct rte_mbuf *));
	if (handover->frames != NULL && handover->returned != NULL)
		return handover;
	handover_destroy(handover);
	return NULL;
}

/* Free what has been returned. How many those were. */
static uint32_t take_back(struct handover *handover)
{
	struct rte_mbuf *mbufs[BURST];
	uint32_t total = 0;
	unsigned int count;

	do {
		count = rte_ring_sc_dequeue_burst(handover->returned, (void **)mbufs, BURST, NULL);
		for (unsigned int i = 0; i < count; i++)
			rte_pktmbuf_free(mbufs[i]);
		total += count;
	} while (count == BURST);
	return total;
}

void handover_destroy(struct handover *handover)
{
	struct handover_frame frame;

	if (handover == NULL)
		return;
	while (handover->frames != NULL && handover_take(handover, &frame, 1) > 0)
		rte_pktmbuf_free(frame.mbuf);
	if (handover->returned != NULL)
		(void)take_back(handover);
	free_ring(handover->frames, FRAME_BYTES);
	free_ring(handover->returned, sizeof(struct rte_mbuf *));
	memory_free(handover, sizeof(*handover));
}

/* ---- the worker's ---- */

uint32_t handover_attend(struct handover *handover)
{
	const uint32_t armed = __atomic_load_n(&handover->armed, __ATOMIC_ACQUIRE);
	const uint32_t receivers = armed & HANDOVER_MASK;

	handover->current = armed;
	handover->out -= take_back(handover);
	handover->quiet =
		receivers == 0 && handover->out == 0 && handover->seen == armed ? armed : ~armed;
	return receivers;
}

void handover_settle(struct handover *handover)
{
	if (handover->seen != handover->current)
		__atomic_store_n(&handover->seen, handover->current, __ATOMIC_RELEASE);
}

static void count_lost(struct handover *handover, uint32_t receivers, uint16_t port)
{
	for (; receivers != 0; receivers &= receivers - 1) {
		uint64_t *lost = &handover->lost[__builtin_ctz(receivers)][port];

		__atomic_store_n(lost, *lost + 1, __ATOMIC_RELAXED);
	}
}

/* For each of the mbufs those of `receivers` whose filter it matches. */
static void match(const struct handover *handover, uint32_t receivers,
		  struct rte_mbuf *const *mbufs, uint16_t count, uint32_t *wanted)
{
	memset(wanted, 0, count * sizeof(*wanted));
	for (; receivers != 0; receivers &= receivers - 1) {
		unsigned int receiver = (unsigned int)__builtin_ctz(receivers);
		const struct filter *filter = handover->filters[receiver];
		uint64_t matches = filter != NULL ? filter_match(filter, mbufs, count) : UINT64_MAX;

		for (uint16_t i = 0; i < count; i++)
			wanted[i] |= (uint32_t)(matches >> i & 1) << receiver;
	}
}

uint32_t handover_match(struct handover *handover, uint32_t receivers, uint16_t port,
			struct rte_mbuf *const *mbufs, uint16_t count,
			struct handover_frame *frames)
{
	uint32_t wanted[BURST], taken = 0;

	match(handover, receivers, mbufs, count, wanted);
	for (uint16_t i = 0; i < count; i++) {
		if (wanted[i] == 0)
			continue;
		if (handover->out == handover->limit) {
			count_lost(handover, wanted[i], port);
			continue;
		}
		handover->out++;
		/* Only the worker ever changes it, so nearly always no atomic instruction. */
		rte_pktmbuf_refcnt_update(mbufs[i], 1);
		frames[taken++] = (struct handover_frame){.mbuf = mbufs[i],
							  .slot = i,
							  .receivers = (uint16_t)wanted[i],
							  .port = port};
	}
	return taken;
}

void handover_give(struct handover *handover, const struct handover_frame *frames, uint32_t count)
{
	/* There is room: no more are out than the ring holds. */
	if (count > 0)
		rte_ring_sp_enqueue_bulk_elem(handover->frames, frames, FRAME_BYTES, count, NULL);
}

void handover_leave(struct handover *handover)
{
	handover->out -= take_back(handover);
	__atomic_store_n(&handover->left, true, __ATOMIC_RELEASE);
}

/* ---- the other thread's ---- */

static void change(struct handover *handover, uint32_t receivers)
{
	const uint32_t one = HANDOVER_MASK + 1;

	__atomic_store_n(&handover->armed, ((handover->armed & ~HANDOVER_MASK) + one) | receivers,
			 __ATOMIC_RELEASE);
}

void handover_arm(struct handover *handover, unsigned int receiver, const struct filter *filter,
		  bool want_slot)
{
	const uint32_t bit = 1u << receiver;

	handover->filters[receiver] = filter;
	/* Of others it stays as it is, so a worker may read it meanwhile. */
	__atomic_store_n(&handover->want_slot, (handover->want_slot & ~bit) | (want_slot ? bit : 0),
			 __ATOMIC_RELAXED);
	change(handover, (handover->armed & HANDOVER_MASK) | 1u << receiver);
}

void handover_disarm(struct handover *handover, unsigned int receiver)
{
	change(handover, handover->armed & HANDOVER_MASK & ~(1u << receiver));
}

bool handover_settled(const struct handover *handover)
{
	return __atomic_load_n(&handover->left, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&handover->seen, __ATOMIC_ACQUIRE) == handover->armed;
}

uint32_t handover_take(struct handover *handover, struct handover_frame *frames, uint32_t count)
{
	return rte_ring_sc_dequeue_burst_elem(handover->frames, frames, FRAME_BYTES, count, NULL);
}

void handover_return(struct handover *handover, const struct handover_frame *frames, uint32_t count)
{
	/* There is room, as above. */
	for (uint32_t i = 0; i < count; i++)
		(void)rte_ring_sp_enqueue(handover->returned, frames[i].mbuf);
}

uint64_t handover_lost(const struct handover *handover, unsigned int receiver, uint16_t port)
{
	return __atomic_load_n(&handover->lost[receiver][port], __ATOMIC_RELAXED);
}
