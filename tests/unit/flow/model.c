/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define BUCKETS   65536
#define NONE      UINT32_MAX
#define DATAGRAMS 4096 /* first fragments remembered: more than live for 30 s in any test */

struct model_packet {
	struct packet packet;
	uint32_t next; /* of the same key */
	bool overflowed;
};

struct model_flow {
	struct packet_key key;
	uint8_t prefix[2][12];
	uint32_t first, last; /* packets not yet in an ended record */
	uint32_t left;        /* how many those are, without overflowed ones */
	uint32_t next;        /* flow in the same bucket */
	uint64_t before;      /* packets of the last record, and of those that it went on with */
	bool goes_on;         /* the last record ended by the active timeout ... */
	uint64_t seen;        /* ... was seen so late, by clock, ... */
	unsigned int forward; /* ... and had come so far */
	int fins, fin[2];
};

struct model {
	uint64_t active, inactive, linger, clock;
	bool evicts; /* small: flows are ended and forgotten to make room */
	struct model_packet *packets;
	struct model_flow *flows;
	uint32_t packet_count, packet_room, flow_count, flow_room;
	uint64_t left;
	uint32_t buckets[BUCKETS];
	struct packet datagrams[DATAGRAMS];
	uint32_t datagram_count;
};

struct model *model_create(const struct flow_settings *settings)
{
	struct model *model = calloc(1, sizeof(*model));

	cr_assert_not_null(model);
	model->active = settings->active_timeout;
	model->inactive = settings->inactive_timeout;
	model->linger = model->inactive < 2 * SECOND ? model->inactive : 2 * SECOND;
	model->evicts = settings->capacity < 1024;
	memset(model->buckets, 0xff, sizeof(model->buckets));
	return model;
}

void model_destroy(struct model *model)
{
	free(model->packets);
	free(model->flows);
	free(model);
}

static void *grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = 2 * count + 1024;
	array = realloc(array, *room * size);
	cr_assert_not_null(array);
	return array;
}

/* A flow is a key: all bytes equal. The state byte of a record is no part of it. */
static struct model_flow *model_flow(struct model *model, const struct packet_key *full,
				     const uint8_t prefix[2][12])
{
	struct packet_key key = *full;
	uint8_t used[2][12] = {{0}};
	uint32_t hash = 2166136261;

	key.zero = 0;
	if (key.vlan & PACKET_KEY_IPV6)
		memcpy(used, prefix, sizeof(used));
	for (size_t i = 0; i < sizeof(key); i++)
		hash = (hash ^ ((const uint8_t *)&key)[i]) * 16777619;

	uint32_t *bucket = &model->buckets[(hash ^ hash >> 16) % BUCKETS];

	for (uint32_t i = *bucket; i != NONE; i = model->flows[i].next) {
		struct model_flow *flow = &model->flows[i];

		if (memcmp(&flow->key, &key, sizeof(key)) == 0 &&
		    memcmp(flow->prefix, used, sizeof(used)) == 0)
			return flow;
	}
	model->flows =
		grow(model->flows, model->flow_count, &model->flow_room, sizeof(model->flows[0]));

	struct model_flow *flow = &model->flows[model->flow_count];

	*flow = (struct model_flow){.key = key, .first = NONE, .last = NONE, .next = *bucket};
	memcpy(flow->prefix, used, sizeof(used));
	*bucket = model->flow_count++;
	return flow;
}

static bool same_datagram(const struct packet *a, const struct packet *b)
{
	unsigned int i = a->direction, j = b->direction;
	bool ipv6 = a->key.vlan & PACKET_KEY_IPV6;

	return a->fragment_id == b->fragment_id && a->key.vlan == b->key.vlan &&
	       a->key.protocol == b->key.protocol && a->key.address[i] == b->key.address[j] &&
	       a->key.address[!i] == b->key.address[!j] &&
	       (!ipv6 || (memcmp(a->prefix[i], b->prefix[j], 12) == 0 &&
			  memcmp(a->prefix[!i], b->prefix[!j], 12) == 0));
}

