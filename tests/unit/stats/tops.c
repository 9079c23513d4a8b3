/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <kit/prng.h>
#include <weir/memory.h>
#include <weir/protocols.h>

#include "tops.h"

/*
 * Every list of every snapshot against a plain count of a random stream of deltas: all dimensions,
 * metrics and windows, whoever counted them. The model keeps rows in a list and looks through it.
 */

#define LENGTH    40
#define FLOWS     90
#define HOSTS     12
#define INTERVALS 90
#define THREADS   3
#define ROWS_MAX  512

struct model {
	uint32_t count[STATS_DIMENSIONS];
	struct stats_row rows[STATS_DIMENSIONS][ROWS_MAX];
};

struct world {
	struct tops tops;
	struct tops_counts counts[THREADS];
	struct snapshot snapshot;
	struct stats_row *rows;
	struct model now, total, slices[INTERVALS]; /* slices by number */
	union flow_copy flows[FLOWS];
	struct prng random;
};

static void model_add(struct model *model, enum stats_dimension d, const struct stats_key *key,
		      const uint64_t metrics[STATS_METRICS])
{
	struct stats_row *rows = model->rows[d];
	uint32_t i = 0;

	if (metrics[STATS_PACKETS] == 0)
		return;
	while (i < model->count[d] && memcmp(&rows[i].key, key, sizeof(*key)) != 0)
		i++;
	if (i == model->count[d]) {
		cr_assert_lt(i, ROWS_MAX);
		model->count[d]++;
		rows[i] = (struct stats_row){.key = *key};
	}
	for (int m = 0; m < STATS_METRICS; m++)
		rows[i].metrics[m] += metrics[m];
}

static void model_add_all(struct model *model, const struct model *from)
{
	for (int d = 0; d < STATS_DIMENSIONS; d++)
		for (uint32_t i = 0; i < from->count[d]; i++)
			model_add(model, d, &from->rows[d][i].key, from->rows[d][i].metrics);
}

/* What one end sent to the other. */
static void model_way(struct model *model, const struct stats_key *key,
		      const uint64_t metrics[STATS_METRICS])
{
	struct stats_key shown = {.version = key->version};

	memcpy(shown.source, key->source, sizeof(shown.source));
	model_add(model, STATS_SOURCE, &shown, metrics);
	memcpy(shown.destination, key->destination, sizeof(shown.destination));
	model_add(model, STATS_PAIR, &shown, metrics);
	memset(shown.source, 0, sizeof(shown.source));
	model_add(model, STATS_DESTINATION, &shown, metrics);
}

static void model_way_of_ports(struct model *model, const struct stats_key *key,
			       const uint64_t metrics[STATS_METRICS])
{
	struct stats_key source = {.protocol = key->protocol, .source_port = key->source_port};
	struct stats_key destination = {.protocol = key->protocol,
					.destination_port = key->destination_port};

	if (key->protocol == PROTOCOL_ICMP)
		return;
	model_add(model, STATS_SOURCE_PORT, &source, metrics);
	model_add(model, STATS_DESTINATION_PORT, &destination, metrics);
}

static struct stats_key turned(const struct stats_key *key)
{
	struct stats_key back = *key;

	back.source_port = key->destination_port;
	back.destination_port = key->source_port;
	memcpy(back.source, key->destination, sizeof(back.source));
	memcpy(back.destination, key->source, sizeof(back.destination));
	return back;
}

