/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "savefile.h"
#include "savefile_bytes.h"
#include "savefile_link.h"

/*
 * pcap: a header of 24 bytes, then records. All fields are in the byte order of the machine that
 * wrote it, which the first word, the magic, tells:
 *
 *	header   magic, version (2 x 16 bits), zone, accuracy, snap length, link type
 *	record   seconds, fraction, captured, length on the wire, [more], the frame
 */
#define HEADER     24
#define RECORD     16
#define RECORD_MAX 28 /* that anybody wrote */

#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define MAGIC_MODIFIED     0xa1b2cd34u /* Kuznetzov's: with the interface in every record */
#define MAGIC_IXIA         0x1c0001acu /* of its hardware: behind the header the bytes that follow */
#define MAGIC_IXIA_SOFT    0x1c0001abu

/* What the link type's upper bits say of the FCS: whether its length is known, and that length. */
#define LINK_TYPE(field) ((field)&0xffff)
#define FCS_KNOWN        0x04000000u
#define FCS_BYTES(field) (((field) >> 28) * 2)

/* Since 2.3 the lengths of a record are the captured one and then the frame's; before, reversed. */
#define MINOR_LENGTHS 3
#define MAJOR_DG_UX   543

/* Not read: only their names are needed. */
#define LINK_TOKEN_RING 6
#define LINK_FDDI       10

struct pcap {
	uint32_t link;
	uint32_t record; /* bytes of a record's header */
	uint32_t fcs;    /* bytes of it at the end of every frame */
	uint32_t unit;   /* of the fraction, ns */
	bool swapped;
	bool lengths_swapped;   /* all records have the frame's length first */
	bool lengths_by_chance; /* 2.3: some of them, those in which it is the smaller one */
};

static bool is_ixia(uint32_t magic)
{
	return magic == MAGIC_IXIA || magic == MAGIC_IXIA_SOFT;
}

static bool is_magic(uint32_t magic)
{
	return magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS ||
	       magic == MAGIC_MODIFIED || is_ixia(magic);
}

bool savefile_is_pcap(const uint8_t *magic)
{
	return is_magic(load32(magic, false)) || is_magic(load32(magic, true));
}

/* Can there be a record with a header of `size` bytes at `at`, of which `left` are in hand? */
static bool is_record(const struct pcap *pcap, const uint8_t *at, size_t left, uint32_t size)
{
	if (left < size)
		return false;

	uint32_t captured = load32(at + 8, pcap->swapped), wire = load32(at + 12, pcap->swapped);

	return (uint64_t)load32(at + 4, pcap->swapped) * pcap->unit < 1000000000 &&
	       captured <= SAVEFILE_CAPTURED_MAX && captured <= wire;
}

/*
 * Do two records with headers of `size` bytes follow one another? `surely`: the second one is in
 * hand, and not empty; otherwise, as far as can be seen.
 */
static bool follow(const struct pcap *pcap, const uint8_t *at, size_t left, uint32_t size,
		   bool surely)
{
	size_t second;

	if (!is_record(pcap, at, left, size))
		return false;
	second = size + load32(at + 8, pcap->swapped);
	if (second + size > left)
		return !surely;
	return is_record(pcap, at + second, left - second, size) &&
	       !(surely && load32(at + second + 8, pcap->swapped) == 0);
}

/*
 * There are patched libpcaps that wrote more into a record's header, and not all of them another
 * magic. As Wireshark does: where the first two records make no sense with the usual size and do
 * with a larger one, it is that. With one that is too small the seconds stand where the fraction
 * should, so the smallest one that fits is the one. No more is looked at than is in hand: a pipe
 * may have no frame yet.
 */
static uint32_t find_record_size(const struct pcap *pcap, const struct window *window,
				 bool modified)
{
	const uint32_t usual = modified ? 24 : RECORD;

	for (uint32_t size = usual; size <= RECORD_MAX; size += 4)
		if (follow(pcap, window->at, window_in_hand(window), size, size != usual))
			return size;
	return usual;
}

/*
 * AIX has written 2.2 all along, with fractions in ns, and the link types of SNMP (RFC 1573) in
 * place of anybody else's. Wireshark goes by the same. Returns LINKTYPE_*, or UINT32_MAX: it is
 * none of these.
 */
static uint32_t link_of_aix(uint16_t major, uint16_t minor, uint32_t link)
{
	if (major != 2 || minor != 2)
		return UINT32_MAX;
	switch (link) {
	case 6:
		return LINK_ETHERNET;
	case 9:
		return LINK_TOKEN_RING;
	case 15:
		return LINK_FDDI;
	case 24:
		return LINK_NULL;
	default:
		return UINT32_MAX;
	}
}