/* A later fragment is a packet of the flow of its first fragment, if that was seen in 30 s. */
static void resolve_fragment(struct model *model, struct packet *packet)
{
	if (packet->fragment == PACKET_WHOLE)
		return;
	if (packet->fragment != PACKET_FRAGMENT_LATER) {
		model->datagrams[model->datagram_count++ % DATAGRAMS] = *packet;
		return;
	}
	for (uint32_t back = 1; back <= DATAGRAMS && back <= model->datagram_count; back++) {
		const struct packet *first =
			&model->datagrams[(model->datagram_count - back) % DATAGRAMS];

		if (packet->clock - first->clock > 30 * SECOND)
			return;
		if (same_datagram(first, packet)) {
			packet->key = first->key;
			memcpy(packet->prefix, first->prefix, sizeof(packet->prefix));
			packet->direction = first->direction;
			return;
		}
	}
}

uint32_t model_packet(struct model *model, const struct packet *packet)
{
	model->packets = grow(model->packets, model->packet_count, &model->packet_room,
			      sizeof(model->packets[0]));

	struct model_packet *copy = &model->packets[model->packet_count];

	*copy = (struct model_packet){.packet = *packet, .next = NONE};
	resolve_fragment(model, &copy->packet);

	struct model_flow *flow =
		model_flow(model, &copy->packet.key, (const uint8_t(*)[12])copy->packet.prefix);

	if (flow->first == NONE)
		flow->first = model->packet_count;
	else
		model->packets[flow->last].next = model->packet_count;
	flow->last = model->packet_count;
	flow->left++;
	model->left++;
	model_clock(model, packet->clock);
	return model->packet_count++;
}

void model_overflowed(struct model *model, uint32_t number)
{
	struct packet *packet = &model->packets[number].packet;

	model->packets[number].overflowed = true;
	model_flow(model, &packet->key, (const uint8_t(*)[12])packet->prefix)->left--;
	model->left--;
}

void model_clock(struct model *model, uint64_t clock)
{
	if (clock > model->clock)
		model->clock = clock;
}

uint64_t model_left(const struct model *model)
{
	return model->left;
}

/* ---- what a record must say ---- */

struct expected {
	struct flow_view view;
	uint64_t started;     /* clock of the first packet, in whole units of 2^20 ns */
	uint64_t seen;        /* clock of the newest */
	unsigned int forward; /* endpoint that sent the first */
	int fins;             /* sides that have sent a FIN */
	int fin[2];           /* 1: this side was the first to send one, 2: the second */
	bool closed;          /* by TCP */
};

/* First instant (clock) at which the flow is past its timeout. */
static uint64_t idle_from(const struct model *model, const struct expected *expected)
{
	return expected->seen + model->inactive + 1;
}

static uint64_t active_from(const struct model *model, const struct expected *expected)
{
	return (expected->started + model->active / 1048576 + 1) * 1048576;
}

static enum flow_end due(const struct model *model, const struct expected *expected, uint64_t clock)
{
	uint64_t idle = idle_from(model, expected), active = active_from(model, expected);

	if (expected->closed)
		return clock > expected->seen + model->linger || clock >= active + model->linger
			       ? FLOW_END_CLOSED
			       : FLOW_LIVE;
	if (clock < idle && clock < active)
		return FLOW_LIVE;
	return active < idle ? FLOW_END_ACTIVE : FLOW_END_IDLE;
}

/* A new connection, on the ports of one that was closing. */
static bool reopens(const struct packet *packet, bool closed, int fins)
{
	return (closed || fins > 0) && (packet->tcp_flags & SYN) && !(packet->tcp_flags & ACK);
}

/* Does the packet go on with the flow of the last record? */
static bool goes_on(const struct model *model, const struct model_flow *flow,
		    const struct packet *packet)
{
	return flow->goes_on && packet->clock <= flow->seen + model->inactive &&
	       !reopens(packet, false, flow->fins);
}