static void model_delta(struct model *model, const struct flow_record *record,
			const struct stats_delta *delta)
{
	const uint64_t forward[] = {delta->octets[0], delta->packets[0],
				    delta->first[0] && delta->packets[0] > 0};
	const uint64_t reverse[] = {delta->octets[1], delta->packets[1],
				    delta->first[1] && delta->packets[1] > 0};
	const uint64_t whole[] = {delta->octets[0] + delta->octets[1],
				  delta->packets[0] + delta->packets[1],
				  delta->first[0] && delta->first[1]};
	struct stats_key key = {0}, back, protocol = {0};
	struct flow_view view;

	flow_view(record, &view);
	key.version = (uint8_t)view.version;
	key.protocol = protocol.protocol = view.protocol;
	key.vlan = view.vlan;
	key.source_port = view.source_port;
	key.destination_port = view.destination_port;
	memcpy(key.source, view.source, sizeof(key.source));
	memcpy(key.destination, view.destination, sizeof(key.destination));
	back = turned(&key);
	model_add(model, STATS_FLOW, &key, whole);
	model_add(model, STATS_PROTOCOL, &protocol, whole);
	/* Where both ends are one, all that it sent it received: one flow. */
	if (memcmp(key.source, key.destination, sizeof(key.source)) == 0) {
		model_way(model, &key, whole);
	} else {
		model_way(model, &key, forward);
		model_way(model, &back, reverse);
	}
	if (key.source_port == key.destination_port) {
		model_way_of_ports(model, &key, whole);
	} else {
		model_way_of_ports(model, &key, forward);
		model_way_of_ports(model, &back, reverse);
	}
}

static enum stats_metric sorted_by;

static int in_order(const void *one, const void *other)
{
	const struct stats_row *a = one, *b = other;

	if (a->metrics[sorted_by] != b->metrics[sorted_by])
		return a->metrics[sorted_by] > b->metrics[sorted_by] ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* Rows with equal sums may stand in another order: each is looked for by its key. */
static void check_row(const struct model *model, unsigned int d, const struct stats_row *row)
{
	const struct stats_row *rows = model->rows[d];
	uint32_t i = 0;

	while (i < model->count[d] && memcmp(&rows[i].key, &row->key, sizeof(row->key)) != 0)
		i++;
	cr_assert_lt(i, model->count[d], "%s", stats_dimension_names[d]);
	cr_assert_arr_eq(rows[i].metrics, row->metrics, sizeof(row->metrics));
}

static void check_window(const struct world *world, struct model *model, enum stats_window w)
{
	for (unsigned int d = 0; d < STATS_DIMENSIONS; d++)
		for (unsigned int m = 0; m < STATS_METRICS; m++) {
			const struct stats_top *top = &world->snapshot.top[d][m][w];
			uint32_t shown = model->count[d] < LENGTH ? model->count[d] : LENGTH;

			sorted_by = m;
			qsort(model->rows[d], model->count[d], sizeof(*model->rows[d]), in_order);
			cr_assert(top->exact);
			cr_assert_eq(top->error[m], 0);
			cr_assert_eq(top->keys, model->count[d], "%s %s: %u, not %u",
				     stats_dimension_names[d], stats_window_names[w], top->keys,
				     model->count[d]);
			cr_assert_eq(top->shown, shown);
			for (uint32_t i = 0; i < shown; i++) {
				cr_assert_eq(top->rows[i].metrics[m], model->rows[d][i].metrics[m]);
				check_row(model, d, &top->rows[i]);
			}
		}
}

/* Flows of both versions, between few hosts: some to itself, some from a port to the same. */
static void make_flows(struct world *world)
{
	static const uint8_t protocols[] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP};

	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow_record *record = &world->flows[i].record;
		uint32_t a = prng_below(&world->random, HOSTS),
			 b = prng_below(&world->random, HOSTS);
		bool ipv6 = prng_below(&world->random, 2);

		record->hot.key = (struct packet_key){
			.address = {htobe32(0x0a000000 + a), htobe32(0x0a000000 + b)},
			.port = {htobe16((uint16_t)prng_below(&world->random, 4)),
				 htobe16((uint16_t)prng_below(&world->random, 4))},
			.vlan = (uint16_t)((ipv6 ? PACKET_KEY_IPV6 : 0) | i),
			.protocol = protocols[prng_below(&world->random, 3)],
			.zero = (uint8_t)prng_below(&world->random, 2),
		};
		if (record->hot.key.protocol == PROTOCOL_ICMP)
			memset(record->hot.key.port, 0, sizeof(record->hot.key.port));
		if (ipv6)
			for (int e = 0; e < 2; e++)
				memset(record->cold.prefix[e], 0x20 + e % 2, 12);
		record->cold.first = i;
	}
}

