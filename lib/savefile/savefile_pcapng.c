/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "pcapng_block.h"
#include "savefile.h"
#include "savefile_bytes.h"
#include "savefile_interface.h"
#include "savefile_link.h"

/*
 * pcapng, block by block. A section makes all interfaces unknown; interfaces are numbered in the
 * order of their blocks, which can come anywhere before their first packet.
 */
#define SECTION_VERSION 12 /* where it is; below, where options begin */
#define SECTION_END     24
#define INTERFACE_END   16
#define PACKET_END      28 /* where the frame begins, and below */
#define SIMPLE_END      12
#define STATISTICS_END  20

#define FLAGS_FCS(flags)  ((flags) >> 5 & 0xf) /* bytes; 0: not said */
#define OLD_DROPS_UNKNOWN 0xffff

/* Sections have a few interfaces. Who declares more than this wants memory. */
#define INTERFACES_MAX 65536u

struct pcapng {
	bool swapped;
	uint64_t time; /* of the packet before; 0: there was none with a time */
	struct savefile_interface *interfaces; /* of this section */
	uint32_t interface_count, interface_room;
};

/* Why nothing more is read; always false. */
static bool damaged(struct savefile *file, const char *why)
{
	savefile_ends(file, SAVEFILE_DAMAGED, why);
	return false;
}

/* ---- what they say ---- */

static bool begin_section(struct savefile *file, const struct block *block)
{
	struct pcapng *pcapng = file->state;

	if (block->end < SECTION_END)
		return damaged(file, "a section's header is too short");
	if (load16(block->at + SECTION_VERSION, block->swapped) != 1)
		return damaged(file, "a section is of a version that is not known");
	pcapng->interface_count = 0;
	return true;
}

static struct savefile_interface *new_interface(struct pcapng *pcapng)
{
	if (pcapng->interface_count == pcapng->interface_room) {
		uint32_t room = pcapng->interface_room == 0 ? 4 : pcapng->interface_room * 4;
		void *more = room > INTERFACES_MAX ? NULL
						   : realloc(pcapng->interfaces,
							     room * sizeof(*pcapng->interfaces));

		if (more == NULL)
			return NULL;
		pcapng->interfaces = more;
		pcapng->interface_room = room;
	}
	return &pcapng->interfaces[pcapng->interface_count++];
}

static bool add_interface(struct savefile *file, const struct block *block)
{
	struct savefile_interface *interface;
	uint32_t offset = INTERFACE_END;
	struct option option;

	if (block->end < INTERFACE_END)
		return damaged(file, "an interface's block is too short");
	interface = new_interface(file->state);
	if (interface == NULL)
		return damaged(file, "there are more interfaces than any can have");
	savefile_interface_init(interface, load16(block->at + BLOCK_BODY, block->swapped),
				load32(block->at + 12, block->swapped));
	while (block_option(block, &offset, &option))
		if (option.code == IF_TSRESOL && option.bytes == 1)
			savefile_interface_resolve(interface, option.value[0]);
		else if (option.code == IF_TSOFFSET)
			interface->offset = block_number(block, &option) * 1000000000;
		else if (option.code == IF_FCSLEN)
			savefile_interface_fcs(interface, (uint32_t)block_number(block, &option));
	if (interface->read)
		file->links++;
	else
		savefile_skip(file, interface->link, 0);
	return true;
}

/* The interface of a packet; NULL: nobody has declared it. */
static struct savefile_interface *find_interface(struct savefile *file, uint32_t number)
{
	struct pcapng *pcapng = file->state;

	if (number < pcapng->interface_count)
		return &pcapng->interfaces[number];
	(void)damaged(file, "a packet is of an interface that was not declared");
	return NULL;
}

/* Those of an interface that nobody has declared are passed over: no packet depends on them. */
static void count_statistics(struct savefile *file, const struct block *block)
{
	const struct pcapng *pcapng = file->state;
	const uint32_t number = load32(block->at + BLOCK_BODY, block->swapped);
	uint32_t offset = STATISTICS_END;
	struct option option;
	uint64_t drops = 0;

	if (block->end < STATISTICS_END || number >= pcapng->interface_count)
		return;
	while (block_option(block, &offset, &option))
		if (option.code == ISB_IFDROP || option.code == ISB_OSDROP)
			drops += block_number(block, &option);
	file->lost += savefile_interface_counted(&pcapng->interfaces[number], drops);
}

/* ---- packets ---- */

/* What the options of a packet, which are rare, say of it. */
static void read_packet_options(struct savefile *file, const struct block *block, uint32_t offset,
				struct savefile_interface *interface, uint32_t *fcs)
{
	struct option option;

	while (block_option(block, &offset, &option)) {
		uint64_t number = block_number(block, &option);

		if (option.code == EPB_FLAGS && FLAGS_FCS(number) != 0)
			*fcs = FLAGS_FCS(number);
		else if (option.code == EPB_DROPCOUNT && block->type == BLOCK_PACKET)
			file->lost += savefile_interface_told(interface, number);
	}
}