static void expect_first(struct expected *expected, const struct packet *packet,
			 const struct model_flow *before)
{
	struct flow_view *view = &expected->view;
	unsigned int from = before != NULL ? before->forward : packet->direction;
	bool ipv6 = packet->key.vlan & PACKET_KEY_IPV6, turned = from != packet->direction;

	*expected = (struct expected){.started = packet->clock / 1048576, .forward = from};
	if (before != NULL) {
		expected->fins = before->fins;
		memcpy(expected->fin, before->fin, sizeof(expected->fin));
	}
	view->version = ipv6 ? 6 : 4;
	if (ipv6) {
		memcpy(view->source, packet->prefix[from], 12);
		memcpy(view->destination, packet->prefix[!from], 12);
	}
	memcpy(view->source + (ipv6 ? 12 : 0), &packet->key.address[from], 4);
	memcpy(view->destination + (ipv6 ? 12 : 0), &packet->key.address[!from], 4);
	view->source_port = ntohs(packet->key.port[from]);
	view->destination_port = ntohs(packet->key.port[!from]);
	view->vlan = packet->key.vlan & 4095;
	view->protocol = packet->key.protocol;
	view->first = packet->time;
	view->last = packet->time;
	view->frame_min = UINT32_MAX;
	view->ttl_min = UINT8_MAX;
	memcpy(view->mac_destination, packet->mac + (turned ? 6 : 0), 6);
	memcpy(view->mac_source, packet->mac + (turned ? 0 : 6), 6);
}

static void expect_tcp(struct expected *expected, const struct packet *packet, unsigned int side)
{
	bool fin = packet->tcp_flags & FIN;

	if (packet->tcp_flags & RST)
		expected->closed = true;
	if (fin && expected->fin[side] == 0)
		expected->fin[side] = ++expected->fins;
	/* Both sides have closed, and the one that began acknowledges the other's. */
	if (!fin && (packet->tcp_flags & ACK) && expected->fins == 2 && expected->fin[side] == 1)
		expected->closed = true;
}

static void expect_packet(struct expected *expected, const struct packet *packet)
{
	struct flow_view *view = &expected->view;
	unsigned int side = packet->direction != expected->forward;
	uint32_t size = packet->frame_length < 65535 ? packet->frame_length : 65535;

	if (view->packets[side]++ == 0) {
		view->tos[side] = packet->tos;
		view->icmp[side] = packet->icmp;
	}
	view->octets[side] += packet->octets;
	view->frame_octets += packet->frame_length;
	view->frame_min = size < view->frame_min ? size : view->frame_min;
	view->frame_max = size > view->frame_max ? size : view->frame_max;
	view->ttl_min = packet->ttl < view->ttl_min ? packet->ttl : view->ttl_min;
	view->ttl_max = packet->ttl > view->ttl_max ? packet->ttl : view->ttl_max;
	view->tcp_flags[side] |= packet->tcp_flags;
	view->first = packet->time < view->first ? packet->time : view->first;
	view->last = packet->time > view->last ? packet->time : view->last;
	expected->seen = packet->clock;
	expect_tcp(expected, packet, side);
}

#define same(field)                                                                                \
	check(memcmp(&got.field, &expected->view.field, sizeof(got.field)) == 0, "record differs")

static void compare(const struct flow_record *record, const struct expected *expected)
{
	struct flow_view got;

	flow_view(record, &got);
	same(version);
	same(source);
	same(destination);
	same(source_port);
	same(destination_port);
	same(vlan);
	same(protocol);
	same(continues);
	same(first);
	same(last);
	same(packets);
	same(octets);
	same(frame_octets);
	same(frame_min);
	same(frame_max);
	same(tcp_flags);
	same(tos);
	same(ttl_min);
	same(ttl_max);
	same(icmp);
	same(mac_source);
	same(mac_destination);
}

static uint64_t packets_of(const struct flow_record *record)
{
	struct flow_view view;

	flow_view(record, &view);
	return view.packets[0] + view.packets[1];
}

/*
 * The record of as many packets as `record` has, from the first that is left of its flow on;
 * *next: the packet after them. None of them but the last may have ended the flow.
 */
