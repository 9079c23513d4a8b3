/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <weir/memory.h>

/* Any, but as random as a drawn one: the same in every run. */
static const struct hash_secret secret = {
	{0x1d8e4e27c47d124f, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb}};

struct rig *rig_open(const struct rig_settings *settings)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	const unsigned int lcores[RIG_WORKERS] = {3, 4, 5, 6};
	uint32_t ended = settings->ended_ring ? settings->ended_ring : 4096;
	struct flow_settings flow = {
		.capacity = settings->flow_capacity ? settings->flow_capacity : 1024,
		.active_timeout = settings->active ? settings->active : 3600 * CLOCK_SECOND,
		.inactive_timeout = settings->inactive ? settings->inactive : 3600 * CLOCK_SECOND,
		.secret = secret,
	};
	struct stats_settings stats = {
		.interval = settings->interval ? settings->interval : CLOCK_SECOND,
		.top_length = settings->top_length ? settings->top_length : 20,
		.capture = settings->capture,
		.secret = secret,
		.workers = rig->workers,
		.lcores = lcores,
		.worker_count = settings->workers ? settings->workers : 1,
		.flow_capacity = flow.capacity,
		.stats_lcore_count = settings->shards,
		.outlets = settings->outlets,
	};

	memcpy(flow.extensions, settings->extensions, sizeof(flow.extensions));
	rig->worker_count = stats.worker_count;
	rig->now = RIG_START;
	for (uint32_t w = 0; w < rig->worker_count; w++) {
		rig->workers[w] = memory_allocate(sizeof(*rig->workers[w]));
		cr_assert_eq(worker_shared_init(rig->workers[w], w, &flow, ended), 0);
	}
	cr_assert_eq(stats_create(&stats, rig_clock(rig), &rig->stats), 0);
	return rig;
}

/* As the EAL would, on a lcore. */
static void *run_shard(void *shard)
{
	stats_run_shard(shard);
	return NULL;
}

void rig_run_shards(struct rig *rig)
{
	for (uint32_t s = 1; s < stats_shards(rig->stats); s++)
		cr_assert_eq(pthread_create(&rig->shards[rig->shard_count++], NULL, run_shard,
					    stats_shard(rig->stats, s)),
			     0);
}

void rig_close(struct rig *rig)
{
	stats_destroy(rig->stats);
	for (uint32_t w = 0; w < rig->worker_count; w++) {
		worker_shared_release(rig->workers[w]);
		memory_free(rig->workers[w], sizeof(*rig->workers[w]));
	}
	free(rig);
}

/* Both directions go to one worker, whatever the number of workers. */
static struct worker_shared *worker_of(struct rig *rig, const struct shot *shot)
{
	uint32_t spread =
		shot->source ^ shot->destination ^ shot->source_port ^ shot->destination_port;

	return rig->workers[(spread ^ spread >> 8) % rig->worker_count];
}

static void fill_packet(struct packet *packet, const struct shot *shot, uint64_t time)
{
	struct {
		uint32_t address;
		uint16_t port;
	} ends[2] = {{htonl(shot->source), htons(shot->source_port)},
		     {htonl(shot->destination), htons(shot->destination_port)}};
	bool swap = ends[0].address > ends[1].address ||
		    (ends[0].address == ends[1].address && ends[0].port > ends[1].port);

	memset(packet, 0, sizeof(*packet));
	for (int end = 0; end < 2; end++) {
		packet->key.address[end] = ends[end ^ swap].address;
		packet->key.port[end] = ends[end ^ swap].port;
	}
	packet->key.vlan = shot->vlan;
	packet->key.protocol = shot->protocol;
	packet->direction = swap;
	packet->tcp_flags = shot->tcp_flags;
	packet->octets = shot->octets;
	packet->frame_length = shot->octets + 14;
	packet->ttl = 64;
	packet->reason = PACKET_FLOW_IPV4;
	packet->time = time;
	packet->clock = time;
}

/* As the worker counts and publishes (lib/worker). */
static void count(struct worker_shared *worker, const struct packet *packet, int64_t shift,
		  uint32_t packets)
{
	struct worker_counters own = worker->counters, *counters = &own;
	uint32_t size = packet->frame_length + 4, class = 0;

	while (size > size_class_upto[class])
		class ++;
	counters->received += packets;
	counters->reasons[packet->reason] += packets;
	counters->frame_octets += (uint64_t)packets * packet->frame_length;
	counters->sizes[class] += packets;
	if (counters->size_min == 0 || size < counters->size_min)
		counters->size_min = size;
	if (size > counters->size_max)
		counters->size_max = size;
	counters->last = (struct clock_reading){packet->time, shift};
	if (counters->first.clock == 0)
		counters->first = counters->last;
	counters->flows = *flow_table_counters(worker->table);
	worker_shared_publish(worker, counters);
}

