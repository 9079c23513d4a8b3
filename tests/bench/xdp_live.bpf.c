/* SPDX-License-Identifier: BSD-3-Clause */
/* Both ends of the wire of bench-xdp-live: who sends, and who does nothing but drop. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "BSD-3-Clause";

__u32 sources = 1; /* how many addresses to send from */

/*
 * Each frame comes from one of `sources` addresses all over 10.0.0.0/8, by chance, so that look-ups
 * do not find everything in the first cache line. The factor is odd: no address twice.
 */
static __always_inline void set_source(struct xdp_md *context)
{
	struct ethhdr *ethernet = (void *)(long)context->data;
	struct iphdr *ip = (void *)(ethernet + 1);
	const __u32 number = bpf_get_prandom_u32() % sources;

	if ((void *)(ip + 1) > (void *)(long)context->data_end)
		return;
	ip->saddr = bpf_htonl(10u << 24 | (number * 2654435761u & 0xffffff));
}

SEC("xdp")
int bench_send(struct xdp_md *context)
{
	set_source(context);
	return XDP_TX;
}

/* All of the sender's work but for the sending. */
SEC("xdp")
int bench_keep(struct xdp_md *context)
{
	set_source(context);
	return XDP_DROP;
}

SEC("xdp")
int bench_bare(struct xdp_md *context)
{
	(void)context;
	return XDP_DROP;
}
