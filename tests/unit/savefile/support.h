/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_SAVEFILE_SUPPORT_H
#define WEIR_TESTS_UNIT_SAVEFILE_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../lib/savefile/savefile.h"

/* Bytes of a capture file as a test writes them, in either byte order. */
struct bytes {
	uint8_t at[16384];
	size_t count;
	bool swapped;
};

void put8(struct bytes *bytes, uint8_t value);
void put16(struct bytes *bytes, uint16_t value);
void put32(struct bytes *bytes, uint32_t value);
void put_fill(struct bytes *bytes, uint8_t value, size_t count);

/* The header of a pcap. `link` is the whole field. */
void put_pcap(struct bytes *bytes, uint32_t magic, uint32_t link);
/* A record of it, whose frame is `captured` times its own number. */
void put_record(struct bytes *bytes, uint32_t seconds, uint32_t fraction, uint32_t captured,
		uint32_t wire);

/* pcapng: a block from `put_block` to `end_block`, which gets what put_block() returned. */
size_t put_block(struct bytes *bytes, uint32_t type);
void end_block(struct bytes *bytes, size_t begin);
void put_section(struct bytes *bytes);
void put_interface(struct bytes *bytes, uint16_t link);
void put_simple(struct bytes *bytes, uint32_t captured);
void put_packet(struct bytes *bytes, uint32_t interface, uint64_t stamp, uint32_t captured);

/* What was read of such bytes. */
struct got {
	int result; /* of savefile_open() */
	unsigned int count;
	struct savefile_frame frames[300]; /* `data` is not valid any more: */
	uint8_t first[300];                /* the first byte of each */
	enum savefile_end end;
	uint64_t lost, timeless;
	unsigned int skipped;
};

/* `step`: how many bytes come at a time; `size`: of the window. */
struct got read_bytes(const void *bytes, size_t count, size_t step, size_t size);

#endif
