/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/packet.h>

#define REASON_BUCKET(reason, bucket, name) [PACKET_##reason] = PACKET_BUCKET_##bucket,
#define REASON_NAME(reason, bucket, name)   [PACKET_##reason] = (name),

enum packet_bucket packet_reason_bucket(enum packet_reason reason)
{
	static const uint8_t buckets[] = {PACKET_REASON_LIST(REASON_BUCKET)};

	return buckets[reason];
}

const char *packet_reason_name(enum packet_reason reason)
{
	static const char *const names[] = {PACKET_REASON_LIST(REASON_NAME)};

	return names[reason];
}

const char *packet_bucket_name(enum packet_bucket bucket)
{
	static const char *const names[] = {
		[PACKET_BUCKET_FLOW] = "flow",           [PACKET_BUCKET_NON_IP] = "non_ip",
		[PACKET_BUCKET_TRUNCATED] = "truncated", [PACKET_BUCKET_MALFORMED] = "malformed",
		[PACKET_BUCKET_FILTERED] = "filtered",   [PACKET_BUCKET_OVERFLOW] = "overflow",
		[PACKET_BUCKET_SAMPLED] = "sampled",
	};

	return names[bucket];
}
