/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATS_SHADOW_H
#define WEIR_STATS_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/taps.h>

/*
 * How every packet comes to be in exactly one delta, although live records are looked at too: for
 * each slot of each table stands here how much of the record in it has been counted. A walk over
 * the live records that changed counts what came since, the ended record counts the rest.
 */
struct shadow {
	uint64_t octets0 : 47; /* as many bits as records count in */
	uint64_t octets1 : 47;
	uint64_t packets0 : 39; /* both 0: the shadow is empty */
	uint64_t packets1 : 39;
	uint64_t instance : 18;
} __attribute__((packed, aligned(8)));
_Static_assert(sizeof(struct shadow) == 24, "of all flows: less is more of them");

static inline bool shadow_empty(const struct shadow *shadow)
{
	return (shadow->packets0 | shadow->packets1) == 0;
}

static inline bool shadow_is_of(const struct shadow *shadow, const struct flow_record *record)
{
	return !shadow_empty(shadow) && shadow->instance == record->cold.instance;
}

/* `shadow` is empty or of this instance. False: nothing is new. */
static inline bool shadow_delta(const struct shadow *shadow, const struct flow_record *record,
				struct stats_delta *delta)
{
	delta->octets[0] = record->hot.octets0 - shadow->octets0;
	delta->octets[1] = record->hot.octets1 - shadow->octets1;
	delta->packets[0] = flow_packets(record, 0) - shadow->packets0;
	delta->packets[1] = flow_packets(record, 1) - shadow->packets1;
	delta->first[0] = shadow->packets0 == 0;
	delta->first[1] = shadow->packets1 == 0;
	return (delta->packets[0] | delta->packets[1]) != 0;
}

static inline void shadow_set(struct shadow *shadow, const struct flow_record *record)
{
	*shadow = (struct shadow){
		.octets0 = record->hot.octets0,
		.octets1 = record->hot.octets1,
		.packets0 = flow_packets(record, 0),
		.instance = record->cold.instance,
		.packets1 = flow_packets(record, 1),
	};
}

/* A walk finds the live `record` in the slot. False: nothing is new. */
static inline bool shadow_walked(struct shadow *shadow, const struct flow_record *record,
				 struct stats_delta *delta)
{
	/*
	 * Of another instance: that one has ended, and its record is still on its way through the
	 * ring. The new one waits until that has come, which marks it, or for its own end.
	 */
	if (!shadow_empty(shadow) && !shadow_is_of(shadow, record))
		return false;
	if (!shadow_delta(shadow, record, delta))
		return false;
	shadow_set(shadow, record);
	return true;
}

/* Does the record with so many octets show nothing new, or is it of another instance? */
static inline bool shadow_stands(const struct shadow *shadow, const uint64_t octets[2])
{
	return ((shadow->octets0 ^ octets[0]) | (shadow->octets1 ^ octets[1])) == 0;
}

/*
 * The `record` that has ended had the slot. False: nothing is new. *emptied: another record may
 * have waited for the shadow.
 */
static inline bool shadow_ended(struct shadow *shadow, const struct flow_record *record,
				struct stats_delta *delta, bool *emptied)
{
	static const struct shadow nothing;
	bool is_new;

	/* Never walked: all of it counts. The shadow may be of a later instance. */
	*emptied = shadow_is_of(shadow, record);
	if (!*emptied)
		return shadow_delta(&nothing, record, delta);
	is_new = shadow_delta(shadow, record, delta);
	*shadow = nothing;
	return is_new;
}

#endif
