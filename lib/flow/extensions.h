/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FLOW_EXTENSIONS_H
#define WEIR_FLOW_EXTENSIONS_H

#include "record.h"

/* The extensions of a table and their lines: see <weir/flow_extension.h>. */
struct extensions {
	/* Set by flow_table_create(). */
	uint32_t count;
	uint32_t counting; /* of them; 0: packets of known flows need no line */
	struct {
		const struct flow_extension *extension;
		/* By slot: the worker writes under the seqlock of the slot's record, any thread
		 * reads. */
		struct flow_line *lines;
	} of[FLOW_EXTENSIONS_MAX];
	/* Those that look at every packet, and what they need for it. */
	struct {
		void (*packet)(void *line, const struct packet *packet, unsigned int direction);
		struct flow_line *lines;
	} counts[FLOW_EXTENSIONS_MAX];
};

/* Those of the settings, with lines for every slot from `lines` on. */
void extensions_init(struct extensions *extensions, const struct flow_settings *settings,
		     struct flow_line *lines);

/*
 * The record in `slot` begins with this packet; where it goes on with a flow, the record before was
 * in the slot `before`.
 */
void extensions_begin(const struct extensions *extensions, uint32_t slot, uint32_t before,
		      const struct packet *packet, struct flow_origin origin);

/* Copy the slot's lines; torn, unless the record's seqlock says that they are not. */
static inline void extensions_copy(const struct extensions *extensions, uint32_t slot,
				   struct flow_line *lines)
{
	for (uint32_t i = 0; i < extensions->count; i++)
		seqlock_copy(&lines[i], &extensions->of[i].lines[slot], sizeof(lines[i]));
}

/* A packet is counted in the record in `slot`. */
static inline void extensions_packet(const struct extensions *extensions, uint32_t slot,
				     const struct packet *packet, unsigned int direction)
{
	for (uint32_t i = 0; i < extensions->counting; i++)
		extensions->counts[i].packet(&extensions->counts[i].lines[slot], packet, direction);
}

/* ... and before it is. */
static inline void extensions_prefetch(const struct extensions *extensions, uint32_t slot)
{
	for (uint32_t i = 0; i < extensions->counting; i++)
		__builtin_prefetch(&extensions->counts[i].lines[slot], 1);
}

/* A record will begin or end in `slot`. */
static inline void extensions_prefetch_all(const struct extensions *extensions, uint32_t slot)
{
	for (uint32_t i = 0; i < extensions->count; i++)
		__builtin_prefetch(&extensions->of[i].lines[slot], 1);
}

#endif
