/* SPDX-License-Identifier: BSD-3-Clause */
/* The small world that random rules and random frames are of, so that they meet often. */
#include <arpa/inet.h>
#include <string.h>

#include "model.h"
#include "rig.h"

static const uint8_t protocols[] = {6, 17, 1, 58, 132, 33, 136, 47, 50, 200};

static bool one_in(unsigned int n, uint64_t *random)
{
	return rig_random(random, n) == 0;
}

/* Addresses differ in few bits, at both ends and in the middle, and the first and last one are
 * drawn. */
static void draw_address(int version, uint8_t *bytes, uint64_t *random)
{
	const unsigned int size = version == 4 ? 4 : 16;

	memset(bytes, one_in(8, random) ? (int)rig_random(random, 2) * 0xff : 0x0a, size);
	if (one_in(2, random))
		bytes[0] ^= (uint8_t)(rig_random(random, 2) << 7);
	bytes[1] ^= (uint8_t)rig_random(random, 3);
	bytes[size / 2] ^= (uint8_t)rig_random(random, 3);
	bytes[size / 2 - 1] ^= (uint8_t)(rig_random(random, 2) * 0x80);
	bytes[size - 1] ^= (uint8_t)rig_random(random, 4);
}

static uint32_t draw_port(uint64_t *random)
{
	static const uint32_t ports[] = {0, 1, 22, 53, 80, 1023, 1024, 65535};

	return ports[rig_random(random, 8)];
}

static uint32_t draw_vlan(uint64_t *random)
{
	static const uint32_t vlans[] = {0, 1, 7, 4095};

	return vlans[rig_random(random, 4)];
}

static struct model_prefix draw_prefix(int version, uint64_t *random)
{
	struct model_prefix prefix = {.version = version};
	const unsigned int bits = version == 4 ? 32 : 128;

	prefix.length = one_in(3, random) ? bits : rig_random(random, bits + 1);
	draw_address(version, prefix.bytes, random);
	for (unsigned int bit = prefix.length; bit < bits; bit++)
		prefix.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return prefix;
}

static struct model_range draw_range(uint32_t (*draw)(uint64_t *), uint64_t *random)
{
	struct model_range range = {.set = true};

	range.first = draw(random);
	range.last = one_in(2, random) ? range.first : draw(random);
	if (range.first > range.last) {
		const uint32_t first = range.first;

		range.first = range.last;
		range.last = first;
	}
	return range;
}

static void draw_rule(struct model_rule *rule, bool lone, uint64_t *random)
{
	static const char *const actions[] = {"analyse", "pass", "drop"};
	const int version = one_in(3, random) ? 6 : 4;

	*rule = (struct model_rule){.action = actions[rig_random(random, 3)]};
	if (lone) {
		*(one_in(2, random) ? &rule->from : &rule->to) = draw_prefix(version, random);
		return;
	}
	if (one_in(20, random)) {
		rule->alone = one_in(2, random) ? "arp" : "non-ip";
		return;
	}
	if (one_in(2, random))
		rule->from = draw_prefix(version, random);
	if (one_in(2, random))
		rule->to = draw_prefix(version, random);
	if (one_in(6, random))
		rule->version = version;
	if (one_in(3, random))
		rule->from_port = draw_range(draw_port, random);
	if (one_in(3, random))
		rule->to_port = draw_range(draw_port, random);
	if (one_in(4, random))
		rule->vlan = draw_range(draw_vlan, random);
	if (one_in(2, random)) {
		rule->protocol.set = true;
		rule->protocol.first = rule->protocol.last =
			protocols[rig_random(random, sizeof(protocols))];
	}
	/* With a protocol that has none, ports are refused. */
	if ((rule->from_port.set || rule->to_port.set) && rule->protocol.first != IPPROTO_TCP &&
	    rule->protocol.first != IPPROTO_UDP && rule->protocol.first != IPPROTO_SCTP)
		rule->protocol = (struct model_range){0};
}

static bool is_empty(const struct model_rule *rule)
{
	return rule->alone == NULL && rule->version == 0 && rule->from.version == 0 &&
	       rule->to.version == 0 && !rule->protocol.set && !rule->vlan.set &&
	       !rule->from_port.set && !rule->to_port.set;
}

/* Written twice it would be refused. (Two ways to write one thing are not drawn but for ip.) */
static bool is_there(const struct model *model, const struct model_rule *rule)
{
	struct model_rule a = *rule;

	for (size_t i = 0; i < model->count; i++) {
		struct model_rule b = model->rule[i];

		if (a.from.version != 0 || a.to.version != 0)
			a.version = 0;
		if (b.from.version != 0 || b.to.version != 0)
			b.version = 0;
		if (memcmp(&a, &b, sizeof(a)) == 0)
			return true;
	}
	return false;
}

