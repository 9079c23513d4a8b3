/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STATS_SHADOW_H
#define STATS_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/flow.h>

/*
 * How every packet comes to count exactly once in the top lists, although live flows count too:
 * for each slot of each table stands here how much of the record in it has been counted. A
 * walk over the live records counts what came since, the ended record counts the rest.
 *
 *	walk	empty shadow, or one of this instance: count the difference, shadow = record.
 *		A shadow of another instance: that one has ended, and its record is still on its
 *		way through the ring. The new one waits for the next walk, or for its own end.
 *	ended	a shadow of this instance: count the difference, empty the shadow.
 *		Else the record was never walked: count it in full, leave the shadow alone, it
 *		belongs to a later instance.
 */
struct shadow {
	uint32_t instance;
	uint32_t packets[2]; /* [0] is 0: the shadow is empty (a record has a forward packet) */
	uint32_t reserved;
	uint64_t octets[2];
};
_Static_assert(sizeof(struct shadow) == 32, "two slots a cache line");

/* What of a record has not been counted yet. Index 0 is forward, 1 reverse. */
struct delta {
	uint64_t packets[2];
	uint64_t octets[2];
	bool first[2]; /* nothing of this direction was counted before */
};

static inline bool shadow_empty(const struct shadow *shadow)
{
	return shadow->packets[0] == 0;
}

static inline bool shadow_is_of(const struct shadow *shadow, const struct flow_record *record)
{
	return !shadow_empty(shadow) && shadow->instance == record->cold.instance;
}

/* `shadow` is empty or of this instance. False: nothing is new. */
static inline bool shadow_delta(const struct shadow *shadow, const struct flow_record *record,
				struct delta *delta)
{
	delta->octets[0] = record->hot.octets0 - shadow->octets[0];
	delta->octets[1] = record->hot.octets1 - shadow->octets[1];
	for (int direction = 0; direction < 2; direction++) {
		delta->packets[direction] = record->hot.packets[direction] - shadow->packets[direction];
		delta->first[direction] = shadow->packets[direction] == 0;
	}
	return (delta->packets[0] | delta->packets[1]) != 0;
}

static inline void shadow_set(struct shadow *shadow, const struct flow_record *record)
{
	*shadow = (struct shadow){
		.instance = record->cold.instance,
		.packets = {record->hot.packets[0], record->hot.packets[1]},
		.octets = {record->hot.octets0, record->hot.octets1},
	};
}

#endif
