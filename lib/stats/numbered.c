/* SPDX-License-Identifier: BSD-3-Clause */
#include "numbered.h"

#include <errno.h>
#include <string.h>

#include <weir/memory.h>
#include <weir/protocols.h>

#define PORTS     65536
#define PROTOCOLS 256
#define GROUP     64 /* keys moved together */

/* Protocols that have ports, each with a range of cells. */
#define RANGE_ENUM(protocol, shortest) RANGE_##protocol,
enum { PROTOCOL_PORTS_LIST(RANGE_ENUM) PORT_RANGES };

/* Its number there + 1; 0: no ports. */
#define RANGE_OF(protocol, shortest) [PROTOCOL_##protocol] = RANGE_##protocol + 1,
static const uint8_t port_range[PROTOCOLS] = {PROTOCOL_PORTS_LIST(RANGE_OF)};
#define RANGE_PROTOCOL(protocol, shortest) PROTOCOL_##protocol,
static const uint8_t range_protocol[PORT_RANGES] = {PROTOCOL_PORTS_LIST(RANGE_PROTOCOL)};

uint32_t numbered_port(uint8_t protocol, uint16_t port)
{
	uint32_t range = port_range[protocol];

	return range == 0 ? NUMBERED_NONE : (range - 1) * PORTS + port;
}

static struct number_key key_of(enum subject subject, uint32_t number)
{
	if (subject == SUBJECT_PROTOCOL)
		return (struct number_key){.protocol = (uint8_t)number};
	return (struct number_key){.protocol = range_protocol[number / PORTS],
				   .port = (uint16_t)(number % PORTS)};
}

int numbered_init(struct numbered *numbered, enum subject subject)
{
	numbered->subject = subject;
	numbered->limit = subject == SUBJECT_PROTOCOL ? PROTOCOLS : PORT_RANGES * PORTS;
	numbered->cells = memory_allocate(numbered->limit * sizeof(*numbered->cells));
	numbered->used = memory_allocate(numbered->limit * sizeof(*numbered->used));
	return numbered->cells != NULL && numbered->used != NULL ? 0 : -ENOMEM;
}

void numbered_release(struct numbered *numbered)
{
	memory_free(numbered->cells, numbered->limit * sizeof(*numbered->cells));
	memory_free(numbered->used, numbered->limit * sizeof(*numbered->used));
}

void numbered_merge(struct numbered *numbered, struct numbered *from)
{
	while (from->used_count > 0) {
		uint32_t number = from->used[--from->used_count];
		struct numbered_cell *cell = &from->cells[number];

		numbered_add(numbered, number, &cell->sides[0], &cell->sides[1]);
		memset(cell, 0, sizeof(*cell));
	}
}

bool numbered_move(struct numbered *numbered, const struct hash_secret *secret,
		   struct summary *summary, uint32_t most)
{
	const unsigned int sides = subject_shapes[numbered->subject].sides;
	const uint32_t upto = numbered->used_count > most ? numbered->used_count - most : 0;
	struct number_key keys[GROUP];
	uint32_t hashes[GROUP], count = 0;
	uint64_t sums[GROUP * 2][STATS_METRICS];

	while (numbered->used_count > upto) {
		uint32_t number = numbered->used[--numbered->used_count];
		struct numbered_cell *cell = &numbered->cells[number];

		keys[count] = key_of(numbered->subject, number);
		hashes[count] = (uint32_t)(number_hash(secret, &keys[count]) >> 32);
		for (unsigned int side = 0; side < sides; side++)
			memcpy(sums[count * sides + side], cell->sides[side].metrics,
			       sizeof(*sums));
		count++;
		memset(cell, 0, sizeof(*cell));
		if (count == GROUP || numbered->used_count == upto) {
			summary_add(summary, hashes, keys, sums, count);
			count = 0;
		}
	}
	return numbered->used_count == 0;
}