static void count_batch(struct world *world)
{
	struct stats_batch batch = {.count = 1 + prng_below(&world->random, STATS_BATCH)};

	for (uint32_t i = 0; i < batch.count; i++) {
		uint32_t flow = prng_below(&world->random, FLOWS);
		struct stats_delta *delta = &batch.deltas[i];

		for (int way = 0; way < 2; way++) {
			delta->packets[way] = prng_next(&world->random) >> 30;
			delta->octets[way] = prng_next(&world->random) >> 24;
			delta->first[way] = prng_below(&world->random, 2);
		}
		batch.records[i] = &world->flows[flow].record;
		model_delta(&world->now, batch.records[i], delta);
	}
	tops_count(&world->counts[prng_below(&world->random, THREADS)], &batch);
}

static void sum_slices(struct world *world, struct model *sum, uint32_t older)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t back = 0; back <= older; back++)
		model_add_all(sum, &world->slices[world->tops.newest - back]);
}

/* So many slices before the newest: those of some seconds, more or less. */
static uint32_t some_older(struct world *world, uint32_t most)
{
	uint32_t older = most - prng_below(&world->random, 2);

	return older < world->tops.newest ? older : world->tops.newest;
}

static void end_interval(struct world *world, struct model *sum)
{
	const uint32_t in_10s = some_older(world, 10), in_60s = some_older(world, 60);
	const uint32_t newest = world->tops.newest;

	world->snapshot.windows[STATS_10S].entries = in_10s;
	world->snapshot.windows[STATS_60S].entries = in_60s;
	for (int t = 0; t < THREADS; t++)
		tops_merge(&world->tops, &world->counts[t]);
	model_add_all(&world->total, &world->now);
	model_add_all(&world->slices[newest], &world->now);
	tops_end(&world->tops, &world->snapshot, world->rows, prng_below(&world->random, 5) > 0);
	/* As it was while the lists were made. */
	uint32_t after = world->tops.newest;

	world->tops.newest = newest;
	check_window(world, &world->now, STATS_NOW);
	check_window(world, &world->total, STATS_TOTAL);
	sum_slices(world, sum, in_10s);
	check_window(world, sum, STATS_10S);
	sum_slices(world, sum, in_60s);
	check_window(world, sum, STATS_60S);
	memset(&world->now, 0, sizeof(world->now));
	world->tops.newest = after;
}

Test(tops, lists_are_as_counted_by_hand)
{
	/* Short intervals: not each is a slice. */
	const struct stats_settings settings = {
		.interval = CLOCK_MILLISECOND, .top_length = LENGTH, .secret = {{3, 5, 7, 11}}};
	struct world *world = memory_allocate(sizeof(*world));
	struct model *sum = malloc(sizeof(*sum));

	memory_expect_little();
	world->random = (struct prng){7};
	world->rows = calloc(tops_rows(LENGTH), sizeof(*world->rows));
	cr_assert_eq(tops_init(&world->tops, &settings), 0);
	for (int t = 0; t < THREADS; t++)
		cr_assert_eq(tops_counts_init(&world->counts[t], &settings), 0);
	make_flows(world);
	for (int i = 0; i < INTERVALS; i++) {
		for (uint32_t batches = prng_below(&world->random, 4); batches > 0; batches--)
			count_batch(world);
		end_interval(world, sum);
	}
	for (int t = 0; t < THREADS; t++)
		tops_counts_release(&world->counts[t]);
	tops_release(&world->tops);
	free(world->rows);
	free(sum);
	memory_free(world, sizeof(*world));
}
