/* SPDX-License-Identifier: BSD-3-Clause */
/* What overflowed is read as of the moment of the counters: all sums come to what these say. */
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/worker_shared.h>

#include "litmus.h"
#include "litmus_packet.h"

#define SLOTS          64
#define RING_ENTRIES   256
#define PUBLISH_BURSTS 8 /* as the worker does */

/* Nobody takes ended records: soon table and outbox are full, and every packet overflows. */
static void write_overflow(struct litmus *litmus, void *context)
{
	struct worker_shared *shared = context;
	struct worker_counters counters = {0};
	struct flow_burst *burst;

	for (uint32_t flow = 0, bursts = 0; litmus_running(litmus); flow++) {
		struct packet packet = litmus_packet(flow * 0x9e3779b1u, 0, LITMUS_START + flow);

		packet.key.protocol = (uint8_t)(flow % 7);
		burst = flow_table_next(shared->table);
		burst->packets[burst->count++] = packet;
		if (burst->count < FLOW_BURST)
			continue;
		flow_table_push(shared->table);
		if (++bursts % PUBLISH_BURSTS != 0)
			continue;
		counters.flows = *flow_table_counters(shared->table);
		worker_shared_publish(shared, &counters);
		litmus_wrote(litmus, flow);
	}
}

static void add(struct flow_overflow_sum *sum, const struct flow_overflow_sum *more)
{
	sum->packets += more->packets;
	sum->octets += more->octets;
}

static bool comes_to(const struct flow_overflow_sum *sum, const struct flow_counters *flows)
{
	uint64_t packets = flows->overflow_packets[FLOW_OVERFLOW_TABLE] +
			   flows->overflow_packets[FLOW_OVERFLOW_BUCKET];

	return sum->packets == packets && sum->octets == flows->overflow_octets;
}

static const char *what_is_wrong(const struct flow_overflow_sums *sums,
				 const struct flow_counters *flows)
{
	struct flow_overflow_sum protocols = {0}, networks = sums->other;

	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++)
		add(&protocols, &sums->protocols[p]);
	for (unsigned int n = 0; n < FLOW_OVERFLOW_NETWORKS; n++)
		add(&networks, &sums->networks[n].sum);
	if (!comes_to(&protocols, flows))
		return "protocols of another moment than the counters";
	return comes_to(&networks, flows) ? NULL : "networks of another moment than the counters";
}

static void read_overflow(struct litmus *litmus, void *context)
{
	const struct worker_shared *shared = context;
	struct flow_overflow_sums sums = {0};
	struct worker_counters counters;

	while (litmus_running(litmus)) {
		if (worker_shared_read(shared, &counters, &sums) &&
		    counters.flows.overflow_octets > 0)
			litmus_copied(litmus, what_is_wrong(&sums, &counters.flows));
	}
}

void litmus_overflow(struct litmus *litmus, struct litmus_plan *plan)
{
	const struct flow_settings settings = {
		.capacity = SLOTS,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 300 * CLOCK_SECOND,
		.secret = {{1, 2, 3, 4}},
	};
	struct worker_shared shared;

	if (worker_shared_init(&shared, 0, &settings, RING_ENTRIES) != 0)
		abort();
	plan->write = write_overflow;
	plan->read = read_overflow;
	plan->context = &shared;
	litmus_run(litmus, plan);
	worker_shared_release(&shared);
}
