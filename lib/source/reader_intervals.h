/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_INTERVALS_H
#define WEIR_SOURCE_READER_INTERVALS_H

#include <stdint.h>

#include <weir/rendezvous.h>

#include "reader_port.h"

/*
 * The intervals of a capture's clock, where somebody needs them: before a frame goes out that is of
 * another one, the reader meets workers and stats core. The reader's thread.
 */
struct reader_intervals {
	struct rendezvous *rendezvous;
	uint64_t length; /* ns */
	uint64_t
		until; /* the last clock of the one that frames go out of; UINT64_MAX: no borders */
};

/*
 * The clock, `now`, has passed `until`: hand over and meet until all that is staged is of one
 * interval again. Where the reader is to stop, what was not handed over is freed. `clock` is the
 * field of an mbuf that has its own.
 */
void reader_intervals_pass(struct reader_intervals *intervals, struct reader_port *port,
			   uint64_t now, int clock);

#endif