static struct expected expect(const struct model *model, const struct model_flow *flow,
			      const struct flow_record *record, uint32_t *next)
{
	uint64_t count = packets_of(record), taken = 0;
	struct expected expected;

	check(count > 0 && count <= flow->left, "more packets in the record than were fed");
	for (*next = flow->first; *next != NONE; *next = model->packets[*next].next) {
		const struct packet *packet = &model->packets[*next].packet;

		if (model->packets[*next].overflowed)
			continue;
		if (taken == count)
			break;
		if (taken == 0) {
			bool continues = goes_on(model, flow, packet);

			/* Who is evicted while dormant is forgotten. */
			if (model->evicts && !record->cold.continues)
				continues = false;
			expect_first(&expected, packet, continues ? flow : NULL);
			expected.view.continues = continues;
		} else {
			check(!reopens(packet, expected.closed, expected.fins) &&
				      due(model, &expected, packet->clock) == FLOW_LIVE,
			      "the flow should have ended before");
		}
		expect_packet(&expected, packet);
		taken++;
	}
	return expected;
}

static void check_reason(const struct model *model, const struct expected *expected,
			 enum flow_end reason, uint32_t next)
{
	uint64_t until = model->clock;
	bool reopened = false;

	/* A packet that still was in time would have been counted in it. */
	if (next != NONE) {
		const struct packet *packet = &model->packets[next].packet;

		until = packet->clock;
		reopened = reopens(packet, expected->closed, expected->fins);
	}
	enum flow_end timeout = due(model, expected, until);

	if (timeout == FLOW_LIVE && reopened)
		timeout = FLOW_END_CLOSED;
	check(!expected->closed || reason == FLOW_END_CLOSED, "closed, reason %d", reason);
	if (reason == FLOW_END_IDLE || reason == FLOW_END_ACTIVE)
		check(timeout == reason, "timeout says %d, record %d", timeout, reason);
	else if (reason == FLOW_END_FORCED)
		check(timeout == FLOW_LIVE, "its timeout %d had passed", timeout);
	else if (reason == FLOW_END_RESOURCES)
		check(model->evicts, "there was room");
	else if (next != NONE && !model->evicts)
		check(timeout == FLOW_END_CLOSED, "it still lingered");
	else
		/* What began a new connection may itself have overflowed. */
		check(timeout == FLOW_END_CLOSED || expected->closed ||
			      (model->evicts && expected->fins > 0),
		      "nothing closed it");
}

void model_ended(struct model *model, const struct flow_record *record)
{
	struct model_flow *flow =
		model_flow(model, &record->hot.key, (const uint8_t(*)[12])record->cold.prefix);
	uint64_t count = packets_of(record);
	struct flow_view view;
	uint32_t next;
	struct expected expected = expect(model, flow, record, &next);

	flow_view(record, &view);
	compare(record, &expected);
	check(view.end != FLOW_LIVE, "an ended record without a reason");
	check_reason(model, &expected, view.end, next);
	flow->first = next;
	flow->left -= (uint32_t)count;
	flow->before = count + (record->cold.continues ? flow->before : 0);
	flow->goes_on = view.end == FLOW_END_ACTIVE;
	flow->seen = expected.seen;
	flow->forward = expected.forward;
	flow->fins = expected.fins;
	memcpy(flow->fin, expected.fin, sizeof(flow->fin));
	model->left -= count;
}

uint64_t model_before(struct model *model, const struct flow_record *record)
{
	const struct model_flow *flow =
		model_flow(model, &record->hot.key, (const uint8_t(*)[12])record->cold.prefix);

	return record->cold.continues ? flow->before : 0;
}

uint64_t model_live(struct model *model, const struct flow_record *record)
{
	struct model_flow *flow =
		model_flow(model, &record->hot.key, (const uint8_t(*)[12])record->cold.prefix);
	struct flow_view view;
	uint32_t next;
	struct expected expected = expect(model, flow, record, &next);

	flow_view(record, &view);
	compare(record, &expected);
	check(view.end == FLOW_LIVE, "a live record with a reason");
	check(next == NONE, "packets of the key beside its live record");
	return flow->left;
}