static void send_on(struct rig *rig, struct worker_shared *worker, const struct shot *shot,
		    uint32_t packets)
{
	struct packet packet;

	fill_packet(&packet, shot, rig->now);
	for (uint32_t sent = 0; sent < packets || flow_table_pending(worker->table) > 0;) {
		struct flow_burst *burst = flow_table_next(worker->table);

		burst->shift = rig->shift;
		for (burst->count = 0; burst->count < FLOW_BURST && sent < packets; sent++)
			burst->packets[burst->count++] = packet;
		flow_table_push(worker->table);
	}
	count(worker, &packet, rig->shift, packets);
}

void rig_send(struct rig *rig, const struct shot *shot, uint32_t packets)
{
	send_on(rig, worker_of(rig, shot), shot, packets);
}

void rig_send_on(struct rig *rig, uint32_t w, const struct shot *shot, uint32_t packets)
{
	send_on(rig, rig->workers[w], shot, packets);
}

void rig_flush(struct rig *rig)
{
	for (uint32_t w = 0; w < rig->worker_count; w++)
		cr_assert(worker_shared_flush(rig->workers[w]));
}

void rig_linger(struct rig *rig)
{
	for (int step = 0; step < 50; step++) {
		rig->now += 100 * CLOCK_MILLISECOND;
		for (uint32_t w = 0; w < rig->worker_count; w++)
			flow_table_expire(rig->workers[w]->table, rig->now);
		rig_flush(rig);
	}
}

void rig_step(struct rig *rig, uint64_t ns)
{
	rig_flush(rig);
	rig->now += ns;
	stats_step(rig->stats, rig_clock(rig));
}

uint32_t rig_room;

uint32_t rig_room_now(void *context)
{
	(void)context;
	return rig_room;
}

static void count_ended(struct worker_shared *worker)
{
	struct worker_counters counters = worker->counters;

	counters.flows = *flow_table_counters(worker->table);
	worker_shared_publish(worker, &counters);
}

void rig_finish(struct rig *rig)
{
	for (uint32_t w = 0; w < rig->worker_count; w++) {
		struct worker_shared *worker = rig->workers[w];
		bool all = false;

		while (!all) {
			all = flow_table_finish(worker->table, rig->now);
			while (!worker_shared_flush(worker))
				stats_step(rig->stats, rig_clock(rig));
		}
		count_ended(worker);
	}
	stats_finish(rig->stats, rig_clock(rig));
	for (uint32_t s = 0; s < rig->shard_count; s++)
		pthread_join(rig->shards[s], NULL);
}

struct stats_row rig_row(struct rig *rig, enum stats_dimension dimension, enum stats_window window,
			 const struct stats_key *key)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	const struct stats_top *top = &snapshot->top[dimension][STATS_OCTETS][window];
	struct stats_row row = {0};

	for (uint32_t i = 0; i < top->shown; i++)
		if (memcmp(&top->rows[i].key, key, sizeof(*key)) == 0)
			row = top->rows[i];
	stats_release(rig->stats, snapshot);
	return row;
}

uint64_t rig_sum(struct rig *rig, enum stats_dimension dimension, enum stats_window window,
		 enum stats_metric metric)
{
	const struct snapshot *snapshot = stats_acquire(rig->stats);
	const struct stats_top *top = &snapshot->top[dimension][metric][window];
	uint64_t sum = 0;

	cr_assert_eq(top->shown, top->keys, "the list is too short for a sum");
	for (uint32_t i = 0; i < top->shown; i++)
		sum += top->rows[i].metrics[metric];
	stats_release(rig->stats, snapshot);
	return sum;
}

static void put_address(uint8_t *out, uint32_t address)
{
	address = htonl(address);
	memcpy(out, &address, sizeof(address));
}

struct stats_key key_source(uint32_t address)
{
	struct stats_key key = {.version = 4};

	put_address(key.source, address);
	return key;
}

struct stats_key key_destination(uint32_t address)
{
	struct stats_key key = {.version = 4};

	put_address(key.destination, address);
	return key;
}

struct stats_key key_pair(uint32_t source, uint32_t destination)
{
	struct stats_key key = key_source(source);

	put_address(key.destination, destination);
	return key;
}

struct stats_key key_flow(const struct shot *shot)
{
	struct stats_key key = key_pair(shot->source, shot->destination);

	key.protocol = shot->protocol;
	key.vlan = shot->vlan;
	key.source_port = shot->source_port;
	key.destination_port = shot->destination_port;
	return key;
}