static bool place_frame(struct savefile *file, const struct savefile_interface *interface,
			uint32_t fcs, struct savefile_frame *frame, unsigned int *count)
{
	frame->number = ++file->frames;
	frame->link = interface->link;
	if (frame->wire < frame->captured)
		frame->wire = frame->captured;
	frame->wire = frame->wire > fcs ? frame->wire - fcs : 0;
	if (frame->captured > frame->wire)
		frame->captured = frame->wire;
	if (interface->read)
		++*count;
	else
		savefile_skip(file, interface->link, 1);
	return true;
}

/* The old block has the same fields in the same places, but for the interface: number and drops. */
static inline bool read_packet(struct savefile *file, const struct block *block,
			       struct savefile_frame *frame, unsigned int *count)
{
	const uint8_t *at = block->at;
	const bool swapped = block->swapped, old = block->type == BLOCK_OLD_PACKET;
	struct pcapng *pcapng = file->state;
	struct savefile_interface *interface;
	uint32_t fcs;

	if (block->end < PACKET_END)
		return damaged(file, "a packet's block is too short");
	frame->captured = load32(at + 20, swapped);
	frame->wire = load32(at + 24, swapped);
	if (frame->captured > block->end - PACKET_END)
		return damaged(file, "a packet is longer than its block");
	if (frame->captured > SAVEFILE_CAPTURED_MAX)
		return damaged(file, "a packet is longer than any can be");
	interface = find_interface(file, old ? load16(at + BLOCK_BODY, swapped)
					     : load32(at + BLOCK_BODY, swapped));
	if (interface == NULL)
		return false;
	frame->data = at + PACKET_END;
	frame->time = savefile_interface_time(interface, (uint64_t)load32(at + 12, swapped) << 32 |
								 load32(at + 16, swapped));
	pcapng->time = frame->time;
	fcs = interface->fcs;
	if (old && load16(at + 10, swapped) != OLD_DROPS_UNKNOWN)
		file->lost += savefile_interface_told(interface, load16(at + 10, swapped));
	if (block->end - PACKET_END >= frame->captured + 4 + 3)
		read_packet_options(file, block, PACKET_END + ((frame->captured + 3u) & ~3u),
				    interface, &fcs);
	return place_frame(file, interface, fcs, frame, count);
}

/*
 * Of the first interface, and as long as the snap length lets it be. It has no time: the nearest
 * that can be known is that of the packet before it.
 */
static bool read_simple(struct savefile *file, const struct block *block,
			struct savefile_frame *frame, unsigned int *count)
{
	const struct savefile_interface *interface = find_interface(file, 0);
	const struct pcapng *pcapng = file->state;
	uint32_t room;

	if (interface == NULL)
		return false;
	if (block->end < SIMPLE_END)
		return damaged(file, "a packet's block is too short");
	room = block->end - SIMPLE_END;
	frame->data = block->at + SIMPLE_END;
	frame->time = pcapng->time;
	frame->wire = load32(block->at + BLOCK_BODY, block->swapped);
	frame->captured = frame->wire < room ? frame->wire : room;
	if (interface->snap != 0 && frame->captured > interface->snap)
		frame->captured = interface->snap;
	if (frame->captured > SAVEFILE_CAPTURED_MAX)
		return damaged(file, "a packet is longer than any can be");
	file->timeless += interface->read;
	return place_frame(file, interface, interface->fcs, frame, count);
}

/* ---- the format ---- */

/* False: nothing more can be read. A packet that is to be taken makes *count one more. */
static inline bool take_block(struct savefile *file, const struct block *block,
			      struct savefile_frame *frames, unsigned int *count)
{
	switch (block->type) {
	case BLOCK_PACKET:
	case BLOCK_OLD_PACKET:
		return read_packet(file, block, &frames[*count], count);
	case BLOCK_SIMPLE:
		return read_simple(file, block, &frames[*count], count);
	case BLOCK_INTERFACE:
		return add_interface(file, block);
	case BLOCK_STATISTICS:
		count_statistics(file, block);
		return true;
	case BLOCK_SECTION:
		return begin_section(file, block);
	default:
		return true;
	}
}

static unsigned int read_pcapng(struct savefile *file, struct savefile_frame *frames)
{
	struct pcapng *pcapng = file->state;
	unsigned int count = 0;
	struct block block;

	while (count < SAVEFILE_BATCH && file->end == SAVEFILE_WHOLE &&
	       block_next(file, &pcapng->swapped, count, &block))
		if (!take_block(file, &block, frames, &count))
			break;
	return count;
}

static int open_pcapng(struct savefile *file, struct error *error)
{
	struct pcapng *pcapng = calloc(1, sizeof(*pcapng));
	struct block block;

	file->state = pcapng;
	if (pcapng == NULL)
		return error_set(error, ENOMEM, "%s: no memory to read it", file->name);
	if (block_next(file, &pcapng->swapped, 0, &block) && begin_section(file, &block))
		return 0;
	return error_set(error, EINVAL, "%s: not a capture: pcapng, but %s", file->name,
			 file->why != NULL ? file->why : "without a section");
}

static void close_pcapng(struct savefile *file)
{
	free(((struct pcapng *)file->state)->interfaces);
	free(file->state);
}

const struct savefile_format savefile_pcapng = {open_pcapng, read_pcapng, close_pcapng};
