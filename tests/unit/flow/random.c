/* SPDX-License-Identifier: BSD-3-Clause */
/* A million random operations against the model, in tables roomy and tiny. */
#include <string.h>

#include "mirror.h"
#include "model.h"
#include "support.h"

#define SEED 20260101
#define NONE UINT32_MAX

struct setup {
	const char *name;
	uint32_t packets;
	uint32_t capacity;
	uint32_t hosts, ports; /* to draw from: few make few flows with many packets */
	uint32_t cut;          /* packets of a burst; 0: random */
	uint32_t take;         /* percent of pushes after which the outbox is emptied */
	uint64_t step;         /* clock advances by less than this between packets ... */
	uint32_t jump;         /* ... and in one of so many by up to 20 s */
	uint64_t active, inactive;
	enum flow_end reaches; /* a reason that many of its records must end with ... */
	bool overflows;        /* ... and packets overflow: else it tests too little */
	bool extended;         /* with MIRROR_EXTENSIONS */
};

struct run {
	const struct setup *setup;
	struct prng prng;
	struct feeder feeder;
	struct model *model;
	uint64_t clock;
	uint64_t overflow, ipv6; /* packets: overflowed; of IPv6 and counted */
	uint64_t continued;      /* records whose lines went on with those before */
	/* with bursts of one: packets fed one and two pushes ago, and their version */
	uint32_t in_stages[2];
	bool in_stages_ipv6[2];
	uint32_t cut; /* of the burst being filled */
};

static void random_endpoint(struct run *run, struct endpoint *endpoint, int version)
{
	uint32_t host = prng_below(&run->prng, run->setup->hosts);

	*endpoint = (struct endpoint){.port = (uint16_t)prng_below(&run->prng, run->setup->ports)};
	/* IPv6 addresses that differ in their prefix only, and look like IPv4 at their end. */
	if (version == 6) {
		endpoint->address[0] = 0x20;
		endpoint->address[(host & 1) * 11] ^= (uint8_t)(1 + (host >> 1 & 1));
		host >>= 2;
	}
	memcpy(endpoint->address + (version == 6 ? 12 : 0), &host, 4);
}

static uint8_t random_tcp_flags(struct run *run)
{
	uint32_t draw = prng_below(&run->prng, 100);

	if (draw < 3)
		return RST;
	if (draw < 6)
		return RST | ACK;
	if (draw < 20)
		return FIN | ACK;
	if (draw < 24)
		return FIN;
	return draw < 34 ? SYN : ACK | (uint8_t)(draw & 8);
}

static void random_fragment(struct run *run, struct packet *packet)
{
	packet->fragment_id = prng_below(&run->prng, 4);
	if (prng_percent(&run->prng, 40)) {
		packet->fragment = PACKET_FRAGMENT_FIRST;
		if (prng_percent(&run->prng, 20))
			packet->fragment = PACKET_FRAGMENT_TINY;
		return;
	}
	packet->fragment = PACKET_FRAGMENT_LATER;
	packet->tcp_flags = 0;
}

static void random_lengths(struct run *run, struct packet *packet)
{
	packet->octets = 20 + prng_below(&run->prng, 1481);
	packet->frame_length = packet->octets + 14 + prng_below(&run->prng, 33);
	if (prng_below(&run->prng, 5000) == 0)
		packet->frame_length = 0x40000000 + prng_below(&run->prng, 0xb0000000);
	if (prng_below(&run->prng, 5000) == 0)
		packet->octets = packet->frame_length - 14;
}

static struct packet random_packet(struct run *run)
{
	static const uint8_t protocols[] = {TCP, TCP, TCP, UDP, ICMP};
	uint8_t protocol = protocols[prng_below(&run->prng, sizeof(protocols))];
	int version = prng_percent(&run->prng, 40) ? 6 : 4;
	bool fragment = prng_below(&run->prng, 1000) < 5;
	bool later = fragment && prng_percent(&run->prng, 60);
	struct endpoint from, to;

	random_endpoint(run, &from, version);
	random_endpoint(run, &to, version);
	if (protocol == ICMP || later)
		from.port = to.port = 0;

	struct packet packet = make_packet(version, &from, &to, protocol, run->clock);

	packet.key.vlan |= prng_percent(&run->prng, 20) ? 4095 : 0;
	packet.ttl = (uint8_t)prng_next(&run->prng);
	packet.tos = (uint8_t)prng_next(&run->prng);
	packet.mac[11] = (uint8_t)prng_next(&run->prng);
	if (protocol == TCP)
		packet.tcp_flags = random_tcp_flags(run);
	if (protocol == ICMP)
		packet.icmp = (uint16_t)prng_next(&run->prng);
	if (prng_percent(&run->prng, 3))
		packet.time -= prng_below(&run->prng, 2 * (uint32_t)SECOND);
	random_lengths(run, &packet);
	if (fragment)
		random_fragment(run, &packet);
	if (packet.fragment == PACKET_FRAGMENT_LATER && !later)
		packet.fragment = PACKET_WHOLE; /* it has ports */
	return packet;
}

