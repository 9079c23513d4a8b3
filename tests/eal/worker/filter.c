/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <pcap/pcap.h>
#include <string.h>

#include <rte_mbuf_dyn.h>

#include <weir/filter.h>

#include "eal_rig.h"
#include "ring_rig.h"

static struct ring_rig rig;

/* Expressions that use every kind of load that pcap-filter(7) compiles to. */
static const char *const expressions[] = {
	"ip",
	"ip6",
	"udp",
	"tcp",
	"udp port 53",
	"udp dst port 53",
	"host 10.0.0.1",
	"net 10.0.0.0/8 and not dst host 192.0.2.2",
	"ip[8] > 10",
	"udp[4:2] >= 30",
	"ether dst 02:00:00:00:00:01",
	"less 100",
	"greater 100",
	"len == 60",
	"portrange 1000-2000",
	"ip proto 17 and (port 53 or port 80)",
	"arp",
	"vlan 7",
	"ip[2:2] - ((ip[0]&0xf)<<2) > 28",
	"udp[100] == 1",
	"icmp or icmp6",
	/* What DPDK's converter and JIT get wrong: filter.c. */
	"udp[1] & 1 = 1",
	"udp[5] = 30",
	"ether multicast",
	"ip[2:2] & 0x40 != 0",
};
#define EXPRESSIONS (sizeof(expressions) / sizeof(expressions[0]))

#define FRAMES 64

static uint8_t frames[FRAMES][200];
static uint32_t lengths[FRAMES];

static void make_frames(void)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		lengths[i] = 60 + i * 2;
		if (i % 3 == 2) {
			lengths[i] += 20;
			frame_udp6(frames[i], lengths[i], i, i % 2);
		} else {
			frame_udp4(frames[i], lengths[i], i, i % 2);
		}
		if (i % 7 == 6)
			memcpy(frames[i] + 12, "\x08\x06", 2);
	}
}

/* What libpcap itself says of the frame. */
static bool oracle(const char *expression, const uint8_t *frame, uint32_t captured, uint32_t wire)
{
	struct pcap_pkthdr header = {.caplen = captured, .len = wire};
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program program;
	bool match;

	cr_assert_eq(pcap_compile(dead, &program, expression, 0, PCAP_NETMASK_UNKNOWN), 0);
	match = pcap_offline_filter(&program, &header, frame) != 0;
	pcap_freecode(&program);
	pcap_close(dead);
	return match;
}

static void compare(const char *expression, bool snapped)
{
	struct rte_mbuf *mbufs[FRAMES];
	struct filter *filter;
	struct error error;
	uint64_t matches;

	cr_assert_eq(filter_create(expression, &rig.worker.fields, &filter, &error), 0, "%s",
		     error.text);
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint32_t captured = snapped ? lengths[i] / 2 : lengths[i];

		mbufs[i] = ring_rig_add(&rig, frames[i], captured, 0);
		*RTE_MBUF_DYNFIELD(mbufs[i], rig.worker.fields.wire_length, uint32_t *) =
			lengths[i];
		if (snapped)
			mbufs[i]->ol_flags |= rig.worker.fields.wire_flag;
	}
	matches = filter_match(filter, mbufs, FRAMES);
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint32_t captured = rte_pktmbuf_pkt_len(mbufs[i]);

		cr_assert_eq((bool)(matches >> i & 1),
			     oracle(expression, frames[i], captured, lengths[i]),
			     "\"%s\", frame %u%s", expression, i, snapped ? ", snapped" : "");
	}
	filter_destroy(filter);
	cr_assert_eq(rte_ring_dequeue_bulk(rig.ring, (void **)mbufs, FRAMES, NULL), FRAMES);
	rte_pktmbuf_free_bulk(mbufs, FRAMES);
}

Test(filter, agrees_with_libpcap)
{
	ring_rig_start(&rig);
	make_frames();
	for (unsigned int e = 0; e < EXPRESSIONS; e++) {
		compare(expressions[e], false);
		compare(expressions[e], true);
	}
	ring_rig_stop(&rig);
}

Test(filter, a_wrong_expression_is_named)
{
	struct filter *filter = NULL;
	struct error error = {0};

	ring_rig_start(&rig);
	cr_assert_eq(filter_create("port nowhere and", &rig.worker.fields, &filter, &error),
		     -EINVAL);
	cr_assert_null(filter);
	cr_assert_not_null(strstr(error.text, "port nowhere and"), "%s", error.text);
	cr_assert_null(strchr(error.text, '\n'));
	ring_rig_stop(&rig);
}

Test(filter, what_does_not_match_is_filtered)
{
	struct worker_counters counters;
	uint64_t filtered_octets = 0, octets = 0;
	unsigned int match = 0;
	struct filter *filter;

	ring_rig_start(&rig);
	make_frames();
	cr_assert_eq(filter_create("udp port 53", &rig.worker.fields, &filter, NULL), 0);
	rig.worker.filter = filter;
	for (unsigned int i = 0; i < FRAMES; i++) {
		bool is_match = oracle("udp port 53", frames[i], lengths[i], lengths[i]);

		match += is_match;
		*(is_match ? &octets : &filtered_octets) += lengths[i];
		ring_rig_add(&rig, frames[i], lengths[i], 0);
	}
	ring_rig_run(&rig, &counters);
	cr_assert_eq(counters.reasons[PACKET_FILTERED_EXPRESSION], FRAMES - match);
	cr_assert_eq(counters.flows.packets, match);
	cr_assert_eq(counters.filtered_octets, filtered_octets);
	cr_assert_eq(counters.frame_octets, octets);
	filter_destroy(filter);
	ring_rig_stop(&rig);
}
