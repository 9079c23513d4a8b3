/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BPF_FOR_HOST_H
#define WEIR_BPF_FOR_HOST_H

/* Is a frame for this host? struct prefilter_host says how user space tells. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <stdbool.h>

#include <weir/protocols.h>

#include "contract.h"

struct prefilter_host weir_host;

/* The destination address in an untagged frame. */
#define HOST_IPV4_AT (ETHERNET_HEADER + 16)
#define HOST_IPV6_AT (ETHERNET_HEADER + 24)

static __always_inline bool host_has(__u64 own, __u64 high, __u64 low)
{
	const __u32 first = own & PREFILTER_HOST_SECOND ? PREFILTER_HOST_PLACES : 0;
	const __u32 place = PREFILTER_HOST_HASH(high, low);

#pragma unroll
	for (__u32 i = 0; i < PREFILTER_HOST_PROBES; i++) {
		__u32 at = first + ((place + i) & (PREFILTER_HOST_PLACES - 1));
		const struct prefilter_host_key *key;

		/* Linux 6.1 loses the bounds of the sum; the compiler would see that nothing is
		 * cut. */
		barrier_var(at);
		at &= 2 * PREFILTER_HOST_PLACES - 1;
		key = &weir_host.key[at];

		if (key->low == low && key->high == high)
			return true;
	}
	return false;
}

static __always_inline __u64 host_word(const __u8 *at)
{
	return (__u64)bpf_ntohl(*(const __u32 *)at) << 32 | bpf_ntohl(*(const __u32 *)(at + 4));
}

static __always_inline bool host_has_destination(__u64 own, const __u8 *data, const __u8 *end)
{
	const __u16 type = bpf_ntohs(*(const __u16 *)(data + ETHERNET_TYPE_AT));
	const __u8 *to;

	if (type == ETHERTYPE_IPV4) {
		to = data + HOST_IPV4_AT;
		return to + 4 <= end &&
		       host_has(own, 0, PREFILTER_HOST_IPV4 | bpf_ntohl(*(const __u32 *)to));
	}
	to = data + HOST_IPV6_AT;
	return type == ETHERTYPE_IPV6 && to + 16 <= end &&
	       host_has(own, host_word(to), host_word(to + 8));
}

static __noinline bool is_for_host(struct xdp_md *context)
{
	const __u8 *data = (const void *)(long)context->data;
	const __u8 *end = (const void *)(long)context->data_end;
	const __u64 own = *(volatile __u64 *)&weir_host.own;
	__u64 to;

	if (data + ETHERNET_TYPE_AT + 2 > end)
		return false;
	to = (__u64)bpf_ntohs(*(const __u16 *)data) << 32 | bpf_ntohl(*(const __u32 *)(data + 2));
	if (to == (own & PREFILTER_HOST_MAC))
		return own & PREFILTER_HOST_USED || host_has_destination(own, data, end);
	if (to & PREFILTER_HOST_GROUP && own & PREFILTER_HOST_USED)
		return true;
	return (to & PREFILTER_HOST_GROUP || own & PREFILTER_HOST_MORE) &&
	       host_has(own, PREFILTER_HOST_MAC_KEY, to);
}

#endif