void model_draw(struct model *model, size_t count, unsigned int lone, uint64_t *random)
{
	static const char *const actions[] = {"analyse", "pass", "drop"};

	memset(model, 0, sizeof(*model));
	model->otherwise = actions[rig_random(random, 3)];
	while (count-- > 0) {
		struct model_rule *rule = &model->rule[model->count];

		memset(rule, 0, sizeof(*rule));
		draw_rule(rule, rig_random(random, 8) < lone, random);
		if (!is_empty(rule) && !is_there(model, rule))
			model->count++;
	}
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put_link(uint8_t *at, uint32_t ethertype, uint64_t *random)
{
	unsigned int tags = one_in(3, random) ? 1 + rig_random(random, 4) : 0;

	memset(at, 2, 12);
	at += 12;
	if (one_in(60, random))
		tags = 5;
	for (; tags > 0; tags--) {
		static const uint32_t types[] = {0x8100, 0x88a8, 0x9100};

		at = put16(at, types[rig_random(random, 3)]);
		at = put16(at, draw_vlan(random) | rig_random(random, 2) << 13);
	}
	if (one_in(15, random)) {
		at = put16(put16(put16(at, 0x8864), 0x1100), 1);
		return put16(put16(at, 60), ethertype == 0x0800 ? 0x0021 : 0x0057);
	}
	if (one_in(15, random)) {
		at = put16(at, one_in(2, random) ? 0x8847 : 0x8848);
		for (unsigned int labels = rig_random(random, 18); labels > 0; labels--)
			at = put16(put16(at, 0x0001), 0x0040);
		return put16(put16(at, 0x0002), 0x0140);
	}
	return put16(at, ethertype);
}

static uint8_t *put_transport(uint8_t *at, uint64_t *random)
{
	const uint32_t from = draw_port(random);

	at = put16(put16(at, from), draw_port(random));
	memset(at, 0x50, 20);
	return at + (one_in(8, random) ? rig_random(random, 16) : 16 + rig_random(random, 5));
}

static uint8_t *put_ipv4(uint8_t *ip, uint64_t *random)
{
	const unsigned int words = one_in(10, random) ? 5 + rig_random(random, 11) : 5;
	uint8_t *end;

	memset(ip, 0, 4 * words);
	ip[0] = (uint8_t)(0x40 | words);
	ip[9] = protocols[rig_random(random, sizeof(protocols))];
	if (one_in(10, random))
		put16(ip + 6, one_in(2, random) ? 0x2000 : 0x00b9);
	draw_address(4, ip + 12, random);
	draw_address(4, ip + 16, random);
	end = put_transport(ip + 4 * words, random);
	put16(ip + 2, (uint32_t)(end - ip));
	return end;
}

static uint8_t *put_ipv6(uint8_t *ip, uint64_t *random)
{
	static const uint8_t types[] = {0, 43, 44, 51, 60, 135, 139, 140};
	unsigned int extensions = one_in(4, random) ? rig_random(random, 10) : 0;
	uint8_t *next = ip + 6, *at = ip + 40, *end;

	memset(ip, 0, 40);
	ip[0] = 0x60;
	draw_address(6, ip + 8, random);
	draw_address(6, ip + 24, random);
	for (; extensions > 0; extensions--) {
		const uint8_t more = (uint8_t)rig_random(random, 3),
			      type = types[rig_random(random, 8)];

		*next = type;
		next = at;
		memset(at, 0, 24);
		at[1] = more;
		if (type == 44)
			put16(at + 2, one_in(2, random) ? rig_random(random, 3) << 3 : 1);
		at += type == 44 ? 8 : type == 51 ? 8 + 4 * more : 8 + 8 * more;
	}
	*next = protocols[rig_random(random, sizeof(protocols))];
	end = put_transport(at, random);
	put16(ip + 4, (uint32_t)(end - ip) - 40);
	return end;
}

uint32_t model_frame(uint8_t *frame, uint64_t *random)
{
	uint8_t *end;
	uint32_t length;

	if (one_in(20, random)) {
		static const uint32_t types[] = {0x0806, 0x88cc, 0x8809, 38, 0x8863, 0x9999};

		end = put_link(frame, types[rig_random(random, 6)], random) + 46;
		memset(end - 46, 0, 46);
	} else if (one_in(3, random)) {
		end = put_ipv6(put_link(frame, 0x86dd, random), random);
	} else {
		end = put_ipv4(put_link(frame, 0x0800, random), random);
	}
	length = (uint32_t)(end - frame);
	if (one_in(20, random))
		frame[rig_random(random, length)] ^= (uint8_t)(1 << rig_random(random, 8));
	if (one_in(20, random))
		length = rig_random(random, length + 1);
	if (one_in(20, random)) { /* padding */
		memset(frame + length, 0, 20);
		length += 20;
	}
	return length < RIG_SHORTEST ? RIG_SHORTEST : length;
}
