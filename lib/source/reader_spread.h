/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_SPREAD_H
#define WEIR_SOURCE_READER_SPREAD_H

#include <stdint.h>

/*
 * The queue (0..queues-1) for a frame: by a hash of the unordered pair of IP addresses. A frame
 * that belongs to no flow goes to queue 0. The same in every run, so that a capture gives
 * the same numbers for each worker whenever it is read.
 */
uint16_t reader_spread(const uint8_t *data, uint32_t captured, uint32_t wire, uint16_t queues);

#endif
