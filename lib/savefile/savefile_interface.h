/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_SAVEFILE_INTERFACE_H
#define WEIR_SAVEFILE_SAVEFILE_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

/* An interface of a pcapng section: what its block said, and what it missed. */
struct savefile_interface {
	uint32_t link; /* LINKTYPE_* */
	uint32_t snap; /* 0: without limit */
	uint32_t fcs;  /* bytes at the end of its frames */
	bool read;     /* link_is_read() */
	/* time in ns = stamp * multiplier >> shift, / divisor, + offset: */
	unsigned int shift;
	uint64_t multiplier, divisor, offset;
	uint64_t told;    /* dropped before packets, as these say */
	uint64_t counted; /* ... as its statistics say */
};

void savefile_interface_init(struct savefile_interface *interface, uint32_t link, uint32_t snap);

/* if_tsresol: a power of 10 or (with the upper bit) of 2, negative. */
void savefile_interface_resolve(struct savefile_interface *interface, uint8_t resolution);

/* if_fcslen: bits, says the specification; bytes, say many who write it. */
void savefile_interface_fcs(struct savefile_interface *interface, uint32_t length);

/*
 * A packet tells of `drops` before it; statistics count `drops` so far. What an interface lost is
 * the larger one of the two. Returns by how much that has grown.
 */
uint64_t savefile_interface_told(struct savefile_interface *interface, uint64_t drops);
uint64_t savefile_interface_counted(struct savefile_interface *interface, uint64_t drops);

/* A packet's stamp in ns since 1970. */
static inline uint64_t savefile_interface_time(const struct savefile_interface *interface,
					       uint64_t stamp)
{
	unsigned __int128 ns = (unsigned __int128)stamp * interface->multiplier;

	if (__builtin_expect(interface->shift != 0, 0))
		ns >>= interface->shift;
	if (__builtin_expect(interface->divisor != 1, 0))
		ns /= interface->divisor;
	return (uint64_t)ns + interface->offset;
}

#endif
