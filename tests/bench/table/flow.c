/* SPDX-License-Identifier: BSD-3-Clause */
#include "subject.h"

#include <weir/clock.h>
#include <weir/flow.h>

static const struct hash_secret secret = {
	{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}};

const uint32_t subject_burst = FLOW_BURST;

struct sums {
	uint64_t packets[2], octets[2];
};

/* The least that an extension does which looks at every packet. */
static void count(void *line, const struct packet *packet, unsigned int direction)
{
	struct sums *sums = line;

	sums->packets[direction]++;
	sums->octets[direction] += packet->octets;
}

static const struct flow_extension counts = {.name = "counts", .packet = count};

void *subject_create(const struct subject_settings *settings)
{
	struct flow_settings flow_settings = {
		.capacity = settings->capacity,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = settings->inactive_timeout,
		.live = settings->live,
		.secret = secret,
		.extensions = {settings->extended ? &counts : NULL},
	};
	struct flow_table *table = flow_table_create(&flow_settings);

	if (table != NULL)
		flow_table_prefault(table);
	return table;
}

void subject_destroy(void *subject)
{
	flow_table_destroy(subject);
}

struct packet *subject_next(void *subject)
{
	struct flow_burst *burst = flow_table_next(subject);

	burst->count = FLOW_BURST;
	return burst->packets;
}

void subject_push(void *subject, uint64_t clock)
{
	const struct flow_record *records;

	flow_table_next(subject)->clock = clock;
	flow_table_push(subject);
	flow_table_taken(subject, flow_table_outbox(subject, &records));
}

struct subject_sums subject_finish(void *subject, uint64_t clock)
{
	const struct flow_counters *counters = flow_table_counters(subject);
	struct subject_sums sums = {0};

	while (flow_table_pending(subject) > 0) {
		flow_table_next(subject)->count = 0;
		subject_push(subject, clock);
	}
	for (int reason = FLOW_LIVE + 1; reason < FLOW_ENDS; reason++)
		sums.ended += counters->ended[reason];
	for (int why = 0; why < FLOW_OVERFLOWS; why++)
		sums.overflow += counters->overflow_packets[why];
	sums.counted = counters->packets;
	sums.created = counters->created;
	return sums;
}
