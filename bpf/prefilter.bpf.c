/* SPDX-License-Identifier: BSD-3-Clause */
/* The XDP prefilter: what becomes of a frame before it costs anything. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "for_host.h"
#include "parse.h"
#include "contract.h"
#include "search.h"

char LICENSE[] SEC("license") = "BSD-3-Clause";

/* Frames to be analysed go to the kernel, for AF_PACKET, instead of to AF_XDP sockets. */
const volatile bool to_kernel;

/* An enum prefilter_gate. */
__u32 weir_gate;

struct arena {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, PREFILTER_LINE);
};

/* The rule set in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct arena);
} weir_active SEC(".maps");

/* By CPU: see struct prefilter_total. User space sets the number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct prefilter_total);
} weir_totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PREFILTER_METERS);
	__type(key, __u32);
	__type(value, struct prefilter_meter);
} weir_meters SEC(".maps");

/* Frames since the last one that a sampling rule analysed. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PREFILTER_METERS);
	__type(key, __u32);
	__type(value, __u32);
} weir_samples SEC(".maps");

/* By queue. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

/* Whether a frame of `octets` is within the rate of `rule`; if so its bucket pays. */
static __always_inline bool within_rate(const struct prefilter_rule *rule, __u32 octets)
{
	const __u64 cost = rule->bits ? rule->cost * octets * 8 : rule->cost;
	const __u64 now = bpf_ktime_get_ns();
	struct prefilter_meter *meter;
	__u64 elapsed, credit;
	__u32 number = rule->meter;
	bool within;

	meter = bpf_map_lookup_elem(&weir_meters, &number);
	if (!meter)
		return true;
	bpf_spin_lock(&meter->lock);
	credit = meter->credit;
	if (now > meter->last) { /* another CPU may have been here with a later time */
		elapsed = now - meter->last;
		meter->last = now;
		if (elapsed >= rule->depth >> 20)
			credit = rule->depth;
		else
			credit += elapsed << 20;
	}
	if (credit > rule->depth)
		credit = rule->depth;
	within = credit >= cost;
	if (within)
		credit -= cost;
	meter->credit = credit;
	bpf_spin_unlock(&meter->lock);
	return within;
}

static __always_inline bool is_sampled(const struct prefilter_rule *rule)
{
	__u32 number = rule->meter;
	__u32 *count = bpf_map_lookup_elem(&weir_samples, &number);

	if (!count)
		return true;
	if (++*count < rule->every)
		return false;
	*count = 0;
	return true;
}

/* The XDP action for a frame to be analysed. What is for this host a socket would keep from it. */
static __always_inline int hand_over(struct xdp_md *context, __u32 *fate)
{
	int action;

	*fate = PREFILTER_FATE_ANALYSED;
	if (to_kernel)
		return XDP_PASS;
	if (is_for_host(context)) {
		*fate = PREFILTER_FATE_HOST;
		return XDP_PASS;
	}
	action = bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_PASS);
	if (action != XDP_REDIRECT)
		*fate = PREFILTER_FATE_NO_SOCKET;
	return action;
}

/* Act on a frame of `octets` by its rule: where it ended, and the XDP action. */
static __always_inline int act(struct xdp_md *context, const struct prefilter_rule *rule,
			       __u32 octets, __u32 *fate)
{
	__u32 action = rule->action;

	if (action == PREFILTER_ACTION_LIMIT) {
		if (!within_rate(rule, octets)) {
			*fate = PREFILTER_FATE_LIMITED;
			return XDP_DROP;
		}
		action = rule->then;
	} else if (action == PREFILTER_ACTION_SAMPLE) {
		/* What is not analysed is not thinned out either. */
		if ((to_kernel || !is_for_host(context)) && !is_sampled(rule)) {
			*fate = PREFILTER_FATE_SAMPLED_OUT;
			return XDP_DROP;
		}
	}
	switch (action) {
	case PREFILTER_ACTION_DROP:
		*fate = PREFILTER_FATE_DROPPED;
		return XDP_DROP;
	case PREFILTER_ACTION_PASS:
		*fate = PREFILTER_FATE_PASSED;
		return XDP_PASS;
	default:
		return hand_over(context, fate);
	}
}

static __always_inline void count(__u32 cpu, __u32 octets, __u32 fate)
{
	struct prefilter_total *total = bpf_map_lookup_elem(&weir_totals, &cpu);

	if (!total || fate >= PREFILTER_FATES)
		return;
	total->packets[fate]++;
	total->octets[fate] += octets;
}

static __always_inline void count_rule(void *arena, const struct prefilter_header *header,
				       __u32 number, __u32 octets, __u32 fate)
{
	const __u32 cpu = bpf_get_smp_processor_id();
	__u32 at = header->counters + cpu * header->counters_per_cpu + number / 2;
	struct prefilter_count *rule = bpf_map_lookup_elem(arena, &at);

	if (!rule)
		return;
	count(cpu, octets, fate);
	rule += number & 1;
	rule->packets++;
	rule->octets += octets;
	if (fate == PREFILTER_FATE_LIMITED || fate == PREFILTER_FATE_SAMPLED_OUT) {
		rule->over_packets++;
		rule->over_octets += octets;
	}
}

/* The number of the rule for a frame. */
static __noinline __u32 decide(struct xdp_md *context, void *arena,
			       const struct prefilter_header *header)
{
	struct prefilter_key key = {}; /* the verifier cannot follow that only flows use it */

	switch (parse(context, &key)) {
	case PACKET_FLOW_IPV4:
	case PACKET_FLOW_IPV6:
		return search_rule(arena, header, &key);
	case PACKET_NON_IP_ARP:
		return header->arp_rule;
	default:
		return key.reason < PACKET_TRUNCATED_ETHERNET ? header->non_ip_rule
							      : header->unreadable_rule;
	}
}

/* The XDP action while the gate is not open; negative: it is. */
static __always_inline int at_gate(void)
{
	switch (*(volatile __u32 *)&weir_gate) {
	case PREFILTER_GATE_OPEN:
		return -1;
	case PREFILTER_GATE_DROPPING:
		return XDP_DROP;
	default:
		return XDP_PASS;
	}
}

/* Without rules: everything is analysed. */
SEC("xdp")
int weir_front(struct xdp_md *context)
{
	int action = at_gate();
	__u32 fate;

	if (action >= 0)
		return action;
	action = hand_over(context, &fate);
	count(bpf_get_smp_processor_id(), context->data_end - context->data, fate);
	return action;
}

SEC("xdp")
int weir_prefilter(struct xdp_md *context)
{
	const __u32 octets = context->data_end - context->data;
	const struct prefilter_header *header;
	const struct prefilter_rule *rule;
	__u32 number, fate, entry = 0;
	int action = at_gate();
	void *arena;

	if (action >= 0)
		return action;
	arena = bpf_map_lookup_elem(&weir_active, &entry);
	if (!arena)
		return XDP_PASS;
	header = line(arena, 0);
	if (!header)
		return XDP_PASS;
	number = decide(context, arena, header);
	rule = line(arena, header->rules + number / 2);
	if (!rule)
		return XDP_PASS;
	action = act(context, rule + (number & 1), octets, &fate);
	count_rule(arena, header, number, octets, fate);
	return action;
}

/* For tests: what the parser says of a frame. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct prefilter_key);
} weir_parsed SEC(".maps");

SEC("xdp")
int weir_parse(struct xdp_md *context)
{
	struct prefilter_key key = {};
	__u32 entry = 0;

	parse(context, &key);
	bpf_map_update_elem(&weir_parsed, &entry, &key, BPF_ANY);
	return XDP_PASS;
}
