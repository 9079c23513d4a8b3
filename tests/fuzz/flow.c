/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of lib/flow: any sequence of packets, pushes, takings and jumps of time, against
 * the plain model of tests/unit/flow. Input: three bytes of settings, then operations.
 */
#include "fuzz.h"

#include <string.h>

#include "mirror.h"
#include "model.h"
#include "support.h"

#define NONE UINT32_MAX

struct run {
	struct input input;
	struct feeder feeder;
	struct model *model;
	uint64_t clock;
	/*
	 * With bursts of one packet, taken or not, the counters tell which packet found no room.
	 * With larger bursts the outbox is emptied before each, and every packet must find room.
	 */
	bool singly;
	bool extended;         /* with MIRROR_EXTENSIONS */
	bool colliding;        /* the secret is zero, so that keys can collide in all 64 bits */
	uint32_t in_stages[2]; /* singly: packets fed one and two pushes ago */
	uint64_t overflow[2];
};

static void check_lines(struct run *run, const struct flow_record *record)
{
	struct flow_view view;

	if (!run->extended)
		return;
	flow_view(record, &view);
	require(mirror_wrong(&view) == NULL);
	require(mirror_before(&view) == model_before(run->model, record));
}

static void take(struct run *run, uint32_t most)
{
	size_t bytes = flow_record_bytes(flow_table_extensions(run->feeder.table));
	const struct flow_record *records;
	uint32_t count = flow_table_outbox(run->feeder.table, &records);

	count = count < most ? count : most;
	for (uint32_t i = 0; i < count; i++) {
		check_lines(run, flow_record_at(records, bytes, i));
		model_ended(run->model, flow_record_at(records, bytes, i));
	}
	flow_table_taken(run->feeder.table, count);
}

static void note_overflow(struct run *run)
{
	const struct flow_counters *counters = flow_table_counters(run->feeder.table);
	const uint64_t *now = counters->overflow_packets;
	const struct flow_record *records;

	if (now[0] == run->overflow[0] && now[1] == run->overflow[1])
		return;
	require(run->singly && now[0] + now[1] == run->overflow[0] + run->overflow[1] + 1);
	if (now[0] != run->overflow[0])
		require(flow_table_outbox(run->feeder.table, &records) == FLOW_OUTBOX);
	else
		require(run->colliding);
	model_overflowed(run->model, run->in_stages[1]);
	run->overflow[0] = now[0];
	run->overflow[1] = now[1];
}

/* `number` is the packet of a single burst. */
static void push(struct run *run, uint32_t number)
{
	if (!run->singly)
		take(run, FLOW_OUTBOX);
	feeder_push(&run->feeder);
	note_overflow(run);
	run->in_stages[1] = run->in_stages[0];
	run->in_stages[0] = number;
}

static void feed(struct run *run, const struct packet *packet)
{
	struct flow_burst *burst = flow_table_next(run->feeder.table);
	uint32_t number = model_packet(run->model, packet);

	run->feeder.packets++;
	burst->packets[burst->count++] = *packet;
	if (run->singly || burst->count == FLOW_BURST)
		push(run, number);
}

static struct packet draw_packet(struct run *run)
{
	static const uint8_t protocols[] = {TCP, TCP, UDP, ICMP, 0, TCP, UDP, TCP};
	struct input *input = &run->input;
	uint8_t hosts = input_byte(input), kind = input_byte(input), more = input_byte(input);
	uint8_t protocol = protocols[kind & 7];
	bool ports = protocol == TCP || protocol == UDP;
	struct endpoint from = {.address = {10, 0, 0, hosts & 15}};
	struct endpoint to = {.address = {10, 0, 0, hosts >> 4}};

	from.port = ports ? kind >> 3 & 3 : 0;
	to.port = ports ? kind >> 5 & 1 : 0;

	struct packet packet = make_packet(kind & 64 ? 6 : 4, &from, &to, protocol, run->clock);

	packet.key.vlan |= kind & 128 ? 100 : 0;
	packet.ttl = packet.tos = packet.mac[0] = more;
	packet.tcp_flags = protocol == TCP ? more & (FIN | SYN | RST | ACK) : 0;
	packet.octets += more & 32 ? more : 0;
	packet.frame_length = packet.octets + 14 + (more & 8);
	if (protocol == ICMP)
		packet.icmp = more;
	return packet;
}

/* Sizes, times and fragments that most packets do not have. */
static void make_odd(struct run *run, struct packet *packet)
{
	uint16_t what = input_word(&run->input);

	if (what & 1)
		packet->time -= (uint64_t)(what >> 4) * MILLISECOND;
	if (what & 2)
		packet->frame_length = 0x80000000 + packet->octets - (what >> 15);
	if (what & 4)
		packet->octets = packet->frame_length - 14;
	if ((what & 8) == 0)
		return;
	packet->fragment_id = what >> 14;
	packet->fragment = what & 32 ? PACKET_FRAGMENT_TINY : PACKET_FRAGMENT_FIRST;
	if (packet->key.port[0] == 0 && packet->key.port[1] == 0 && (what & 16)) {
		packet->fragment = PACKET_FRAGMENT_LATER;
		packet->tcp_flags = 0;
	}
}

