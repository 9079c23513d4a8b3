/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <stdbool.h>
#include <string.h>

#include <weir/pcapng.h>

#define LINKTYPE_ETHERNET 1
#define NANOSECONDS       9  /* if_tsresol: 10^-9 */
#define TEXT_MAX          96 /* octets of a name: blocks have a fixed room */
#define MACS              12 /* a VLAN tag comes behind them */

/* A block while it is written. */
struct block {
	uint8_t *start, *end;
};

static void put(struct block *block, const void *data, size_t size)
{
	memcpy(block->end, data, size);
	block->end += size;
}

static void put16(struct block *block, uint16_t value)
{
	put(block, &value, sizeof(value));
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void pad(struct block *block)
{
	while ((block->end - block->start) % 4 != 0)
		*block->end++ = 0;
}

static struct block begin(uint8_t *out, uint32_t type)
{
	struct block block = {out, out};

	put32(&block, type);
	put32(&block, 0); /* its length, known at the end */
	return block;
}

static size_t finish(struct block *block)
{
	uint32_t length = (uint32_t)(block->end - block->start) + 4;

	put32(block, length);
	memcpy(block->start + 4, &length, sizeof(length));
	return length;
}

static void put_option(struct block *block, uint16_t code, const void *value, size_t size)
{
	put16(block, code);
	put16(block, (uint16_t)size);
	put(block, value, size);
	pad(block);
}

static void put_text(struct block *block, uint16_t code, const char *text)
{
	put_option(block, code, text, strnlen(text, TEXT_MAX));
}

static void put_number(struct block *block, uint16_t code, uint64_t value)
{
	put_option(block, code, &value, sizeof(value));
}

/* Times are two words, the upper one first whatever the byte order. */
static void put_time(struct block *block, uint64_t time)
{
	put32(block, (uint32_t)(time >> 32));
	put32(block, (uint32_t)time);
}

static void put_time_option(struct block *block, uint16_t code, uint64_t time)
{
	put16(block, code);
	put16(block, 8);
	put_time(block, time);
}

size_t pcapng_section(uint8_t *out, const char *application)
{
	struct block block = begin(out, BLOCK_SECTION);
	const uint64_t unknown_length = UINT64_MAX;

	put32(&block, PCAPNG_BYTE_ORDER_MAGIC);
	put16(&block, 1); /* version 1.0 */
	put16(&block, 0);
	put(&block, &unknown_length, sizeof(unknown_length));
	put_option(&block, SHB_USERAPPL, application, strnlen(application, 16));
	put_option(&block, OPTION_END, "", 0);
	return finish(&block);
}

size_t pcapng_interface(uint8_t *out, const char *name, const char *description, uint32_t snap)
{
	struct block block = begin(out, BLOCK_INTERFACE);
	const uint8_t resolution = NANOSECONDS;

	put16(&block, LINKTYPE_ETHERNET);
	put16(&block, 0);
	put32(&block, snap);
	put_text(&block, IF_NAME, name);
	put_text(&block, IF_DESCRIPTION, description);
	put_option(&block, IF_TSRESOL, &resolution, 1);
	put_option(&block, OPTION_END, "", 0);
	return finish(&block);
}

/* `size` octets of the frame from `offset` on, which may lie in several segments. */
static void put_frame(struct block *block, const struct rte_mbuf *mbuf, uint32_t offset,
		      uint32_t size)
{
	const void *data = size > 0 ? rte_pktmbuf_read(mbuf, offset, size, block->end) : NULL;

	if (data != NULL && data != block->end)
		memcpy(block->end, data, size);
	block->end += size;
}

size_t pcapng_packet(uint8_t *out, const struct pcapng_packet *packet)
{
	struct block block = begin(out, BLOCK_PACKET);
	uint32_t left = packet->captured, first = left < MACS ? left : MACS;

	put32(&block, packet->interface);
	put_time(&block, packet->time);
	put32(&block, packet->captured);
	put32(&block, packet->wire);
	if (packet->stripped) {
		const uint8_t tag[4] = {0x81, 0x00, (uint8_t)(packet->mbuf->vlan_tci >> 8),
					(uint8_t)packet->mbuf->vlan_tci};
		uint32_t part = left - first < sizeof(tag) ? left - first : (uint32_t)sizeof(tag);

		put_frame(&block, packet->mbuf, 0, first);
		put(&block, tag, part);
		put_frame(&block, packet->mbuf, first, left - first - part);
	} else {
		put_frame(&block, packet->mbuf, 0, left);
	}
	pad(&block);
	return finish(&block);
}

size_t pcapng_statistics(uint8_t *out, const struct pcapng_statistics *statistics)
{
	struct block block = begin(out, BLOCK_STATISTICS);

	put32(&block, statistics->interface);
	put_time(&block, statistics->end);
	put_time_option(&block, ISB_STARTTIME, statistics->begin);
	put_time_option(&block, ISB_ENDTIME, statistics->end);
	/* ifdrop and not osdrop, which readers do not show. */
	put_number(&block, ISB_IFDROP, statistics->dropped);
	put_number(&block, ISB_FILTERACCEPT, statistics->accepted);
	put_number(&block, ISB_USRDELIV, statistics->delivered);
	put_option(&block, OPTION_END, "", 0);
	return finish(&block);
}