/* Do its lines say the same as the record? */
static void check_lines(struct run *run, const struct flow_record *record)
{
	struct flow_view view;

	if (!run->setup->extended)
		return;
	flow_view(record, &view);
	const char *wrong = mirror_wrong(&view);

	check(wrong == NULL, "%s", wrong);
	check(mirror_before(&view) == model_before(run->model, record), "not what was before");
	run->continued += mirror_before(&view) > 0;
}

static void take(struct run *run)
{
	feeder_take(&run->feeder);
	for (uint32_t i = 0; i < run->feeder.ended_count; i++) {
		const struct flow_record *record = feeder_ended(&run->feeder, i);

		check_lines(run, record);
		model_ended(run->model, record);
	}
	run->feeder.ended_count = 0;
}

/* With bursts of one packet the counters tell which one overflowed. */
static void push(struct run *run, uint32_t number, bool ipv6)
{
	const struct flow_counters *counters = flow_table_counters(run->feeder.table);
	const struct flow_record *records;

	feeder_push(&run->feeder);

	uint64_t overflow = counters->overflow_packets[FLOW_OVERFLOW_TABLE] +
			    counters->overflow_packets[FLOW_OVERFLOW_BUCKET];

	if (overflow != run->overflow) {
		check(run->setup->cut == 1 && overflow == run->overflow + 1,
		      "overflow in a table that had room");
		check(flow_table_outbox(run->feeder.table, &records) == FLOW_OUTBOX,
		      "overflow while records can leave");
		model_overflowed(run->model, run->in_stages[1]);
		run->ipv6 -= run->in_stages_ipv6[1];
		run->overflow = overflow;
	}
	run->in_stages[1] = run->in_stages[0];
	run->in_stages_ipv6[1] = run->in_stages_ipv6[0];
	run->in_stages[0] = number;
	run->in_stages_ipv6[0] = ipv6;
	if (prng_percent(&run->prng, run->setup->take))
		take(run);
}

static void feed(struct run *run)
{
	struct packet packet = random_packet(run);
	struct flow_burst *burst = flow_table_next(run->feeder.table);
	uint32_t number = model_packet(run->model, &packet);

	run->feeder.packets++;
	run->ipv6 += (packet.key.vlan & PACKET_KEY_IPV6) != 0;
	burst->packets[burst->count++] = packet;
	if (burst->count < run->cut)
		return;
	push(run, number, packet.key.vlan & PACKET_KEY_IPV6);
	run->cut = run->setup->cut ? run->setup->cut : 1 + prng_below(&run->prng, FLOW_BURST);
}

/* Everything that can be out is out. */
static void settle(struct run *run)
{
	const struct flow_record *records;

	for (int i = 0; i < 3; i++)
		push(run, NONE, false);
	do {
		take(run);
		feeder_push(&run->feeder); /* what waited for room comes into the outbox */
	} while (flow_table_outbox(run->feeder.table, &records) > 0);
	cr_assert_eq(flow_table_pending(run->feeder.table), 0);
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
	cr_assert_eq(packets, model_left(run->model), "packets that are in no record");
	cr_assert_eq(counters->created, live + ended);
	cr_assert_eq(counters->packets + run->overflow, run->feeder.packets);
	cr_assert_eq(counters->packets_ipv6, run->ipv6);
}

static void random_operation(struct run *run)
{
	run->clock += prng_next(&run->prng) % run->setup->step;
	if (prng_below(&run->prng, run->setup->jump) == 0)
		run->clock += prng_next(&run->prng) % (20 * SECOND);
	feed(run);
	if (prng_below(&run->prng, 2000) == 0) {
		settle(run);
		run->clock += prng_below(&run->prng, (uint32_t)SECOND);
		model_clock(run->model, run->clock);
		flow_table_expire(run->feeder.table, run->clock);
	}
}

static void finish(struct run *run)
{
	bool all;

	settle(run);
	run->clock += prng_next(&run->prng) % (20 * SECOND);
	model_clock(run->model, run->clock);
	do {
		all = flow_table_finish(run->feeder.table, run->clock);
		take(run);
	} while (!all);
	cr_assert_eq(model_left(run->model), 0);
}