/* Many flows of one packet, so that a short input can fill a table. */
static void flood(struct run *run)
{
	uint8_t count = input_byte(&run->input) % 64, first = input_byte(&run->input);

	for (uint32_t i = 0; i < count; i++) {
		struct endpoint from = {.address = {172, 16, (uint8_t)i, first}};
		struct endpoint to = {.address = {192, 0, 2, 1}};
		struct packet packet = make_packet(4, &from, &to, first & 1 ? ICMP : 0, run->clock);

		feed(run, &packet);
	}
}

/* No packet is in the stages, no record waits for room in the outbox. */
static void settle(struct run *run)
{
	const struct flow_record *records;

	for (int i = 0; i < 3; i++)
		push(run, NONE);
	do {
		take(run, FLOW_OUTBOX);
		feeder_push(&run->feeder);
	} while (flow_table_outbox(run->feeder.table, &records) > 0);
	require(flow_table_pending(run->feeder.table) == 0);
}

static void check_all(struct run *run)
{
	const struct flow_counters *counters = flow_table_counters(run->feeder.table);
	uint64_t live = 0, ended = 0, packets = 0;
	union flow_copy copy;

	settle(run);
	for (uint32_t slot = 0; slot < flow_table_used(run->feeder.table); slot++) {
		if (flow_table_read(run->feeder.table, slot, &copy) != FLOW_SLOT_LIVE)
			continue;
		check_lines(run, &copy.record);
		packets += model_live(run->model, &copy.record);
		live++;
	}
	for (int reason = 1; reason < FLOW_ENDS; reason++)
		ended += counters->ended[reason];
	require(packets == model_left(run->model));
	require(counters->created == live + ended);
	require(counters->packets + run->overflow[0] + run->overflow[1] == run->feeder.packets);
}

static void expire(struct run *run)
{
	settle(run);
	run->clock += (uint64_t)input_byte(&run->input) * 100 * MILLISECOND;
	model_clock(run->model, run->clock);
	flow_table_expire(run->feeder.table, run->clock);
}

static void operate(struct run *run)
{
	/* The table's clock moves a little with every operation, or by up to 12 s. */
	static const uint64_t steps[] = {
		0,          1,          500, MILLISECOND, 77 * MILLISECOND, 500 * MILLISECOND,
		3 * SECOND, 12 * SECOND};
	uint8_t operation = input_byte(&run->input);
	struct packet packet;

	run->clock += steps[operation >> 4 & 7];
	switch (operation & 15) {
	case 10:
		push(run, NONE);
		break;
	case 11:
		take(run, input_byte(&run->input));
		break;
	case 12:
		flood(run);
		break;
	case 13:
		expire(run);
		break;
	case 14:
		check_all(run);
		break;
	default:
		packet = draw_packet(run);
		if (operation & 128)
			make_odd(run, &packet);
		feed(run, &packet);
	}
}

static void finish(struct run *run)
{
	bool all;

	check_all(run);
	run->clock += SECOND;
	model_clock(run->model, run->clock);
	do {
		all = flow_table_finish(run->feeder.table, run->clock);
		take(run, FLOW_OUTBOX);
	} while (!all);
	require(model_left(run->model) == 0);
	require(feeder_live(&run->feeder) == 0);
}

static void start(struct run *run)
{
	static const struct flow_extension *const mirror[] = MIRROR_EXTENSIONS;
	static const uint64_t timeouts[] = {0, SECOND, 5 * SECOND, 64 * SECOND};
	static const uint32_t capacities[] = {64, 101, 200, 512};
	uint8_t how = input_byte(&run->input), times = input_byte(&run->input);
	struct flow_settings settings = usual_settings(capacities[how & 3]);

	run->extended = how & 16;
	if (run->extended)
		memcpy(settings.extensions, mirror, sizeof(mirror));
	run->singly = how & 4;
	run->colliding = run->singly && (how & 8);
	if (run->colliding)
		settings.secret = (struct hash_secret){{0}};
	settings.active_timeout = timeouts[times & 3];
	settings.inactive_timeout = timeouts[times >> 2 & 3];
	run->clock = EPOCH + input_byte(&run->input);
	run->in_stages[0] = run->in_stages[1] = NONE;
	feeder_open(&run->feeder, &settings, FLOW_BURST);
	run->model = model_create(&settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.input = {data, size}};

	start(&run);
	while (run.input.left > 0)
		operate(&run);
	finish(&run);
	model_destroy(run.model);
	feeder_close(&run.feeder);
	return 0;
}
