/* SPDX-License-Identifier: BSD-3-Clause */
/* Another thread reads all the time while the worker writes: every copy is whole. */
#include <pthread.h>
#include <string.h>

#include "mirror.h"
#include "support.h"

#define CAPACITY 64
#define BUSY     4     /* flows that most packets belong to, in the first slots: read the most */
#define CHANGES  50000 /* copies that must differ from the one before: both threads ran at once */

struct shared {
	const struct flow_table *table;
	bool extended;     /* with MIRROR_EXTENSIONS */
	bool stop;         /* atomic: the writer is done */
	uint64_t changes;  /* atomic */
	const char *wrong; /* why a copy was not whole */
};

/* All packets have 86 octets in a 100-byte frame; MAC, TTL and port say which flow it is. */
static struct packet marked_packet(uint32_t flow, bool reverse, uint64_t clock)
{
	struct packet packet = numbered_packet(flow, reverse, clock);

	packet.ttl = (uint8_t)flow;
	packet.tos = (uint8_t)flow;
	packet.icmp = (uint16_t)flow;
	memset(packet.mac, (uint8_t)flow, sizeof(packet.mac));
	return packet;
}

static const char *what_is_wrong(const struct flow_view *view)
{
	uint16_t port = view->source_port == 53 ? view->destination_port : view->source_port;
	uint8_t flow = (uint8_t)(port - 1000);

	if (view->end != FLOW_LIVE || view->packets[0] == 0)
		return "not live";
	if (view->octets[0] != 86 * view->packets[0] || view->octets[1] != 86 * view->packets[1])
		return "octets and packets differ";
	if (view->frame_octets != 100 * (view->packets[0] + view->packets[1]))
		return "frames and packets differ";
	if (view->frame_min != 100 || view->frame_max != 100 || view->protocol != UDP)
		return "sizes";
	if (view->ttl_min != flow || view->ttl_max != flow || view->tos[0] != flow)
		return "attributes of another flow";
	if (view->tos[1] != (view->packets[1] ? flow : 0))
		return "reverse attributes of another flow";
	if (view->mac_source[5] != flow || view->mac_destination[0] != flow)
		return "MAC of another flow";
	return view->first <= view->last ? NULL : "time goes backwards";
}

/* The same flow in the same slot only ever grows. */
static bool has_shrunk(const struct flow_record *old, const struct flow_record *new)
{
	return old->cold.instance == new->cold.instance &&
	       (old->hot.packets[0] > new->hot.packets[0] ||
		old->hot.packets[1] > new->hot.packets[1] || old->hot.seen > new->hot.seen);
}

static void read_slot(struct shared *shared, uint32_t slot, struct flow_record *last)
{
	union flow_copy copy;
	struct flow_view view;

	if (flow_table_read(shared->table, slot, &copy) != FLOW_SLOT_LIVE)
		return;
	flow_view(&copy.record, &view);
	if (shared->wrong == NULL)
		shared->wrong = what_is_wrong(&view);
	if (shared->wrong == NULL && shared->extended)
		shared->wrong = mirror_wrong(&view);
	if (shared->wrong == NULL && has_shrunk(last, &copy.record))
		shared->wrong = "a flow has shrunk";
	if (copy.record.hot.seen != last->hot.seen)
		__atomic_fetch_add(&shared->changes, 1, __ATOMIC_RELAXED);
	*last = copy.record;
}

static void *read_all_the_time(void *argument)
{
	struct shared *shared = argument;
	struct flow_record last[CAPACITY] = {0};

	while (!__atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE)) {
		uint32_t used = flow_table_used(shared->table);

		for (uint32_t slot = 0; slot < used; slot++) {
			read_slot(shared, slot, &last[slot]);
			read_slot(shared, slot % BUSY, &last[slot % BUSY]);
		}
	}
	return NULL;
}

/* Most packets are of the first flows; the others come and go, there is no room for all. */
static uint32_t random_flow(struct prng *prng, uint64_t clock)
{
	if (clock < EPOCH + BUSY)
		return (uint32_t)(clock - EPOCH);
	return prng_percent(prng, 95) ? prng_below(prng, BUSY) : BUSY + prng_below(prng, 100);
}

static void every_copy_is_whole(const struct flow_settings *settings)
{
	struct shared shared = {.extended = settings->extensions[0] != NULL};
	struct feeder feeder;
	struct prng prng = {5};
	pthread_t thread;

	feeder_open(&feeder, settings, FLOW_BURST);
	shared.table = feeder.table;
	cr_assert_eq(pthread_create(&thread, NULL, read_all_the_time, &shared), 0);
	for (uint64_t clock = EPOCH; __atomic_load_n(&shared.changes, __ATOMIC_RELAXED) < CHANGES;
	     clock++) {
		struct packet packet =
			marked_packet(random_flow(&prng, clock), prng_percent(&prng, 50), clock);

		feeder_packet(&feeder, &packet);
		feeder_take(&feeder);
		feeder.ended_count = 0;
	}
	__atomic_store_n(&shared.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	cr_assert_null(shared.wrong, "%s", shared.wrong ? shared.wrong : "");
	cr_assert_gt(flow_table_counters(feeder.table)->ended[FLOW_END_RESOURCES], 100);
	feeder_close(&feeder);
}

Test(reader, every_copy_is_whole, .timeout = 100)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	every_copy_is_whole(&settings);
}

Test(reader, lines_are_of_the_same_moment, .timeout = 100)
{
	struct flow_settings settings = usual_settings(CAPACITY);

	settings.extensions[0] = &mirror_first;
	settings.extensions[1] = &mirror_flow;
	settings.extensions[2] = &mirror_record;
	every_copy_is_whole(&settings);
}