static void run_setup(const struct setup *setup)
{
	struct run run = {.setup = setup, .prng = {SEED}, .clock = EPOCH, .cut = 1};
	static const struct flow_extension *const mirror[] = MIRROR_EXTENSIONS;
	struct flow_settings settings = usual_settings(setup->capacity);

	if (setup->extended)
		memcpy(settings.extensions, mirror, sizeof(mirror));
	run.in_stages[0] = run.in_stages[1] = NONE;
	settings.active_timeout = setup->active;
	settings.inactive_timeout = setup->inactive;
	feeder_open(&run.feeder, &settings, FLOW_BURST);
	run.model = model_create(&settings);
	cr_log_info("%s: seed %d", setup->name, SEED);
	for (uint32_t i = 1; i <= setup->packets; i++) {
		random_operation(&run);
		if (i % (setup->packets / 16) == 0)
			check_all(&run);
	}
	finish(&run);
	cr_assert_gt(flow_table_counters(run.feeder.table)->ended[setup->reaches], 100);
	cr_assert_eq(run.overflow > 0, setup->overflows);
	if (setup->reaches == FLOW_END_ACTIVE)
		cr_assert_eq(run.continued > 100, setup->extended);
	cr_assert_eq(feeder_live(&run.feeder), 0);
	model_destroy(run.model);
	feeder_close(&run.feeder);
}

#define RANDOM(test, ...)                                                                          \
	Test(random, test)                                                                         \
	{                                                                                          \
		const struct setup setup = {.name = #test, __VA_ARGS__};                           \
		run_setup(&setup);                                                                 \
	}

RANDOM(few_flows, .packets = 300000, .capacity = 4096, .hosts = 12, .ports = 3, .take = 100,
       .step = 20 * MILLISECOND, .jump = 3000, .active = 64 * SECOND, .inactive = 16 * SECOND,
       .reaches = FLOW_END_ACTIVE)

RANDOM(few_flows_extended, .packets = 300000, .capacity = 4096, .hosts = 12, .ports = 3,
       .take = 100, .step = 20 * MILLISECOND, .jump = 3000, .active = 64 * SECOND,
       .inactive = 16 * SECOND, .reaches = FLOW_END_ACTIVE, .extended = true)

RANDOM(many_flows, .packets = 300000, .capacity = 400000, .hosts = 2000, .ports = 50, .take = 20,
       .step = MILLISECOND, .jump = 20000, .active = 64 * SECOND, .inactive = 16 * SECOND,
       .reaches = FLOW_END_FORCED)

RANDOM(short_timeouts, .packets = 150000, .capacity = 65536, .hosts = 30, .ports = 4, .take = 100,
       .step = 4 * MILLISECOND, .jump = 1000, .active = 3 * SECOND, .inactive = SECOND,
       .reaches = FLOW_END_IDLE)

RANDOM(no_timeouts, .packets = 50000, .capacity = 65536, .hosts = 30, .ports = 4, .take = 100,
       .step = 3, .jump = 1000, .reaches = FLOW_END_IDLE)

RANDOM(tiny_evicts, .packets = 150000, .capacity = 64, .hosts = 20, .ports = 3, .take = 100,
       .step = 10 * MILLISECOND, .jump = 3000, .active = 64 * SECOND, .inactive = 16 * SECOND,
       .reaches = FLOW_END_RESOURCES)

RANDOM(odd_capacity_evicts, .packets = 50000, .capacity = 101, .hosts = 20, .ports = 30,
       .take = 100, .step = 10 * MILLISECOND, .jump = 3000, .active = 64 * SECOND,
       .inactive = 16 * SECOND, .reaches = FLOW_END_RESOURCES)

RANDOM(tiny_overflows, .packets = 200000, .capacity = 64, .hosts = 20, .ports = 3, .cut = 1,
       .take = 1, .step = 10 * MILLISECOND, .jump = 3000, .active = 64 * SECOND,
       .inactive = 16 * SECOND, .reaches = FLOW_END_RESOURCES, .overflows = true)

RANDOM(outbox_often_full, .packets = 100000, .capacity = 65536, .hosts = 40, .ports = 10, .cut = 1,
       .take = 1, .step = 10 * MILLISECOND, .jump = 500, .active = 20 * SECOND,
       .inactive = 5 * SECOND, .reaches = FLOW_END_CLOSED)

RANDOM(tiny_evicts_extended, .packets = 150000, .capacity = 64, .hosts = 20, .ports = 3,
       .take = 100, .step = 10 * MILLISECOND, .jump = 3000, .active = 64 * SECOND,
       .inactive = 16 * SECOND, .reaches = FLOW_END_RESOURCES, .extended = true)

RANDOM(tiny_overflows_extended, .packets = 200000, .capacity = 64, .hosts = 20, .ports = 3,
       .cut = 1, .take = 1, .step = 10 * MILLISECOND, .jump = 3000, .active = 64 * SECOND,
       .inactive = 16 * SECOND, .reaches = FLOW_END_RESOURCES, .overflows = true, .extended = true)

/* A record that goes on is in another slot where the one before still waits in its own. */
RANDOM(outbox_often_full_extended, .packets = 100000, .capacity = 65536, .hosts = 10, .ports = 3,
       .cut = 1, .take = 1, .step = 10 * MILLISECOND, .jump = 500, .active = 5 * SECOND,
       .inactive = 5 * SECOND, .reaches = FLOW_END_ACTIVE, .extended = true)