/* What the header at `at` says of all records. */
static void read_header(struct pcap *pcap, const uint8_t *at, uint32_t magic)
{
	const uint16_t major = load16(at + 4, pcap->swapped);
	const uint16_t minor = load16(at + 6, pcap->swapped);
	const uint32_t link = load32(at + 20, pcap->swapped);
	const uint32_t of_aix = link_of_aix(major, minor, link);

	pcap->link = of_aix != UINT32_MAX ? of_aix : link_of_file(LINK_TYPE(link));
	pcap->fcs = (link & FCS_KNOWN) != 0 ? FCS_BYTES(link) : 0;
	pcap->unit = magic == MAGIC_NANOSECONDS || of_aix != UINT32_MAX ? 1 : 1000;
	pcap->lengths_swapped = major != 2 || minor < MINOR_LENGTHS;
	pcap->lengths_by_chance = major == 2 && minor == MINOR_LENGTHS;
}

static int open_pcap(struct savefile *file, struct error *error)
{
	struct window *window = &file->window;
	struct pcap *pcap = calloc(1, sizeof(*pcap));

	file->state = pcap;
	if (pcap == NULL)
		return error_set(error, ENOMEM, "%s: no memory to read it", file->name);
	pcap->swapped = !is_magic(load32(window->at, false));

	const uint32_t magic = load32(window->at, pcap->swapped);
	const uint32_t header = is_ixia(magic) ? HEADER + 4 : HEADER;

	if (!window_has(window, header))
		return error_set(error, EINVAL, "%s: not a capture: its header is cut", file->name);

	const uint16_t major = load16(window->at + 4, pcap->swapped);

	if (major != 2 && major != MAJOR_DG_UX)
		return error_set(error, EINVAL,
				 "%s: pcap of version %u, which nobody writes; is it damaged?",
				 file->name, major);
	read_header(pcap, window->at, magic);
	if (!link_is_read(pcap->link))
		return link_refuse(file->name, pcap->link, error);
	file->links = 1;
	window->at += header;
	pcap->record = pcap->lengths_swapped || pcap->lengths_by_chance
			       ? RECORD
			       : find_record_size(pcap, window, magic == MAGIC_MODIFIED);
	return 0;
}

static void order_lengths(const struct pcap *pcap, uint32_t *captured, uint32_t *wire)
{
	uint32_t first = *captured;

	if (pcap->lengths_swapped || (pcap->lengths_by_chance && *captured > *wire)) {
		*captured = *wire;
		*wire = first;
	}
}

/*
 * `count` frames are read, and the next one is not wholly in hand. True: it is now. As a window
 * that is filled moves, that has to wait while there are frames in it.
 */
static bool get_more(struct savefile *file, unsigned int count, size_t bytes)
{
	if (count > 0)
		return false;
	if (window_fill(&file->window, bytes))
		return true;
	(void)savefile_ends(file,
			    window_in_hand(&file->window) == 0 ? SAVEFILE_WHOLE : SAVEFILE_CUT,
			    "it ends within a frame");
	return false;
}

static inline __attribute__((always_inline)) unsigned int
read_records(struct savefile *file, const struct pcap *pcap, bool swapped,
	     struct savefile_frame *frames)
{
	struct window *window = &file->window;
	unsigned int count = 0;

	while (count < SAVEFILE_BATCH) {
		if (window_in_hand(window) < pcap->record && !get_more(file, count, pcap->record))
			break;

		const uint8_t *at = window->at;
		uint32_t captured = load32(at + 8, swapped), wire = load32(at + 12, swapped);

		order_lengths(pcap, &captured, &wire);
		if (captured > SAVEFILE_CAPTURED_MAX)
			return count > 0 ? count
					 : savefile_ends(file, SAVEFILE_DAMAGED,
							 "a frame is longer than any can be");
		if (window_in_hand(window) < pcap->record + captured) {
			if (!get_more(file, count, pcap->record + captured))
				break;
			at = window->at;
		}
		wire = (wire > captured ? wire : captured);
		wire = wire > pcap->fcs ? wire - pcap->fcs : 0;
		frames[count++] = (struct savefile_frame){
			.data = at + pcap->record,
			.time = (uint64_t)load32(at, swapped) * 1000000000 +
				(uint64_t)load32(at + 4, swapped) * pcap->unit,
			.number = ++file->frames,
			.captured = captured < wire ? captured : wire,
			.wire = wire,
			.link = pcap->link,
		};
		window->at = at + pcap->record + captured;
	}
	return count;
}

static unsigned int read_pcap(struct savefile *file, struct savefile_frame *frames)
{
	const struct pcap *pcap = file->state;

	return pcap->swapped ? read_records(file, pcap, true, frames)
			     : read_records(file, pcap, false, frames);
}

static void close_pcap(struct savefile *file)
{
	free(file->state);
}

const struct savefile_format savefile_pcap = {open_pcap, read_pcap, close_pcap};
